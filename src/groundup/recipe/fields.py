"""What the fields of a settings class are: their types, defaults and documentation, for all who read recipes.

A settings class is a frozen dataclass whose fields are int, float, str, bool, Literal, `X | None`,
`tuple[X, ...]`, other settings classes and value classes (any with a classmethod `parse` and a `__str__`
that it can read back). A class with PRESETS, name -> values, and a field `preset: str | None` lets a section start
from one of them by its name; EXAMPLES of a class are what errors show where one was due.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass
from functools import cache
from typing import Any, Literal

from groundup.settings import field_docs

# A type as it is written behind a field: a class, a Literal, `X | None`. Python has no type for these yet.
Annotation = Any

# The word that stands for a position in dotted keys of lists: corpus.sources.N.data.
POSITION = "N"
# The key that names one of its class's PRESETS.
PRESET = "preset"


@dataclass(frozen=True)
class Field:
    """A field of a settings class; `default` is MISSING where it must be written."""

    name: str
    annotation: Annotation
    default: object

    @property
    def is_required(self) -> bool:
        """Whether a recipe must give it."""
        return self.default is MISSING


@cache
def fields_of(settings_class: type) -> dict[str, Field]:
    """The fields that a recipe may set, by name, in order."""
    annotations = typing.get_type_hints(settings_class)
    if presets := presets_of(settings_class):
        annotations[PRESET] = typing.cast(Any, Literal)[tuple(presets)] | None
    fields = {}
    for field in dataclasses.fields(settings_class):
        if field.init:
            default = field.default if field.default_factory is MISSING else field.default_factory()
            fields[field.name] = Field(field.name, annotations[field.name], default)
    return fields


def presets_of(settings_class: type) -> Mapping[str, Mapping[str, object]]:
    """Sets of values that a section can start from, by the names that its key `preset` takes; mostly there are none."""
    presets: Mapping[str, Mapping[str, object]] = getattr(settings_class, "PRESETS", {})
    return presets


@cache
def docs_of(settings_class: type) -> dict[str, str]:
    """The documentation of every field; a field that only gets another default keeps that of its base class."""
    docs: dict[str, str] = {}
    for base in reversed(settings_class.__mro__):
        if dataclasses.is_dataclass(base):
            docs |= {name: text for name, text in field_docs(base).items() if text or name not in docs}
    return docs


def base_of(settings_class: type, name: str, base: object = None) -> object:
    """The settings that a partly written section starts from, or None where it starts from its class's own.

    `model: Model = Model()` starts from Model's own defaults; `model: Model = Model(depth=8)` keeps the depth
    of 8 where the recipe is silent. `base` is what the section around it starts from.
    """
    default = getattr(base, name) if base is not None else fields_of(settings_class)[name].default
    kind: Annotation = type(default)
    if not is_settings(kind):
        return None
    # Built anew where it can be, so that what a class derives from its other fields is derived again.
    required = any(field.is_required for field in fields_of(kind).values())
    return None if not required and default == kind() else default


def _origin(annotation: Annotation) -> object:
    return typing.get_origin(annotation)


def split_none(annotation: Annotation) -> tuple[Annotation, bool]:
    """The X of `X | None` and True, or the annotation as it is and False."""
    if _origin(annotation) not in (typing.Union, types.UnionType):
        return annotation, False
    members = [member for member in typing.get_args(annotation) if member is not type(None)]
    assert len(members) == 1, f"a field of settings may be X or X | None, not {annotation}"
    return members[0], True


def choices_of(annotation: Annotation) -> tuple[str | int, ...]:
    """The values of a Literal; none for any other annotation."""
    return typing.get_args(annotation) if _origin(annotation) is Literal else ()


def item_of(annotation: Annotation) -> Annotation:
    """The X of `tuple[X, ...]`; None for any other annotation."""
    if _origin(annotation) is not tuple:
        return None
    item, dots = typing.get_args(annotation)
    assert dots is Ellipsis, f"a list of settings is tuple[X, ...], not {annotation}"
    return item


def is_value_class(annotation: Annotation) -> bool:
    """Whether values of this class are written as one text, such as `3 minutes`."""
    return isinstance(annotation, type) and hasattr(annotation, "parse")


def is_settings(annotation: Annotation) -> bool:
    """Whether this is a settings class, written as a section of keys."""
    is_class = isinstance(annotation, type) and dataclasses.is_dataclass(annotation)
    return is_class and not is_value_class(annotation)


def describe(annotation: Annotation) -> str:
    """The type of a field in words, for tables and errors."""
    inner, is_optional = split_none(annotation)
    if is_optional:
        return f"{describe(inner)} or none"
    if choices := choices_of(inner):
        return f"one of {', '.join(map(str, choices))}"
    if (item := item_of(inner)) is not None:
        return f"list of {_plural(item)}"
    if is_settings(inner):
        return "section of keys"
    return _NAMES.get(inner) or inner.__name__.lower()


def _plural(item: Annotation) -> str:
    if is_settings(item):
        return "sections"
    return f"{describe(item)}s" if is_value_class(item) else _PLURALS.get(item) or describe(item)


_NAMES = {int: "whole number", float: "number", str: "text", bool: "true or false"}
_PLURALS = {int: "whole numbers", float: "numbers", str: "texts"}
_SAMPLES = {int: "128", float: "0.003", str: "a word or more", bool: "true"}


def sample(annotation: Annotation) -> str:
    """What a value of this type may look like in YAML."""
    inner, _ = split_none(annotation)
    if choices := choices_of(inner):
        return str(choices[0])
    if (item := item_of(inner)) is not None:
        return f"[{sample(item)}]"
    examples = getattr(inner, "EXAMPLES", ())
    if is_settings(inner) and not examples:
        shown = next(iter(fields_of(inner).values()), None)
        return f"{{{shown.name}: {sample(shown.annotation)}}}" if shown else "{}"
    return _SAMPLES.get(inner) or (str(examples[0]) if examples else "")


def expected(annotation: Annotation) -> str:
    """What an error says was due: the type with its article, and an example where there is one."""
    noun = describe(annotation)
    has_article = not noun.startswith(("one of", "true", "text"))
    article = ("an " if noun[0] in "aeiou" else "a ") if has_article else ""
    example = sample(annotation)
    return f"{article}{noun}" + (f", for example {example}" if example else "")


@dataclass(frozen=True)
class Key:
    """A dotted key of a recipe; `default` is MISSING where it must be written, `base` as in `base_of`."""

    dotted: str
    holder: type
    field: Field
    default: object
    base: object

    @property
    def is_required(self) -> bool:
        """Whether a recipe must give it."""
        return self.default is MISSING

    @property
    def documentation(self) -> str:
        """What the key means."""
        return docs_of(self.holder).get(self.field.name, "")


def keys_in(settings_class: type, prefix: str = "", base: object = None) -> Iterator[Key]:
    """The keys of one section, whose values by default are those of `base` where it is given."""
    for field in fields_of(settings_class).values():
        default = getattr(base, field.name) if base is not None else field.default
        below = base_of(settings_class, field.name, base)
        yield Key(f"{prefix}{field.name}", settings_class, field, default, below)


def keys_of(settings_class: type, prefix: str = "", base: object = None) -> Iterator[Key]:
    """Every key below a settings class, sections before what they hold; positions of lists are written N."""
    for key in keys_in(settings_class, prefix, base):
        yield key
        inner, _ = split_none(key.field.annotation)
        item = item_of(inner)
        if is_settings(inner):
            yield from keys_of(inner, f"{key.dotted}.", key.base)
        elif is_settings(item):
            yield from keys_of(item, f"{key.dotted}.{POSITION}.")
