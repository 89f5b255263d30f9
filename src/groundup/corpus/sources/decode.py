"""From bytes to text, without a silent guess.

UTF-8 is tried first, then what a byte order mark says. Bytes that are neither are read as cp1252, the superset of
Latin-1 that old Western European texts are in, but only where every byte has a meaning there and letters of other
scripts are out of the question; and the ledger says so.
"""

from __future__ import annotations

import codecs
import re

# Tab, line feed, form feed, carriage return, and the Ctrl-Z with which DOS ended files.
_ORDINARY = b"\t\n\x0c\r\x1a"
CONTROLS = bytes(byte for byte in range(32) if byte not in _ORDINARY) + b"\x7f"
_HIGH = bytes(range(128, 256))
# Bytes that cp1252 leaves undefined.
_UNDEFINED = b"\x81\x8d\x8f\x90\x9d"

# UTF-8 text may have a few stray control characters; one in a hundred is a program or a picture.
LARGEST_CONTROL_SHARE = 0.01
ALWAYS_ALLOWED_CONTROLS = 3
# Accented letters are under 10 % of French, Czech or Vietnamese; Cyrillic or Chinese bytes are nearly all high.
LARGEST_HIGH_SHARE = 0.25

# UTF-32's mark begins with UTF-16's, so it is asked first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


# The codecs that are character sets; Python counts escapes, compressions and host names among them too.
_CHARACTER_SET = re.compile(r"iso(?:8859|2022)|cp\d|koi8|kz1048|mac|ptcp|tis|big5|gb|hz|euc|johab|shift_jis")


class NotTextError(Exception):
    """Bytes that are no text, or in no encoding that we may assume; the message says which and why."""


def decode(data: bytes, named: str | None = None) -> tuple[str, str]:
    """The text of `data` without a byte order mark, and the encoding it was in. Raises NotTextError.

    `named` is the encoding to use for what is not UTF-8 and has no mark.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding), encoding
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return (_strict(data, named), named) if named else (_western(data, error), "cp1252")
    refuse_binary(data)
    return text, "utf-8"


def refuse_binary(data: bytes, controls: bytes = CONTROLS) -> None:
    """Raises NotTextError for bytes of which too many are `controls`: programs and pictures are full of them."""
    found = _count(data, controls)
    if found > max(ALWAYS_ALLOWED_CONTROLS, LARGEST_CONTROL_SHARE * len(data)):
        raise NotTextError(f"it is binary: {found:,} of its {len(data):,} bytes are control characters")


def character_set(name: str) -> str | None:
    """Python's name for the encoding that a file says it is in, where it helps with what is not UTF-8; else None.

    Latin-1 does not: what says it is in Latin-1 is in cp1252, as browsers take it (WHATWG Encoding Standard).
    """
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return found if _CHARACTER_SET.match(found) and found != "iso8859-1" else None


def _western(data: bytes, error: UnicodeDecodeError) -> str:
    where = f"it is not UTF-8 (byte {data[error.start]:#04x} at {error.start:,})"
    if controls := _count(data, CONTROLS):
        raise NotTextError(f"it is binary: {where}, and {controls:,} of its bytes are control characters")
    if _count(data, _UNDEFINED):
        raise NotTextError(f"its encoding is not known: {where}, nor cp1252; name it with `encoding`")
    high = _count(data, _HIGH)
    if high > LARGEST_HIGH_SHARE * len(data):
        raise NotTextError(
            f"its encoding is not known: {where}, and too many of its bytes ({high / len(data):.0%}) lie outside ASCII"
            " for a Western language; name it with `encoding`"
        )
    return data.decode("cp1252")


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeError, ValueError) as error:
        raise NotTextError(f"it is not whole {encoding} text ({error})") from error


def _count(data: bytes, wanted: bytes) -> int:
    return len(data) - len(data.translate(None, wanted))
