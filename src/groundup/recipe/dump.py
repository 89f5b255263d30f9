"""Settings as text: the resolved recipe that is stored with a run, and loads back as an equal value.

Written so that plain YAML readers, of version 1.1 and 1.2, see the same types as ours do: a text that any of
them would take for a number, a truth or nothing is put in quotes.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from groundup.recipe.fields import Annotation, fields_of, is_settings
from groundup.recipe.scalars import NOTHING, TRUTHS, number

# Safe without quotes everywhere in YAML, inside [ ] too; whether they could mean a number is asked below.
_PLAIN = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_/.+ -]*")
# dicts, lists, texts, numbers, truths and None; Python has no type for it yet.
Json = Any

_RESOLVER = yaml.SafeLoader.yaml_implicit_resolvers
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def plain(value: object) -> Json:
    """Settings as dicts, lists, texts, numbers, truths and None, as JSON has; value classes as text."""
    kind: Annotation = type(value)
    if is_settings(kind):
        return {name: plain(getattr(value, name)) for name in fields_of(kind)}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def dump(settings: object) -> str:
    """The YAML text of settings, every key written out; `load(dump(it), type(it)) == it`."""
    return "\n".join(_section(plain(settings), 0)) + "\n"


def _section(section: dict[str, Json], indent: int) -> list[str]:
    if not section:
        return [" " * indent + "{}"]
    lines = []
    for name, value in section.items():
        start = f"{' ' * indent}{name}:"
        if isinstance(value, dict) and value:
            lines += [start, *_section(value, indent + 2)]
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            lines.append(start)
            for item in value:
                first, *rest = _section(item, indent + 4)
                lines += [f"{' ' * (indent + 2)}- {first.lstrip(' ')}", *rest]
        else:
            lines.append(f"{start} {as_text(value)}")
    return lines


def as_text(value: Json) -> str:
    """A value on one line of YAML."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {as_text(item)}' for name, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_text, value))}]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # YAML 1.1 knows an exponent only behind a point: 1.0e-05, not 1e-05.
        digits, e, exponent = repr(value).partition("e")
        return digits + (".0" if e and "." not in digits else "") + e + exponent
    return _text(value) if isinstance(value, str) else str(value)


def _text(text: str) -> str:
    return text if _is_plain(text) else f'"{"".join(map(_escape, text))}"'


def _is_plain(text: str) -> bool:
    if not _PLAIN.fullmatch(text) or text.endswith(" ") or text.lower() in NOTHING | TRUTHS.keys():
        return False
    return number(text) is None and not any(pattern.fullmatch(text) for _, pattern in _RESOLVER.get(text[0], []))


def _escape(character: str) -> str:
    if character.isprintable() and character not in _ESCAPES:
        return character
    code = ord(character)
    wide = f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
    return _ESCAPES.get(character) or (f"\\x{code:02x}" if code <= 0xFF else wide)
