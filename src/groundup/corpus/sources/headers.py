"""Header fields, as WARC records and HTTP replies carry them: `Name: value`, one a line."""

from __future__ import annotations

import re
from functools import lru_cache

# What an author may ask of those who train models: in X-Robots-Tag or the meta tag of the name robots.
WISHES = frozenset({"noai", "noimageai", "noml"})
_NAME = re.compile(r"[a-z-]{1,40}")


def fields(block: bytes) -> dict[str, str]:
    """The fields by name in lower case; of a name that comes twice the first counts, and what is no field does not.

    A line that begins with white space goes on with the field before (RFC 9112, 5.2). All is UTF-8, or Latin-1 where
    it cannot be.
    """
    try:
        lines = block.decode().split("\n")
    except UnicodeDecodeError:
        lines = [_text(line) for line in block.split(b"\n")]
    found: dict[str, str] = {}
    # Put together at the end: a field that goes on in 100,000 lines would be copied as often.
    parts: dict[str, list[str]] = {}
    last = ""
    for line in lines:
        if line[:1] in (" ", "\t"):
            if last:
                parts.setdefault(last, [found[last]]).append(line.strip())
            continue
        name, colon, value = line.partition(":")
        last = name.strip().lower() if colon else ""
        if last in found:
            last = ""
        elif last:
            found[last] = value.strip()
    return found | {name: " ".join(filter(None, values)) for name, values in parts.items()}


def wishes(robots: str, reservation: str) -> list[str]:
    """What a page asks, whomever it asks: the `WISHES` in its robots directives, and `tdm-reservation` where that is 1.

    The latter is the TDM Reservation Protocol of a group at the W3C.
    """
    found = sorted(WISHES.intersection(_NAME.findall(robots.lower())))
    return [*found, *(["tdm-reservation"] if reservation.strip() == "1" else [])]


def number(value: str) -> int | None:
    """A count of bytes, or None for what is no plain number of reasonable length."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else None


@lru_cache(1024)
def media_type(value: str) -> tuple[str, str]:
    """A Content-Type's media type, in lower case, and its charset; "" for each that it does not say."""
    kind, _, parameters = value.partition(";")
    kind = kind.strip().lower()
    charset = ""
    for parameter in parameters.split(";"):
        name, _, said = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = said.strip().strip("\"'").strip().lower()
            break
    # What is no name says nothing: `text/html,text/html`, an encoding of a thousand letters.
    names = kind.split("/")
    is_kind = len(names) == 2 and all(_is_word(name, 127) for name in names)
    return kind if is_kind else "", charset if _is_word(charset, 40) else ""


def _is_word(name: str, longest: int) -> bool:
    """Whether it is letters, digits and the signs that names of types and encodings have (RFC 6838, 4.2)."""
    return (
        0 < len(name) <= longest and name.isascii() and all(sign.isalnum() or sign in "!#$&-^_.+:()" for sign in name)
    )


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
