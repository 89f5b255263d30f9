"""YAML text as a tree in which every value knows the place where it was written.

Built from PyYAML's parsing events and not by its loaders: the events come one at a time and give each plain
word as it was typed (so `no` and `1e-3` are still to be judged by the field they are for), nothing is ever
constructed from a tag, and depth is counted as it grows. Aliases are refused: a recipe is read from top to
bottom, and a document of nine short lines of them unfolds to gigabytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import total_ordering
from typing import Any

import yaml

from groundup.errors import GroundupError

# PyYAML's event classes; their type stubs leave out what the classes share (anchor, tag, marks).
Event = Any

# Deeper than any settings class nests, shallower than Python's stack.
DEEPEST = 32

YAML_REMEDY = (
    "Indent with spaces, put a space after each colon, close what you open, and put quotes around text that "
    "holds : # [ ] { } or begins with * & ! % @ or `."
)


@total_ordering
@dataclass(frozen=True)
class Place:
    """Where something was written: a line of the file (from 1), or an option of the command line."""

    line: int
    option: str = ""

    def __str__(self) -> str:
        return f"{self.option} on the command line" if self.option else f"line {self.line}"

    def __lt__(self, other: Place) -> bool:
        return (bool(self.option), self.line) < (bool(other.option), other.line)


@dataclass(frozen=True)
class Scalar:
    """One word or text; `is_plain` when it stood without quotes, and so may mean a number or nothing."""

    text: str
    is_plain: bool
    place: Place


@dataclass
class Listing:
    """A list of nodes."""

    items: list[Node]
    place: Place


@dataclass
class Section:
    """Keys and their nodes; `places` says where each key was written."""

    entries: dict[str, Node]
    place: Place
    places: dict[str, Place] = field(default_factory=dict)


Node = Scalar | Listing | Section


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a recipe: where, at which dotted key (or ""), and a sentence about it."""

    place: Place
    key: str
    message: str

    def __str__(self) -> str:
        key = f", {self.key}" if self.key and not self.place.option else ""
        return f"{self.place}{key}: {self.message}"


def compose(text: str, name: str, option: str = "") -> tuple[Node | None, list[Problem]]:
    """The tree of a YAML document (None for an empty one), and the keys that are written twice.

    `name` is what errors call the document; a value given on the command line has its `option` as every
    node's place. Raises GroundupError for what is not YAML, or is YAML that recipes do without.
    """
    composer = _Composer(name, option)
    try:
        return composer.document(text), composer.problems
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise composer.refuse(
            line, f"the character {chr(int(error.character))!r} does not belong in YAML", "Delete it."
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = (error.problem or error.context or "")[:100]
        raise composer.refuse(line, f"this is not YAML (column {column}: {problem})", YAML_REMEDY) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        # PyYAML hands "\UFFFFFFFF" and the like to chr() and int() unchecked.
        raise composer.refuse(composer.line, "this is not YAML (a number out of range)", YAML_REMEDY) from None


class _Composer:
    """Takes events off the parser one by one; `line` is the last one seen."""

    def __init__(self, name: str, option: str) -> None:
        self.name = name
        self.option = option
        self.line = 1
        self.problems: list[Problem] = []
        self.events: Iterator[Event] = iter(())

    def refuse(self, line: int, message: str, remedy: str) -> GroundupError:
        return GroundupError(f"{self.name}, {Place(line, self.option)}: {message}.", remedy)

    def next(self) -> Event:
        event = next(self.events)
        self.line = event.start_mark.line + 1
        return event

    def document(self, text: str) -> Node | None:
        self.events = iter(yaml.parse(text, Loader=yaml.SafeLoader))
        self.next()
        if isinstance(self.next(), yaml.StreamEndEvent):
            return None
        root = self.node(self.next(), 1)
        self.next()
        if not isinstance(self.next(), yaml.StreamEndEvent):
            raise self.refuse(
                self.line,
                "a second YAML document begins here",
                "Keep one recipe in a file: delete the line ---.",
            )
        return root

    def node(self, event: Event, depth: int) -> Node:
        if depth > DEEPEST:
            raise self.refuse(self.line, f"values are nested more than {DEEPEST} deep", "No recipe needs that.")
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self.refuse(
                self.line,
                f"recipes have no anchors (&) and aliases (*), and here is one named {shorten(event.anchor)}",
                "Write the value out where it is needed; put quotes around a text that begins with & or *.",
            )
        if event.tag is not None:
            raise self.refuse(
                self.line,
                f"recipes have no tags, and here is {shorten(event.tag)}",
                "Delete it, or put quotes around a text that begins with !.",
            )
        place = Place(self.line, self.option)
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(self.well_formed(event.value), event.implicit[0], place)
        if isinstance(event, yaml.SequenceStartEvent):
            return Listing(list(self.until(yaml.SequenceEndEvent, depth)), place)
        return self.section(place, depth)

    def until(self, end: type, depth: int) -> Iterator[Node]:
        while not isinstance(event := self.next(), end):
            yield self.node(event, depth + 1)

    def section(self, place: Place, depth: int) -> Section:
        section = Section({}, place)
        nodes = self.until(yaml.MappingEndEvent, depth)
        for key in nodes:
            value = next(nodes)
            if not isinstance(key, Scalar):
                raise self.refuse(key.place.line, "a list or a section stands where a key belongs", YAML_REMEDY)
            if key.text in section.entries:
                first = section.places[key.text]
                again = f"the key {shorten(key.text)} is written a second time; the first is at {first}"
                self.problems.append(Problem(key.place, "", again + ". Keep one of them."))
                continue
            section.entries[key.text] = value
            section.places[key.text] = key.place
        return section

    def well_formed(self, text: str) -> str:
        if is_text(text):
            return text
        raise self.refuse(self.line, f"{shorten(text)} holds half of a character", "Write the character itself.")


def is_text(text: str) -> bool:
    r"""Whether `text` can be written as UTF-8: a lone surrogate, from "\ud800" or a file name, cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def shorten(text: str) -> str:
    """A text as an error shows it: in quotes, on one line, unprintable characters escaped, cut when long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")
