"""The content of a file as text: unpacked, decoded, with halves of surrogate pairs mended; and values as text."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groundup.corpus.sources.decode import NotTextError, decode
from groundup.corpus.sources.expand import UnreadableError, read_pieces
from groundup.errors import GroundupError

# Files of examples are read whole, for an encoding or a delimiter that fits only the first part fits not at all.
LARGEST = 2**30

# What files that are no text begin with, and what to do with them.
_FOREIGN = (
    (b"PK\x03\x04", "a spreadsheet or a zip archive", "Save the sheet as CSV, or unpack the archive, and give that."),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet or document", "Save the sheet as CSV and give that."),
    (b"%PDF", "a PDF", "Copy its table into a spreadsheet, save it as CSV and give that."),
    (b"\x1f\x8b", "compressed", "Give it a name that ends in .gz."),
    (b"BZh", "compressed", "Give it a name that ends in .bz2."),
    (b"\xfd7zXZ", "compressed", "Give it a name that ends in .xz."),
    (b"\x28\xb5\x2f\xfd", "compressed", "Give it a name that ends in .zst."),
)


def read_text(path: Path, encoding: str | None = None) -> tuple[str, str]:
    """The text of a file and the encoding it was in; `encoding` is for what is not UTF-8 and has no mark.

    Raises GroundupError where the file cannot be read, or is no text.
    """
    data = _read(path)
    for start, what, remedy in _FOREIGN:
        if data.startswith(start):
            raise GroundupError(f"{path} is no text: it is {what}.", remedy)
    _check_encoding(encoding)
    try:
        if encoding and codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")) and b"\0" in data:
            # ASCII in such an encoding is also UTF-8 full of zeros, so the name has to go first.
            text, found = data.decode(encoding).removeprefix("\ufeff"), encoding
        else:
            text, found = decode(data, encoding)
    except (NotTextError, UnicodeError) as reason:
        raise GroundupError(f"{path} cannot be read as text: {reason}.", _encoding_remedy(data)) from reason
    return text, found


def _read(path: Path) -> bytes:
    pieces, size = [], 0
    try:
        for piece in read_pieces(path):
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST:
                raise GroundupError(f"{path} has more than {LARGEST / 1e6:,.0f} million bytes.", "Split it.")
    except UnreadableError as reason:
        raise GroundupError(f"{path} cannot be read: {reason}.", "Mend it or fetch it anew.") from reason
    return b"".join(pieces)


def _check_encoding(encoding: str | None) -> None:
    try:
        if encoding is None or "".encode(encoding) is not None:
            return
    except (LookupError, ValueError):
        pass
    raise GroundupError(f"There is no encoding {encoding!r}.", "Write one such as utf-16, cp1250 or koi8-r.")


def _encoding_remedy(data: bytes) -> str:
    # ASCII in UTF-16 is zero in every second byte.
    for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = data[start:2000:2]
        if half and half.count(0) > 0.6 * len(half):
            return (
                f"It looks like UTF-16 without a byte order mark: write `encoding: {name}` in the recipe, below task."
            )
    return "Save it as UTF-8, or name the encoding it is in by task.encoding in the recipe."


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a text with their numbers from 1; only line feeds end lines, as in every other tool."""
    start = 0
    number = 1
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield number, text[start:end].removesuffix("\r")
        start, number = end + 1, number + 1


def as_text(value: Any) -> str | None:
    """A value of a table as text, "" for none; None where it is a list or another thing that no text can stand for."""
    if value is None or value != value:
        return ""
    if isinstance(value, str):
        return proper(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # A column of whole numbers with gaps comes as 1.0 out of pandas.
    return str(value) if isinstance(value, int | float) else None


def proper(text: str) -> str:
    """Text that UTF-8 can hold: halves of surrogate pairs, as JSON may have them, joined or replaced."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
