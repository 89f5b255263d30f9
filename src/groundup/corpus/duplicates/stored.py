"""Signatures and digests as shards keep them: `.npy` files of rows, written by and by, read as if they were one table.

Nothing is mapped into memory and no file stays open: a corpus may have more shards than a process may have files, and
pages of a mapped file count as memory used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import numpy
from numpy.lib import format as npy
from numpy.typing import NDArray

from groundup.errors import DamagedError

Kind = TypeVar("Kind", numpy.uint32, numpy.uint64)

# Rows read together where all are gone through.
AT_ONCE = 8_192
# Rows that nobody asked for are read along where they are fewer than this between two that somebody did.
READ_ALONG = 8


@dataclass(frozen=True)
class _Part:
    path: Path
    offset: int
    rows: int


class Stored(Generic[Kind]):
    """The rows of several `.npy` files, one after the other: [rows, width] of one kind of number."""

    def __init__(self, paths: Sequence[Path], width: int, kind: type[Kind]) -> None:
        """Look at each file's header. Raises DamagedError for one that does not hold such rows."""
        self.width = width
        self._kind: type[Kind] = kind
        self._parts = [_header(path, width, numpy.dtype(kind)) for path in paths]
        self._starts = numpy.cumsum([0, *(part.rows for part in self._parts)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def pieces(self) -> Iterator[tuple[int, NDArray[Kind]]]:
        """All rows in order, as pieces, with the number of each piece's first."""
        for start, part in zip(self._starts, self._parts, strict=False):
            for begin in range(0, part.rows, AT_ONCE):
                yield int(start) + begin, self._read(part, begin, min(AT_ONCE, part.rows - begin))

    def rows(self, numbers: NDArray[numpy.int64]) -> NDArray[Kind]:
        """[numbers, width] The rows with these numbers, which must ascend."""
        found = numpy.empty((len(numbers), self.width), self._kind)
        ends = numpy.searchsorted(numbers, self._starts)
        for place in numpy.flatnonzero(numpy.diff(ends)):
            part, mine = self._parts[place], slice(ends[place], ends[place + 1])
            wanted = numbers[mine] - self._starts[place]
            # Neighbours are read together, as far as they would be if all were read.
            breaks: NDArray[numpy.bool_] = (numpy.diff(wanted) > READ_ALONG) | (numpy.diff(wanted // AT_ONCE) > 0)
            edges = [0, *(numpy.flatnonzero(breaks) + 1).tolist(), len(wanted)]
            for begin, end in pairwise(edges):
                first, last = int(wanted[begin]), int(wanted[end - 1])
                block = self._read(part, first, last - first + 1)
                found[mine][begin:end] = block[wanted[begin:end] - first]
        return found

    def _read(self, part: _Part, begin: int, count: int) -> NDArray[Kind]:
        size = count * self.width
        offset = part.offset + begin * self.width * numpy.dtype(self._kind).itemsize
        values = numpy.fromfile(part.path, self._kind, size, offset=offset)
        if len(values) != size:
            raise _damaged(part.path, "it is cut short")
        return values.reshape(count, self.width)


class StoredWriter(Generic[Kind]):
    """Writes such a file, a few rows at a time; whole at the end of its `with`."""

    def __init__(self, path: Path, width: int, kind: type[Kind]) -> None:
        self._width = width
        self._kind: type[Kind] = kind
        self._rows = 0
        self._file = path.open("wb")
        self._header = self._begin()

    def write(self, rows: NDArray[Kind]) -> None:
        """Add rows: [rows, width]."""
        self._file.write(rows.astype(self._kind, copy=False).tobytes())
        self._rows += len(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if error is None:
                end = self._begin()
                assert end == self._header, "the number of rows has room in the header"

    def _begin(self) -> int:
        """Write a header that says how many rows there are; where it ends."""
        shape = (self._rows, self._width)
        header = {"descr": npy.dtype_to_descr(numpy.dtype(self._kind)), "fortran_order": False, "shape": shape}
        self._file.seek(0)
        npy.write_array_header_1_0(self._file, header)
        return self._file.tell()


def _header(path: Path, width: int, kind: numpy.dtype[Any]) -> _Part:
    try:
        with path.open("rb") as file:
            npy.read_magic(file)
            shape, is_by_column, found = npy.read_array_header_1_0(file)
            offset = file.tell()
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if is_by_column or found != kind or len(shape) != 2 or shape[1] != width:
        raise _damaged(path, f"it holds {shape} numbers of {found}, not rows of {width} of {kind}")
    return _Part(path, offset, shape[0])


def _damaged(path: Path, problem: str) -> DamagedError:
    return DamagedError(f"The file {path} is damaged: {problem}.", "Delete the folder that holds it and start again.")
