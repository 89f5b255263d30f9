"""Rows from JSON lines, JSON arrays and Parquet as a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from groundup.corpus.sources.expand import UnreadableError
from groundup.corpus.sources.parquet import read_parquet_rows
from groundup.errors import GroundupError
from groundup.tasks.reading.content import numbered_lines, proper, read_text
from groundup.tasks.reading.rows import Fault, Row, Table, shortened

# Rows that are asked for their keys: some leave out what is empty.
_LOOKED_AT = 300


def read_json_lines(path: Path, encoding: str | None = None) -> Table:
    """The table in a file of one JSON object a line. Raises GroundupError where it is no text."""
    text, found = read_text(path, encoding)

    def rows() -> Iterator[Row | Fault]:
        for number, line in numbered_lines(text):
            if line.strip():
                yield _line(number, line)

    return _table(path, "JSON lines", found, rows)


def json_array(path: Path, items: Sequence[object], encoding: str) -> Table:
    """The table of a JSON array of objects."""

    def rows() -> Iterator[Row | Fault]:
        return (_object(number, item) for number, item in enumerate(items, 1))

    return _table(path, "JSON array", encoding, rows, unit="row")


def read_parquet(path: Path) -> Table:
    """The table in a Parquet file. Raises GroundupError where it is damaged."""

    def values(choose: Any) -> Iterator[dict[str, Any]]:
        try:
            yield from read_parquet_rows(path, choose)
        except UnreadableError as reason:
            raise GroundupError(f"{path} cannot be read: {reason}.", "Mend it or fetch it anew.") from reason

    def rows() -> Iterator[Row | Fault]:
        return (_object(number, row) for number, row in enumerate(values(list), 1))

    return _table(path, "Parquet", "utf-8", rows, unit="row")


def parse_json(text: str, what: str) -> object:
    """The value of a whole JSON text; `what` names it in the GroundupError that a slip raises."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        line = f" near line {error.lineno:,}" if isinstance(error, json.JSONDecodeError) else ""
        raise GroundupError(f"{what} is no JSON{line}: {error}.", "Mend it or write it anew.") from error


def _line(number: int, line: str) -> Row | Fault:
    try:
        return _object(number, json.loads(line))
    except (ValueError, RecursionError) as error:
        return Fault(number, "not JSON", value=line, detail=f"it is not JSON ({error})")


def _object(number: int, item: object) -> Row | Fault:
    if not isinstance(item, dict):
        detail = f"it holds no JSON object but a {type(item).__name__}"
        return Fault(number, "no object", value=item, detail=detail)
    # Collections of translations often keep both languages in one column of this name.
    languages = item.get("translation")
    values = item | languages if isinstance(languages, dict) else item
    return Row(number, {proper(str(name)): value for name, value in values.items()})


def _table(
    path: Path, format: str, encoding: str, rows: Callable[[], Iterator[Row | Fault]], unit: str = "line"
) -> Table:
    names: dict[str, None] = {}
    first: Fault | None = None
    for row in islice(rows(), _LOOKED_AT):
        if isinstance(row, Row):
            names |= dict.fromkeys(row.values)
        else:
            first = first or row
    if not names:
        found = f"{unit} {first.number:,} is the first: {shortened(first.value)}" if first else "it is empty"
        raise GroundupError(f"{path} holds no rows of {format}; {found}.", "Write one object with named values a row.")
    return Table(path, format, encoding, tuple(names), rows, unit=unit)
