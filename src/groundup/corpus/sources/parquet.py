"""Rows of other people's Parquet files: in small batches, and not trusting what they say of their size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from groundup.corpus.sources.expand import ALWAYS_ALLOWED, LARGEST_RATIO, UnreadableError

ROWS_AT_ONCE = 64


def read_parquet_rows(path: Path, choose: Callable[[Sequence[str]], list[str]]) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file as dicts of the columns that `choose` picks from those there are.

    Raises UnreadableError where the file is damaged or a bomb.
    """
    import pyarrow as arrow
    from pyarrow import parquet

    done = 0
    size = path.stat().st_size
    try:
        with parquet.ParquetFile(path) as names_only:
            schema = names_only.schema_arrow
            columns = choose(schema.names)
            for name in columns:
                if schema.names.count(name) > 1:
                    raise UnreadableError(f"it has several columns of the name {name!r}")
            # Of a column inside another the dictionary has no name of its own.
            flat = [name for name in columns if not arrow.types.is_nested(schema.field(name).type)]
            _refuse_bombs(names_only.metadata, size)
        # Texts that repeat stay one copy with many references until a row is taken out.
        with parquet.ParquetFile(path, read_dictionary=flat, page_checksum_verification=True) as table:
            for batch in table.iter_batches(ROWS_AT_ONCE, columns=columns, use_threads=False):
                for number in range(batch.num_rows):
                    row = {name: batch.column(name)[number].as_py() for name in columns}
                    done += sum(len(value) for value in row.values() if isinstance(value, str))
                    if done > max(ALWAYS_ALLOWED, LARGEST_RATIO * size):
                        raise UnreadableError(f"its texts are more than {LARGEST_RATIO} times as long as the file")
                    yield row
    # Thrift and zstd complain through OSError; a text that is not UTF-8 shows only when it is taken out, and so does a
    # time in a zone that is none (KeyError).
    except (arrow.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        raise UnreadableError(f"it is no whole Parquet file ({' '.join(str(error).split())[:200]})") from error


def _refuse_bombs(table: Any, size: int) -> None:
    for group in range(table.num_row_groups):
        claimed = table.row_group(group).total_byte_size
        if claimed > max(ALWAYS_ALLOWED, LARGEST_RATIO * size):
            raise UnreadableError(
                f"a group of its rows claims {claimed / 1e6:,.0f} million bytes, the file has {size:,}"
            )
