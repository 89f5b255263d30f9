"""Overrides from the command line: `--pretrain.budget "3 minutes"`, `--corpus.sources.0.data PATH`.

They are written into the tree of the recipe before it is read, so a slip on the command line meets the same
reader and the same errors as a slip in the file.
"""

from __future__ import annotations

from collections.abc import Sequence

from groundup.errors import GroundupError
from groundup.recipe.document import Listing, Node, Place, Problem, Scalar, Section, compose, is_text, shorten
from groundup.recipe.dump import Json, plain
from groundup.recipe.fields import PRESET, Annotation, Field, fields_of, is_settings, item_of, presets_of, split_none

REMEDY = 'An override names a key and its value: --pretrain.budget "3 minutes", or --model.width=192.'


def parse_overrides(words: Sequence[str]) -> list[tuple[str, str]]:
    """The dotted keys and texts of `--key value` and `--key=value` words, in order."""
    overrides = []
    remaining = iter(words)
    for word in remaining:
        key, equals, text = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not all(key.split(".")):
            raise GroundupError(f"{shorten(word)} on the command line is no key of the recipe.", REMEDY)
        if not equals:
            following = next(remaining, None)
            if following is None or following.startswith("--"):
                example = f"write --{key} true, say" if following is None else f"write --{key}={following} if it is"
                raise GroundupError(f"--{key} on the command line has no value ({example}).", REMEDY)
            text = following
        if not is_text(key) or not is_text(text):
            raise GroundupError(f"{shorten(word)} on the command line is not UTF-8 text.", REMEDY)
        overrides.append((key, text))
    return overrides


def apply_overrides(root: Section, overrides: Sequence[tuple[str, str]], settings_class: type) -> list[Problem]:
    """Write each override into the tree, later over earlier; those without a place come back as problems."""
    problems: list[Problem] = []
    for key, text in overrides:
        place = Place(0, f"--{key}")
        path = key.split(".")
        try:
            _write(root, path, text, settings_class, place)
        except _MisplacedError as error:
            problems.append(Problem(place, "", str(error)))
    return problems


class _MisplacedError(Exception):
    """An override whose path leads nowhere."""


def _write(root: Section, path: list[str], text: str, settings_class: type, place: Place) -> None:
    node: Section | Listing = root
    kind = settings_class
    for depth, part in enumerate(path):
        field = fields_of(kind).get(part) if is_settings(kind) else None
        item = item_of(kind) if kind is not None else None
        inside = split_none(field.annotation)[0] if field else split_none(item)[0]
        is_last = depth == len(path) - 1
        default = _default(node, kind, field) if field else None
        below = _parse(text, inside, place) if is_last else _container(node, part, inside, default, place)
        _set(node, part, below, place)
        if not is_last:
            assert not isinstance(below, Scalar)
            node, kind = below, inside


def _default(node: Section | Listing, kind: type, field: Field) -> object:
    """What `field` is where the recipe is silent: the value of the section's preset, or of its class."""
    chosen = node.entries.get(PRESET) if isinstance(node, Section) else None
    preset = presets_of(kind).get(chosen.text, {}) if isinstance(chosen, Scalar) else {}
    return preset.get(field.name, field.default)


def _parse(text: str, annotation: Annotation, place: Place) -> Node:
    """Lists and sections are written as in YAML; any other text stands for itself, with no second quotes."""
    if annotation is not str and text.lstrip().startswith(("[", "{")):
        node, problems = compose(text, "The value", place.option)
        if problems:
            raise _MisplacedError(problems[0].message)
        assert node is not None
        return node
    return Scalar(text, True, place)


def _container(
    node: Section | Listing, part: str, annotation: Annotation, default: object, place: Place
) -> Section | Listing:
    """What stands below `part` and can hold more: what is there, the default list, or something new."""
    there = _get(node, part)
    if isinstance(there, (Section, Listing)):
        return there
    if item_of(annotation) is not None:
        # A position in a list that the recipe leaves out counts in the default list.
        return _listing(default, place) if there is None else Listing([], place)
    return Section({}, place)


def _listing(default: object, place: Place) -> Listing:
    node = _node_of(plain(default), place) if isinstance(default, tuple) else None
    return node if isinstance(node, Listing) else Listing([], place)


def _node_of(value: Json, place: Place) -> Node:
    if isinstance(value, list):
        return Listing([_node_of(item, place) for item in value], place)
    if isinstance(value, dict):
        entries = {name: _node_of(item, place) for name, item in value.items()}
        return Section(entries, place, dict.fromkeys(entries, place))
    if isinstance(value, str):
        return Scalar(value, False, place)
    return Scalar("null" if value is None else str(value).lower(), True, place)


def _get(node: Section | Listing, part: str) -> Node | None:
    if isinstance(node, Section):
        return node.entries.get(part)
    position = _position(node, part)
    return node.items[position] if position < len(node.items) else None


def _set(node: Section | Listing, part: str, below: Node, place: Place) -> None:
    if isinstance(node, Section):
        node.entries[part] = below
        node.places[part] = place
        return
    node.items[_position(node, part) : _position(node, part) + 1] = [below]


def _position(node: Listing, part: str) -> int:
    count = len(node.items)
    if not (part.isascii() and part.isdigit() and len(part) < 10 and int(part) <= count):
        upto = f"0 to {count - 1}, or {count} to add one" if count else "0 to add one"
        raise _MisplacedError(f"{shorten(part)} is no position in this list; positions are {upto}.")
    return int(part)
