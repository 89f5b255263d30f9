"""What the pages say can be done: commands parse, recipes load, Python runs, links lead somewhere."""

from __future__ import annotations

import importlib
import re
import runpy
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from groundup.cli.main import COMMANDS, _parser, _split_overrides
from groundup.errors import GroundupError
from groundup.recipe.loader import load
from groundup.recipe.overrides import parse_overrides
from groundup.recipe.recipe import Recipe

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))
# Words of run.py's own; any other goes to groundup.
OWN_WORDS = {"demo", "test"}

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^(?:\$ )?(?:\w+=\S+ )*(?:groundup|python3 run\.py) (.*)$")
_INLINE = re.compile(r"`groundup ([a-z]+)[^`]*`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_NAMED = re.compile(
    r"`((?:src|tests|recipes|docs|benchmarks)/[\w./-]+|run\.py|\.ci/run|requirements\.\w+|pyproject\.toml)`"
)
# What every page may leave out of a piece of a recipe, so that the piece can be read by itself.
_BASE = {"name": "name: A part\n", "corpus": "corpus: {sources: [{data: texts}]}\n"}


@dataclass(frozen=True)
class Piece:
    """A fenced block, or a line of one: where it stands, in which language, and what it says."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path, *languages: str) -> list[Piece]:
    text = page.read_text("utf-8")
    found = [
        Piece(page, text.count("\n", 0, match.start(2)) + 1, match[1], match[2]) for match in _FENCE.finditer(text)
    ]
    return [piece for piece in found if piece.language in languages]


def commands() -> list[Piece]:
    """Every command line of the pages, and of the comments in the recipes, without its first word."""
    pieces = [piece for page in PAGES for piece in blocks(page, "", "console")]
    for recipe in RECIPES:
        comments = [re.sub(r"^#( {0,3}|$)", "", line) for line in recipe.read_text("utf-8").splitlines()]
        pieces.append(Piece(recipe, 1, "", "\n".join(comments)))
    found = []
    for piece in pieces:
        text = re.sub(r"\\\n\s*", " ", piece.text)
        found += [
            Piece(piece.page, piece.line, "", match[1])
            for line in text.splitlines()
            # An error message begins with `groundup:`, and is no command.
            if (match := _COMMAND.match(line))
        ]
    return found


def floors_on(page: Path) -> dict[str, int]:
    """The floor of each room in a page's plan of the house; lines of it are `3  corpus  training  # why`."""
    lines = re.findall(r"(?m)^ *(\d)  ([a-z][a-z ]*?)(?: *#.*)?$", page.read_text("utf-8"))
    return {room: int(floor) for floor, rooms in lines for room in rooms.split()}


@cache
def recipes_in_pages() -> dict[str, str]:
    """Recipes that a page writes out under a name: `# my-recipe.yaml` in their first line."""
    named = {}
    for page in PAGES:
        for piece in blocks(page, "yaml"):
            first = piece.text.splitlines()[0]
            if match := re.fullmatch(r"# ([\w-]+\.yaml)", first):
                named[match[1]] = piece.text
    return named


def understand(line: str) -> None:
    """Parse a command line as the program would; AssertionError or GroundupError where it is no good."""
    words = shlex.split(line.partition(" > ")[0], comments=True)
    assert words[0] in COMMANDS or words[0] in OWN_WORDS, f"there is no command {words[0]!r}"
    if words[0] in OWN_WORDS or "--help" in words:
        return
    parser = _parser(words[0], importlib.import_module(COMMANDS[words[0]][0]))
    own, overrides = _split_overrides(parser, words[1:])
    try:
        arguments = parser.parse_args(own)
    except SystemExit as error:
        raise AssertionError(f"groundup {line} is refused") from error
    if parser.get_default("recipe_keys"):
        # `inspect` takes a recipe where others take a run.
        given = getattr(arguments, "recipe", None) or arguments.run
        if given is not None and (hasattr(arguments, "recipe") or given.suffix == ".yaml"):
            source = recipes_in_pages().get(str(given)) or ROOT / given
            load(source, Recipe, parse_overrides(overrides))
        else:
            assert not overrides, f"{overrides[0]} sets a key of a recipe, and there is none"


