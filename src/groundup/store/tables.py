"""Tables: Parquet files with zstd, written and read in pieces, so that a corpus never has to fit in memory.

The same rows always give the same bytes: row groups are cut by rows and characters only, never by time or
memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from groundup.errors import DamagedError, GroundupError, did_you_mean

# A row group ends at whichever comes first. Documents differ from a line to a whole book.
ROWS_A_GROUP = 8192
CHARACTERS_A_GROUP = 16_000_000
ROWS_A_READ = 256

_TYPES = {str: "string", int: "int64", float: "float64", bool: "bool"}


class TableWriter:
    """Writes rows: dicts with the keys of `schema` (name -> str, int, float or bool); None is an empty cell.

    Use it in a `with`: a table left by an exception is removed, one left in peace is complete.
    """

    def __init__(self, path: Path, schema: Mapping[str, type]) -> None:
        import pyarrow as arrow
        from pyarrow import parquet

        self.path = path
        self.rows = 0
        self._schema = arrow.schema([(name, arrow.type_for_alias(_TYPES[kind])) for name, kind in schema.items()])
        self._waiting: list[Mapping[str, Any]] = []
        self._characters = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = parquet.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            write_page_checksum=True,
            store_schema=False,
        )

    def write(self, row: Mapping[str, Any]) -> None:
        """Add one row."""
        self._waiting.append(row)
        self.rows += 1
        self._characters += sum(len(value) for value in row.values() if isinstance(value, str))
        if len(self._waiting) >= ROWS_A_GROUP or self._characters >= CHARACTERS_A_GROUP:
            self._write_group()

    def close(self) -> None:
        """Write what waits and the footer."""
        if self._waiting:
            self._write_group()
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.close()
                return
        except BaseException:
            self._abandon()
            raise
        self._abandon()

    def _write_group(self) -> None:
        import pyarrow as arrow

        columns = [arrow.array([row[field.name] for row in self._waiting], type=field.type) for field in self._schema]
        self._writer.write_table(arrow.Table.from_arrays(columns, schema=self._schema), len(self._waiting))
        self._waiting, self._characters = [], 0

    def _abandon(self) -> None:
        # Closing may fail as the writing did (a full disk); the first error is the one to tell.
        try:
            self._writer.close()
        except OSError:
            pass
        finally:
            self.path.unlink(missing_ok=True)


def write_table(path: Path, columns: Mapping[str, Sequence[Any]], schema: Mapping[str, type] | None = None) -> None:
    """Write a table held in memory as columns of equal length.

    Without `schema` a column has the type of its first value; give one where that may be missing or None.
    """
    if schema is None:
        schema = {name: type(values[0]) for name, values in columns.items()}
    with TableWriter(path, schema) as writer:
        for values in zip(*columns.values(), strict=True):
            writer.write(dict(zip(columns, values, strict=True)))


def read_rows(path: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a table, or of all `*.parquet` files of a folder by name, in the order they were written.

    With `columns`, only those are read from the disk. Raises DamagedError naming the file where Parquet is
    not whole, GroundupError for a column that is not there or a folder without tables.
    """
    for file in _tables(path):
        with _reading(file) as table:
            for name in columns or ():
                if name not in table.schema_arrow.names:
                    known = did_you_mean(name, table.schema_arrow.names)
                    raise GroundupError(f"The table {file} has no column {name!r}. {known}")
            # Threads would save little here and hold more row groups in memory.
            for batch in table.iter_batches(ROWS_A_READ, columns=columns, use_threads=False):
                yield from batch.to_pylist()


def read_column(path: Path, column: str) -> Iterator[Any]:
    """The values of one column, as `read_rows` gives them."""
    for row in read_rows(path, [column]):
        yield row[column]


def find_rows(path: Path, column: str, value: str, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows whose `column` has this value, as `read_rows` gives them; only where some are is more read."""
    import pyarrow.compute as compute

    for file in _tables(path):
        with _reading(file) as table:
            for group in range(table.num_row_groups):
                fits = compute.equal(table.read_row_group(group, [column], use_threads=False)[column], value)
                if compute.any(fits).as_py():
                    rows = table.read_row_group(group, columns, use_threads=False)
                    yield from rows.filter(fits).to_pylist()


def count_rows(path: Path) -> int:
    """How many rows a table or a folder of tables has, from the footers alone."""
    total = 0
    for file in _tables(path):
        with _reading(file) as table:
            total += table.metadata.num_rows
    return total


def _tables(path: Path) -> list[Path]:
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise GroundupError(f"There is no Parquet file at {path}.", "Check the path for a typo.")
    return files


@contextmanager
def _reading(file: Path) -> Iterator[Any]:
    """The open Parquet file; whatever pyarrow says of damaged bytes becomes DamagedError."""
    import pyarrow as arrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(file, page_checksum_verification=True) as table:
            yield table
    # ArrowInvalid and friends, zstd's and thrift's complaints (OSError), and text that is not UTF-8 any more.
    except (arrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DamagedError(
            f"The table {file} is damaged: {' '.join(str(error).split())[:200]}",
            "Delete the folder that holds it and start again; if it came from outside, fetch it again.",
        ) from error
