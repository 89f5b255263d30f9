"""Any settings class explained: as a JSON schema for editors, and as a table of documented keys for people.

The schema asks for no more than the reader does where YAML's versions disagree: an editor that reads YAML 1.2
sees `10_000` as text, so numbers may also be texts that look like numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from groundup.errors import GroundupError, did_you_mean
from groundup.recipe.dump import Json, as_text, plain
from groundup.recipe.fields import (
    POSITION,
    Annotation,
    Key,
    choices_of,
    describe,
    fields_of,
    is_settings,
    item_of,
    keys_in,
    keys_of,
    split_none,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_NUMBER_PATTERN = r"^[-+]?[0-9._]+([eE][-+]?[0-9]+)?$"
_BASIC: dict[Annotation, Json] = {
    int: {"type": ["integer", "string"], "pattern": _NUMBER_PATTERN},
    float: {"type": ["number", "string"], "pattern": _NUMBER_PATTERN},
    str: {"type": "string"},
    bool: {"type": "boolean"},
}


@dataclass(frozen=True)
class Row:
    """One key of the table; `default` is YAML text, or "required"."""

    key: str
    type: str
    default: str
    documentation: str


def key_table(settings_class: type, section: str = "") -> list[Row]:
    """Every key that holds a value, or those of one section (`pretrain`, `corpus.sources`), in order.

    Where lists have the same keys, the first shows them and the others name it. Raises GroundupError for a section
    that is not there.
    """
    rows: list[Row] = []
    shown: dict[Annotation, str] = {}
    repeated: tuple[str, ...] = ()
    for key in _keys(settings_class, section):
        if is_settings(key.field.annotation) or key.dotted.startswith(repeated):
            continue
        documentation = key.documentation
        item = item_of(split_none(key.field.annotation)[0])
        if is_settings(item) and shown.setdefault(item, key.dotted) != key.dotted:
            documentation += f" Its keys are those of {shown[item]}."
            repeated += (f"{key.dotted}.",)
        rows.append(Row(key.dotted, describe(key.field.annotation), _default(key), documentation))
    return rows


def json_schema(settings_class: type, section: str = "") -> Json:
    """The JSON schema (draft 2020-12) of a recipe, or of one section of it.

    Raises GroundupError for a section that is not there.
    """
    if not section:
        return {"$schema": DIALECT, "title": settings_class.__name__, **_section(settings_class)}
    key = next(key for key in _keys(settings_class, section) if key.dotted == _spelled(section))
    return {"$schema": DIALECT, "title": section, **_property(key)}


def _spelled(section: str) -> str:
    """Positions of lists as the table writes them: `corpus.sources.0.data` is `corpus.sources.N.data`."""
    return ".".join(POSITION if part.isdigit() else part for part in section.split("."))


def _keys(settings_class: type, section: str) -> list[Key]:
    keys = list(keys_of(settings_class))
    if not section:
        return keys
    wanted = _spelled(section)
    found = [key for key in keys if key.dotted == wanted or key.dotted.startswith(f"{wanted}.")]
    if not found or found[0].dotted != wanted:
        hint = did_you_mean(section, [key.dotted for key in keys])
        # A recipe has too many keys to list; the sections at its top are enough to go on.
        tops = ", ".join(fields_of(settings_class))
        near = hint if hint.startswith("Did") else f"At the top there are: {tops}."
        raise GroundupError(f"A recipe has no key {section!r}. {near}", "See: groundup schema")
    return found


def _default(key: Key) -> str:
    if is_settings(type(key.default)):
        return "the keys below"
    return "required" if key.is_required else as_text(plain(key.default))


def _section(settings_class: type, base: object = None) -> Json:
    keys = list(keys_in(settings_class, base=base))
    required = [key.field.name for key in keys if key.is_required]
    return {
        "type": "object",
        "properties": {key.field.name: _property(key) for key in keys},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _property(key: Key) -> Json:
    about = {"description": key.documentation} if key.documentation else {}
    has_default = not key.is_required and not is_settings(key.field.annotation)
    default = {"default": plain(key.default)} if has_default else {}
    return {**_type(key.field.annotation, key.base), **about, **default}


def _type(annotation: Annotation, base: object = None) -> Json:
    inner, is_optional = split_none(annotation)
    if is_optional:
        # Editors hand on `none` as text; YAML's own word for it is null.
        return {"anyOf": [_type(inner, base), {"enum": [None, "none"]}]}
    if choices := choices_of(inner):
        return {"enum": list(choices)}
    if (item := item_of(inner)) is not None:
        return {"type": "array", "items": _type(item)}
    if is_settings(inner):
        return _section(inner, base)
    return _BASIC.get(inner) or _value(inner)


def _value(value_class: Annotation) -> Json:
    pattern = getattr(value_class, "PATTERN", None)
    type_ = ["string", "number"] if _takes_numbers(value_class) else "string"
    examples = [str(example) for example in getattr(value_class, "EXAMPLES", ())]
    return {
        "type": type_,
        **({"pattern": pattern} if pattern else {}),
        **({"examples": examples} if examples else {}),
    }


def _takes_numbers(value_class: Annotation) -> bool:
    """Whether a bare number is a value: asked of `parse` itself, which alone knows."""
    for probe in (1, 0.5, 100):
        try:
            value_class.parse(probe)
        except ValueError:
            continue
        return True
    return False