@pytest.mark.parametrize("piece", commands(), ids=lambda piece: f"{piece}-{piece.text[:40]}")
def test_every_command_line_is_understood(piece: Piece) -> None:
    understand(piece.text)


@pytest.mark.parametrize(
    "line",
    [
        "biuld recipes/demo.yaml --out runs/demo",
        "generate runs/demo --warmth 0.7",
        "build recipes/demo.yaml",
        "plan recipes/demo.yaml --pretrain.bugdet '3 minutes'",
        "plan recipes/demo.yaml --pretrain.budget 3",
        "plan recipes/none.yaml",
        "inspect model recipes/demo.yaml --model.preset gtp2",
        "inspect model runs/demo --model.size 4",
    ],
)
def test_a_command_line_that_is_wrong_is_found(line: str) -> None:
    with pytest.raises((AssertionError, GroundupError)):
        understand(line)


def test_every_command_that_a_sentence_names_exists() -> None:
    named = [(page.name, word) for page in PAGES for word in _INLINE.findall(page.read_text("utf-8"))]
    assert named
    assert [(page, word) for page, word in named if word not in COMMANDS] == []


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in COMMANDS if f"| `{name}` |" not in readme] == []


@pytest.mark.parametrize("piece", [piece for page in PAGES for piece in blocks(page, "yaml")], ids=str)
def test_every_recipe_loads(piece: Piece) -> None:
    missing = [line for key, line in _BASE.items() if not re.search(rf"(?m)^{key}:", piece.text)]
    load("".join(missing) + piece.text, Recipe)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name)
def test_every_python_example_runs(page: Path) -> None:
    """One after the other and with the same names, as a reader would type them."""
    from groundup.model.mixers import MIXERS

    before = dict(MIXERS)
    names: dict[str, object] = {"__name__": "example"}
    try:
        for piece in blocks(page, "python"):
            # Empty lines first, so that a traceback names the line of the page.
            exec(compile("\n" * (piece.line - 1) + piece.text, str(page), "exec"), names)
    finally:
        # What the page added to the house goes again.
        MIXERS.clear()
        MIXERS.update(before)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_file_named_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    lost = []
    for target in _LINK.findall(text):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        file = page.parent / path if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            lost.append(target)
    lost += [name for name in _NAMED.findall(text) if not (ROOT / name).exists()]
    assert lost == []


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to a page's headings."""
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [page for page in PAGES if floors_on(page)], ids=lambda page: page.name)
def test_every_plan_of_the_house_is_the_real_one(page: Path) -> None:
    """Every room is on it, none is invented, and of any two the same one is the higher."""
    real = runpy.run_path(str(ROOT / "tests" / "test_architecture.py"))["FLOOR"]
    drawn = floors_on(page)
    rooms = {folder.parent.name for folder in (ROOT / "src" / "groundup").glob("*/__init__.py")}
    assert {room for room, floor in drawn.items() if floor > 0} == rooms
    assert all((drawn[one] > drawn[other]) == (real[one] > real[other]) for one in drawn for other in drawn)


def test_the_guide_says_which_objectives_fit_each_preset() -> None:
    from groundup.model.presets import PRESETS
    from groundup.model.settings import from_preset
    from groundup.objectives.table import fitting
    from groundup.training.cost import sketch

    text = (ROOT / "docs" / "guide.md").read_text("utf-8")
    rows = text.split("| preset | objectives that fit |\n|---|---|\n", 1)[1].split("\n\n", 1)[0].splitlines()
    told = {}
    for row in rows:
        names, kinds = (re.findall(r"`(\w+)`", cell) for cell in row.strip("|").split("|"))
        told |= dict.fromkeys(names, tuple(kinds))
    computed = {}
    for name in PRESETS:
        settings = from_preset(name, depth=1, width=32)
        model = sketch(settings, 100)
        is_one_way = model.encoder is None and any(getattr(part, "is_one_way", False) for part in model.modules())
        computed[name] = fitting(settings.encoder, settings.decoder, is_one_way=is_one_way)
    assert told == computed
