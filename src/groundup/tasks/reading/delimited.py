"""CSV, TSV and their kin as a table, whatever the delimiter and the way of quoting, found by trying.

The right delimiter is the one that cuts most rows into as many cells as the first. Quotes are believed unless
that leaves more rows odd than taking them as letters: in many TSV files a quote is only a quote.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from groundup.errors import GroundupError
from groundup.tasks.reading.content import read_text
from groundup.tasks.reading.rows import Fault, Row, Table, shortened

# Tab first: of two delimiters that fit alike, it is the one least likely to stand in a text.
DELIMITERS = "\t\x1f\x01;|,^~"
_LOOKED_AT = 300
_LOOKED_AT_CHARACTERS = 2**20
# Under so many rows of the same length a delimiter is a mark of punctuation.
_LEAST_SHARE = 0.6
_LONGEST_NAME = 80

_DECLARED = re.compile(r"sep=([^\w\s\"]|\t)(?=[\r\n])", re.IGNORECASE)

_DOUBLED: dict[str, Any] = {"strict": True}
_ESCAPED: dict[str, Any] = {"strict": True, "escapechar": "\\", "doublequote": False}
_UNQUOTED: dict[str, Any] = {"quoting": csv.QUOTE_NONE}


@dataclass(frozen=True)
class _Cells:
    """A row as cut: the lines on which it begins and ends, its cells, and what the reader minded."""

    line: int
    last: int
    cells: list[str]
    error: str = ""


def read_delimited(path: Path, encoding: str | None = None) -> Table:
    """The table in a CSV or TSV file. Raises GroundupError where it is no text or has no columns."""
    text, found = read_text(path, encoding)
    table = delimited_table(path, text, found)
    if table is None:
        begins = shortened(text) or "(nothing)"
        raise GroundupError(
            f"{path} has no columns: no delimiter cuts its lines into equal numbers of cells. It begins: {begins}",
            "Put a comma or a tab between the columns, and quotes around cells that hold one.",
        )
    return table


def delimited_table(path: Path, text: str, encoding: str) -> Table | None:
    """The table in a text; None where no delimiter cuts it into columns."""
    # The limit is the module's, and 131,072 characters by default; a cell cannot be longer than its file.
    csv.field_size_limit(max(len(text), 131_072))
    if declared := _DECLARED.match(text):
        # Excel's own way to say it; the line stays as a blank one, so that lines keep their numbers.
        text = text[declared.end() :]
    delimiter = declared[1] if declared else _delimiter(text)
    if delimiter is None:
        return None
    form = _form(text, delimiter)
    first = next((row for row in _cut(text, delimiter, form) if row.cells), None)
    if first is None:
        return None
    has_names = _holds_names(first.cells, _column_samples(text, delimiter, form, first.cells))
    names = _names(path, first) if has_names else tuple(str(number + 1) for number in range(len(first.cells)))
    format = "TSV" if delimiter == "\t" else "CSV"

    def rows() -> Iterator[Row | Fault]:
        return _rows(_cut(text, delimiter, form), names, first.cells if has_names else None)

    return Table(path, format, encoding, names, rows, delimiter=delimiter, has_names=has_names)


def _rows(cut: Iterator[_Cells], names: Sequence[str], header: list[str] | None) -> Iterator[Row | Fault]:
    is_first = header is not None
    for row in cut:
        if row.error:
            swallowed = f"; the quote left open takes in all up to line {row.last:,}" if row.last > row.line else ""
            yield Fault(row.line, "broken quoting", detail=f"its quotes do not match ({row.error}){swallowed}")
        elif is_first:
            is_first = False
        elif header is not None and row.cells == header:
            yield Fault(row.line, "names again", value=", ".join(row.cells), detail="it repeats the names of columns")
        elif len(row.cells) != len(names):
            detail = f"it has {len(row.cells)} cells, the first line {len(names)}"
            yield Fault(row.line, "number of cells", value=" | ".join(row.cells), detail=detail)
        else:
            yield Row(row.line, dict(zip(names, row.cells, strict=True)))


def _cut(text: str, delimiter: str, form: dict[str, Any]) -> Iterator[_Cells]:
    """The rows that are not blank lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, **form)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _Cells(line, reader.line_num, [], str(error))
            continue
        if len(cells) > 1 or (cells and cells[0].strip()):
            yield _Cells(line, reader.line_num, cells)


def _delimiter(text: str) -> str | None:
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
    lengths = [len(row.cells) for row in islice(_cut(text, delimiter, form), _LOOKED_AT)]
    width = next(filter(None, lengths), 0)
    return (sum(length == width for length in lengths) / len(lengths), width) if lengths else (0.0, 0)


def _form(text: str, delimiter: str) -> dict[str, Any]:
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
    rows = _cut(text, delimiter, form)
    width = 0
    odd = 0
    for row in rows:
        width = width or len(row.cells)
        odd += len(row.cells) != width or (form is _UNQUOTED and any(map(_is_quoted, row.cells)))
    return odd if width > 1 else len(text)


def _is_quoted(cell: str) -> bool:
    return len(cell) > 1 and cell[0] == cell[-1] == '"'


def _column_samples(text: str, delimiter: str, form: dict[str, Any], first: list[str]) -> list[set[str]]:
    behind = islice(_cut(text, delimiter, form), 1, _LOOKED_AT)
    whole = [row.cells for row in behind if len(row.cells) == len(first) and row.cells != first]
    return [set(cells) for cells in zip(*whole, strict=True)] or [set() for _ in first]


def _holds_names(first: list[str], below: list[set[str]]) -> bool:
    """Whether the first row names the columns: short words, no numbers, and nothing that stands below it again."""
    return all(
        len(cell) <= _LONGEST_NAME and not _is_number(cell) and (not cell.strip() or cell not in values)
        for cell, values in zip(first, below, strict=True)
    ) and any(cell.strip() for cell in first)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _names(path: Path, row: _Cells) -> tuple[str, ...]:
    # A column without a name is what pandas writes for its index.
    names = tuple(cell.strip() or f"column {number}" for number, cell in enumerate(row.cells, 1))
    twice = [name for number, name in enumerate(names) if name in names[:number]]
    if twice:
        raise GroundupError(
            f"Line {row.line:,} of {path} names two columns {shortened(twice[0])!r}.", "Give each its own name."
        )
    return names
