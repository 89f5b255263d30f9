"""Sorting more rows than fit in memory: runs that are sorted by themselves on disk, then merged.

A row is a few unsigned numbers, compared from left to right. The last is the row's own number, so no two rows are
equal, and a merge can stop anywhere: even in the midst of a million rows with the same key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy
from numpy.typing import NDArray

Rows = NDArray[numpy.uint64]

# Rows sorted at once; a run on disk has as many.
ROWS_AT_ONCE = 1_000_000


def bytes_a_row(columns: int) -> int:
    """The most memory that sorting takes for each row: the rows, their order with the sort's own room, the result."""
    return 16 * columns + 40


def sorted_rows(pieces: Iterable[Rows], columns: int, scratch: Path, at_once: int = ROWS_AT_ONCE) -> Iterator[Rows]:
    """All rows of the `pieces`, each [rows, columns], in ascending order, as blocks of at most `at_once` rows.

    Up to `at_once` rows are sorted in memory, more by way of the file `scratch`, which is gone at the end.
    """
    room = numpy.empty((at_once, columns), numpy.uint64)
    filled = 0
    runs: list[int] = []
    try:
        for piece in pieces:
            while len(piece):
                taken = piece[: at_once - filled]
                room[filled : filled + len(taken)] = taken
                filled += len(taken)
                piece = piece[len(taken) :]
                if filled == at_once:
                    _append(scratch, _in_order(room))
                    runs.append(filled)
                    filled = 0
        if not runs:
            if filled:
                yield _in_order(room[:filled])
            return
        if filled:
            _append(scratch, _in_order(room[:filled]))
            runs.append(filled)
        del room
        yield from _merged(scratch, runs, columns, at_once)
    finally:
        scratch.unlink(missing_ok=True)


def _in_order(rows: Rows) -> Rows:
    # The last key that lexsort is given counts most.
    return rows[numpy.lexsort(rows.T[::-1])]


def _append(file: Path, rows: Rows) -> None:
    with file.open("ab") as end:
        rows.tofile(end)


class _Run:
    """A sorted run on disk, and the block of it that is in memory."""

    def __init__(self, file: Path, begin: int, count: int, columns: int, block: int) -> None:
        self._file, self._at, self._left, self._columns, self._block = file, begin, count, columns, block
        self.rows = numpy.empty((0, columns), numpy.uint64)
        self.refill()

    @property
    def has_more(self) -> bool:
        """Whether rows wait on disk behind those in memory."""
        return self._left > 0

    def refill(self) -> None:
        """Read the next block, if the last is used up."""
        if len(self.rows) or not self._left:
            return
        count = min(self._block, self._left)
        offset = self._at * self._columns * 8
        found = numpy.fromfile(self._file, numpy.uint64, count * self._columns, offset=offset)
        self.rows = found.reshape(count, self._columns)
        self._at += count
        self._left -= count

    def take(self, bound: Rows | None) -> Rows:
        """The rows in memory up to `bound` (all, if None), which leave it."""
        count = len(self.rows) if bound is None else _up_to(self.rows, bound)
        taken, self.rows = self.rows[:count], self.rows[count:]
        return taken


def _merged(file: Path, lengths: list[int], columns: int, at_once: int) -> Iterator[Rows]:
    block = max(1, at_once // len(lengths))
    begins = [sum(lengths[:number]) for number in range(len(lengths))]
    runs = [_Run(file, begin, count, columns, block) for begin, count in zip(begins, lengths, strict=True)]
    while runs:
        # Beyond the least last row of a run with more to come, rows on disk may still come between.
        ends = [run.rows[-1] for run in runs if run.has_more]
        bound = min(ends, key=lambda row: row.tolist()) if ends else None
        yield _in_order(numpy.concatenate([run.take(bound) for run in runs]))
        for run in runs:
            run.refill()
        runs = [run for run in runs if len(run.rows)]


def _up_to(rows: Rows, bound: Rows) -> int:
    """How many of the sorted rows are not beyond `bound`."""
    begin, end = 0, len(rows)
    for column, value in zip(rows.T, bound, strict=True):
        equal = column[begin:end]
        end = begin + int(numpy.searchsorted(equal, value, "right"))
        begin += int(numpy.searchsorted(equal, value, "left"))
    return end
