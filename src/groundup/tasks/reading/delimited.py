"""CSV, TSV and their kin as a table, whatever the delimiter and the way of quoting, found by trying."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from groundup.corpus.sources.delimiter import LOOKED_AT, Cells, cut, find_delimiter, form_of
from groundup.errors import GroundupError
from groundup.tasks.reading.content import read_text
from groundup.tasks.reading.rows import Fault, Row, Table, shortened

_LONGEST_NAME = 80


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
    delimiter, text = find_delimiter(text)
    if delimiter is None:
        return None
    form = form_of(text, delimiter)
    first = next((row for row in cut(text, delimiter, form) if row.cells), None)
    if first is None:
        return None
    has_names = _holds_names(first.cells, _column_samples(text, delimiter, form, first.cells))
    names = _names(path, first) if has_names else tuple(str(number + 1) for number in range(len(first.cells)))
    format = "TSV" if delimiter == "\t" else "CSV"

    def rows() -> Iterator[Row | Fault]:
        return _rows(cut(text, delimiter, form), names, first.cells if has_names else None)

    return Table(path, format, encoding, names, rows, delimiter=delimiter, has_names=has_names)


def _rows(found: Iterator[Cells], names: Sequence[str], header: list[str] | None) -> Iterator[Row | Fault]:
    is_first = header is not None
    for row in found:
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


def _column_samples(text: str, delimiter: str, form: dict[str, Any], first: list[str]) -> list[set[str]]:
    behind = islice(cut(text, delimiter, form), 1, LOOKED_AT)
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


def _names(path: Path, row: Cells) -> tuple[str, ...]:
    # A column without a name is what pandas writes for its index.
    names = tuple(cell.strip() or f"column {number}" for number, cell in enumerate(row.cells, 1))
    twice = [name for number, name in enumerate(names) if name in names[:number]]
    if twice:
        raise GroundupError(
            f"Line {row.line:,} of {path} names two columns {shortened(twice[0])!r}.", "Give each its own name."
        )
    return names
