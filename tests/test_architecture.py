"""The plan of the house, held against the imports that are really there."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src"
FILES = sorted((SOURCE / "groundup").rglob("*.py"))

# A room imports only from floors below its own.
FLOORS = (
    {"errors", "progress", "settings", "versions", "__init__"},
    {"model", "store"},
    {"objectives", "tokens", "decoding", "reports", "catalogue"},
    {"corpus", "crawl", "training", "evaluation", "exchange"},
    {"tasks"},
    {"recipe", "serving"},
    {"cli"},
    {"__main__"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# These rooms run wherever PyTorch does; what else they use is imported in the function that uses it.
CORE = {"model", "objectives", "training", "decoding", "tokens", "store", "recipe"} | FLOORS[0]
CORE_LIBRARIES = {"groundup", "torch", "numpy", "safetensors", "tokenizers", "yaml", "rich"}

# A file of more than 400 lines wants a reason, and here is where it is given: path -> reason.
LONG_FILES: dict[str, str] = {}


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE / "groundup").parts[0].removesuffix(".py")


def imports(tree: ast.AST, *, at_top: bool = False) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import; `at_top` leaves out those inside functions and for types only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute here"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif at_top and (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or is_for_types(node)):
            continue
        else:
            yield from imports(node, at_top=at_top)


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def misplaced(room: str, tree: ast.AST) -> list[str]:
    """Imports that go sideways or up from `room`."""
    faults = []
    for line, name in imports(tree):
        top, _, inner = name.partition(".")
        other = inner.partition(".")[0]
        if top != "groundup" or other == room:
            continue
        if FLOOR.get(other, 0) >= FLOOR[room] > 0 or (FLOOR[room] == 0 and FLOOR.get(other, 0) > 0):
            faults.append(f"line {line}: {room} imports {name}")
    return faults


def foreign(tree: ast.AST) -> list[str]:
    """Imports at the top of a file that a machine with little more than PyTorch may lack."""
    return [
        f"line {line}: {name}"
        for line, name in imports(tree, at_top=True)
        if (top := name.partition(".")[0]) not in CORE_LIBRARIES and top not in sys.stdlib_module_names
    ]


def modules_after(statement: str) -> str:
    """What `statement` prints in a new Python that finds our source."""
    paths = [str(SOURCE), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return subprocess.run(
        [sys.executable, "-c", statement],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


def test_every_room_has_a_floor() -> None:
    assert {room_of(path) for path in FILES} <= FLOOR.keys()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_rooms_import_only_from_floors_below(path: Path) -> None:
    assert misplaced(room_of(path), ast.parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", [path for path in FILES if room_of(path) in CORE], ids=name_of)
def test_core_rooms_import_only_what_comes_with_pytorch(path: Path) -> None:
    assert foreign(ast.parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("model", "from groundup.store.artefact import publish"),
        ("model", "import groundup.training.trainer"),
        ("store", "def late():\n    from groundup import cli"),
        ("tokens", "from groundup.reports import report"),
        ("errors", "from groundup.store import artefact"),
    ],
)
def test_an_import_sideways_or_up_is_found(room: str, line: str) -> None:
    assert misplaced(room, ast.parse(line))


def test_a_foreign_import_is_found_at_the_top_only() -> None:
    assert foreign(ast.parse("try:\n    import pyarrow.parquet\nexcept ImportError:\n    pass"))
    assert not foreign(ast.parse("import json, torch\ndef late():\n    import pyarrow"))


def test_the_command_line_starts_without_heavy_libraries() -> None:
    heavy = modules_after(
        "import sys, groundup.cli.main\n"
        "groundup.cli.main._overview()\n"
        "print(*{'torch', 'pyarrow', 'numpy', 'rich', 'yaml', 'tokenizers'} & set(sys.modules))"
    )
    assert heavy.split() == []


def test_settings_and_commands_are_read_without_torch() -> None:
    """A recipe is checked, and help is given, before the second that PyTorch takes to load."""
    light = [path for path in FILES if room_of(path) == "cli" or path.name == "settings.py"]
    names = [name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in light]
    guilty = modules_after(
        "import importlib, sys\n"
        f"for name in {names}:\n"
        "    importlib.import_module(name)\n"
        "    if 'torch' in sys.modules:\n"
        "        print(name, 'brings torch in, by itself or by what it imports')\n"
        "        break\n"
    )
    assert guilty == ""


def test_files_are_short() -> None:
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in FILES}
    long = {name: length for name, length in lengths.items() if length > 400 and name not in LONG_FILES}
    assert long == {}, "a file of more than 400 lines is two ideas, or gives its reason in LONG_FILES"
