"""Which delimiter cuts a text into columns, which way of quoting fits it, and the rows cut so.

The right delimiter is the one that cuts most rows into as many cells as the first. Quotes are believed unless
that leaves more rows odd than taking them as letters: in many TSV files a quote is only a quote.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

# Tab first: of two delimiters that fit alike, it is the one least likely to stand in a text.
DELIMITERS = "\t\x1f\x01;|,^~"
LOOKED_AT = 300
_LOOKED_AT_CHARACTERS = 2**20
# Under so many rows of the same length a delimiter is a mark of punctuation.
_LEAST_SHARE = 0.6

_DECLARED = re.compile(r"sep=([^\w\s\"]|\t)(?=[\r\n])", re.IGNORECASE)

_DOUBLED: dict[str, Any] = {"strict": True}
_ESCAPED: dict[str, Any] = {"strict": True, "escapechar": "\\", "doublequote": False}
_UNQUOTED: dict[str, Any] = {"quoting": csv.QUOTE_NONE}


@dataclass(frozen=True)
class Cells:
    """A row as cut: the lines on which it begins and ends, its cells, and what the reader minded."""

    line: int
    last: int
    cells: list[str]
    error: str = ""


def find_delimiter(text: str) -> tuple[str | None, str]:
    """The delimiter that a text declares (`sep=;`) or that fits it, None for none; and the text without that word."""
    if declared := _DECLARED.match(text):
        # Excel's own way to say it; the line stays as a blank one, so that lines keep their numbers.
        return declared[1], text[declared.end() :]
    return _fitting(text), text


def settled(text: str, named: str, wanted: Collection[str]) -> tuple[str, str]:
    """The delimiter of a table whose name tells of `named`, and the table without a line that declares another.

    The name is believed where it finds one of the columns `wanted`: no semicolon in a text has a say then.
    """
    first = next(cut(text, named, {}), None)
    if first is not None and any(name in wanted for name in first.cells):
        return named, text
    found, rest = find_delimiter(text)
    return found or named, rest


def cut(text: str, delimiter: str, form: dict[str, Any]) -> Iterator[Cells]:
    """The rows that are not blank lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, **form)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Cells(line, reader.line_num, [], str(error))
            continue
        if len(cells) > 1 or (cells and cells[0].strip()):
            yield Cells(line, reader.line_num, cells)


def _fitting(text: str) -> str | None:
    scores = []
    text = text[:_LOOKED_AT_CHARACTERS]
    for rank, delimiter in enumerate(DELIMITERS):
        if delimiter not in text:
            continue
        share, width = max(_agreement(text, delimiter, form) for form in (_DOUBLED, _UNQUOTED))
        if width > 1 and share >= _LEAST_SHARE:
            scores.append((share, -rank, delimiter))
    return max(scores)[-1] if scores else None


def _agreement(text: str, delimiter: str, form: dict[str, Any]) -> tuple[float, int]:
    """The share of the first rows that have as many cells as the first of all, and that number."""
    lengths = [len(row.cells) for row in islice(cut(text, delimiter, form), LOOKED_AT)]
    width = next(filter(None, lengths), 0)
    return (sum(length == width for length in lengths) / len(lengths), width) if lengths else (0.0, 0)


def form_of(text: str, delimiter: str) -> dict[str, Any]:
    """The way of quoting against which the fewest rows speak."""
    if '"' not in text:
        return _UNQUOTED
    forms = [_DOUBLED, *([_ESCAPED] if '\\"' in text else [])]
    # A quoted cell with a tab in it is rare; two stray quotes with a tab between are not.
    forms = [_UNQUOTED, *forms] if delimiter == "\t" else [*forms, _UNQUOTED]
    against = [_against(text, delimiter, form) for form in forms]
    return forms[against.index(min(against))]


def _against(text: str, delimiter: str, form: dict[str, Any]) -> int:
    """Rows that are odd read this way: of another length than the first, or with quotes left around a cell."""
    rows = cut(text, delimiter, form)
    width = 0
    odd = 0
    for row in rows:
        width = width or len(row.cells)
        odd += len(row.cells) != width or (form is _UNQUOTED and any(map(_is_quoted, row.cells)))
    return odd if width > 1 else len(text)


def _is_quoted(cell: str) -> bool:
    return len(cell) > 1 and cell[0] == cell[-1] == '"'
