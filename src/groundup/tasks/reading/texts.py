"""Texts of one language: a file with one a line, or a column of a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from groundup.errors import GroundupError, did_you_mean
from groundup.tasks.reading.columns import usual
from groundup.tasks.reading.content import as_text, numbered_lines, read_text
from groundup.tasks.reading.formats import find, is_table
from groundup.tasks.reading.rows import Account, Fault, Table, judged, shortened
from groundup.tasks.settings import OnBadRow

_COLUMNS_SHOWN = 20


def read_texts(
    path: Path,
    column: str | None = None,
    *,
    likely: str | None = None,
    on_bad_row: OnBadRow = "stop",
    encoding: str | None = None,
    account: Account | None = None,
) -> Iterator[str]:
    """The texts of a file in its order, blank ones too; `account` counts rows, and why some were left out.

    By its name it is a table (CSV, TSV, JSON, JSON lines, Parquet), or else text, one a line; each but Parquet also
    packed (.gz, .zst, .bz2, .xz). Of a table, `column` holds them; None: `likely`, where there is such a column,
    or else one that is called `text` or has another usual name. Raises GroundupError as `read_examples` does.
    """
    account = Account() if account is None else account
    if not is_table(path):
        lines = (line for _, line in numbered_lines(read_text(path, encoding)[0]))
        return judged(lines, path, "line", on_bad_row, account)
    table = find(path, encoding)
    if not isinstance(table, Table):
        raise GroundupError(f"{path} is no table of texts.", "Give lines of text, or a table with a column of them.")
    return judged(_cells(table, _column(table, column, likely)), path, table.unit, on_bad_row, account)


def _column(table: Table, column: str | None, likely: str | None) -> str:
    if column is None:
        sure = [name for name in table.names if name == likely or len(table.names) == 1]
        for found in (sure, usual("text", table.names, set()), usual("target", table.names, set())):
            if len(found) == 1:
                return found[0]
    elif column in table.names:
        return column
    wanted = "column that surely holds the texts" if column is None else f"column {column!r}"
    near = f" {did_you_mean(column, table.names)}" if column is not None else ""
    names = ", ".join(repr(shortened(name)) for name in table.names[:_COLUMNS_SHOWN])
    raise GroundupError(f"{table.path} has no {wanted}. Its columns are: {names}.{near}", "Name the column.")


def _cells(table: Table, column: str) -> Iterator[str | Fault]:
    for row in table.rows():
        if isinstance(row, Fault):
            yield row
            continue
        value = row.values.get(column)
        text = as_text(value)
        detail = f"it holds no text but a {type(value).__name__}"
        yield Fault(row.number, "no text", column, value, detail) if text is None else text
