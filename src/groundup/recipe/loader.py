"""The strict reader of recipes: YAML text and overrides in, frozen settings or every mistake at once out.

A recipe with five mistakes is answered with five lines, each with its place, its dotted key and what was due,
because finding them one run at a time is what makes configuration tiresome.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from groundup.errors import GroundupError, did_you_mean
from groundup.recipe.document import (
    Listing,
    Node,
    Place,
    Problem,
    Scalar,
    Section,
    compose,
    shorten,
)
from groundup.recipe.fields import (
    PRESET,
    Annotation,
    base_of,
    expected,
    fields_of,
    is_settings,
    item_of,
    presets_of,
    sample,
    split_none,
)
from groundup.recipe.overrides import apply_overrides
from groundup.recipe.scalars import NOTHING, read_scalar
from groundup.recipe.suggest import suggest_key
from groundup.settings import SettingError

S = TypeVar("S")

# A hundred times the longest recipe we ship; it bounds the time that hostile text can take.
LARGEST_FILE = 256 * 1024
# More problems than this are one mistake (another program's file, say) and not many.
MOST_SHOWN = 20

REMEDY = "`groundup schema` lists every key with its type, its default and what it means."

_FAILED = object()


def load(source: str | Path, settings_class: type[S], overrides: Sequence[tuple[str, str]] = ()) -> S:
    """Read a recipe (a Path, or its text as a str) into `settings_class`, the overrides applied to it first.

    Raises GroundupError: for a file that cannot be read or is not YAML one paragraph, else all problems.
    """
    name = str(source) if isinstance(source, Path) else "the recipe"
    text = read_text(source) if isinstance(source, Path) else source
    if not text.strip():
        raise GroundupError(f"{name} is empty.", f"Write at least one key into it. {REMEDY}")
    root, problems = compose(text, name)
    if not isinstance(root, Section):
        found = {Scalar: "a single text", Listing: "a list"}.get(type(root), "nothing but comments")
        raise GroundupError(f"{name} holds {found} where keys were expected, such as {sample(settings_class)}.", REMEDY)
    problems += apply_overrides(root, overrides, settings_class)
    reader = _Reader(settings_class, problems)
    settings = reader.section(root, settings_class, "", None)
    if problems:
        raise GroundupError(_account(name, problems), REMEDY if len(problems) == 1 else f"\n{REMEDY}")
    assert isinstance(settings, settings_class)
    return settings


def read_text(path: Path) -> str:
    """The text of a recipe file. Raises GroundupError where there is none that could be a recipe."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        near = [str(other) for other in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        raise GroundupError(
            f"There is no recipe {str(path)!r}. {did_you_mean(str(path), near)}".strip(),
            "Give the path of a YAML file.",
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise GroundupError(
            f"The recipe {str(path)!r} cannot be read: {reason}.", "Give the path of a YAML file."
        ) from None
    if len(data) > LARGEST_FILE:
        raise GroundupError(
            f"{path} is larger than {LARGEST_FILE // 1024} KiB, which no recipe is.",
            "Was a data file given where the recipe belongs?",
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise GroundupError(f"{path} is UTF-16 text, expected UTF-8.", "Save it as UTF-8 in your editor.")
    if b"\0" in data:
        raise GroundupError(
            f"{path} is a binary file, expected YAML text.", "Was a data file given where the recipe belongs?"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise GroundupError(
            f"{path}, line {line}: the byte 0x{data[error.start]:02x} is not UTF-8.",
            "Save the file as UTF-8 in your editor.",
        ) from None


def _account(name: str, problems: list[Problem]) -> str:
    count = len(problems)
    if count == 1:
        return f"1 problem in {name}: {problems[0]}"
    lines = [f"  {problem}" for problem in sorted(problems, key=lambda problem: problem.place)[:MOST_SHOWN]]
    more = [f"  and {count - MOST_SHOWN:,} more"] if count > MOST_SHOWN else []
    return "\n".join([f"{count:,} problems in {name}:", *lines, *more])


class _Reader:
    """Walks the tree beside the settings classes and gathers problems; `_FAILED` stands for what has one."""

    def __init__(self, root_class: type, problems: list[Problem]) -> None:
        self.root_class = root_class
        self.problems = problems

    def fail(self, place: Place, key: str, message: str) -> object:
        self.problems.append(Problem(place, key, message if message.endswith(("?", ".")) else message + "."))
        return _FAILED

    def value(self, node: Node, annotation: Annotation, key: str, base: object) -> object:
        """The value of any field; `base` is what a section starts from."""
        inner, is_optional = split_none(annotation)
        is_nothing = isinstance(node, Scalar) and node.is_plain and node.text.lower() in NOTHING
        if is_optional and is_nothing:
            return None
        if is_settings(inner):
            # A section whose keys are all commented out is the section as it is by default.
            if isinstance(node, Scalar) and node.is_plain and node.text == "":
                node = Section({}, node.place)
            if isinstance(node, Section):
                return self.section(node, inner, key, base)
        elif (item := item_of(inner)) is not None:
            if isinstance(node, Listing):
                return self.listing(node, item, key)
            if isinstance(node, Scalar) and not is_nothing:
                one = f"found {shorten(node.text)}, expected a list: write [{node.text[:60]}]"
                return self.fail(node.place, key, one)
        elif isinstance(node, Scalar):
            try:
                return read_scalar(node, annotation)
            except ValueError as error:
                return self.fail(node.place, key, str(error))
        words = {Section: "keys", Listing: "a list"}
        found = words.get(type(node)) or (shorten(node.text) if isinstance(node, Scalar) and node.text else "nothing")
        return self.fail(node.place, key, f"found {found}, expected {expected(annotation)}")

    def listing(self, node: Listing, item: Annotation, key: str) -> object:
        values = [self.value(below, item, f"{key}.{position}", None) for position, below in enumerate(node.items)]
        return _FAILED if any(value is _FAILED for value in values) else tuple(values)

    def section(self, node: Section, settings_class: type, key: str, base: object) -> object:
        fields = fields_of(settings_class)
        prefix = f"{key}." if key else ""
        values: dict[str, object] = {}
        for name, below in node.entries.items():
            if name in fields:
                start = base_of(settings_class, name, base)
                values[name] = self.value(below, fields[name].annotation, prefix + name, start)
            else:
                self.unknown(name, node.places[name], settings_class, key)
        chosen = presets_of(settings_class).get(str(values.get(PRESET)), {})
        values = {**chosen, **values}
        for name, field in fields.items():
            if name not in values and base is None and field.is_required:
                message = f"the key {name!r} is missing, expected {expected(field.annotation)}"
                values[name] = self.fail(node.place, key, message)
        if any(value is _FAILED for value in values.values()):
            return _FAILED
        try:
            return settings_class(**values) if base is None else dataclasses.replace(cast(Any, base), **values)
        except ValueError as error:
            name = error.field if isinstance(error, SettingError) else ""
            place = node.places.get(name, node.place)
            return self.fail(place, f"{prefix}{name}".rstrip("."), str(error))

    def unknown(self, name: str, place: Place, settings_class: type, key: str) -> None:
        # Looking for near words takes time, which a file of a thousand unknown keys is not worth.
        hint = ""
        if len(self.problems) < MOST_SHOWN:
            dashes = "--" if place.option else ""
            hint = suggest_key(name, key, settings_class, self.root_class, dashes)
        where = f" in {key}" if key else ""
        self.fail(place, key, f"there is no key {shorten(name)}{where}. {hint}".rstrip())
