"""Union-find over a file: which documents belong together, for more of them than memory would hold as objects.

Every document points to one with a smaller number, or to itself if it is the first of its cluster. Work is done on
whole arrays of pairs; the clusters that come out do not depend on the order in which pairs came in.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy
from numpy.typing import NDArray

Numbers = NDArray[numpy.int64]

# Documents handled together where all are gone through.
AT_ONCE = 65_536


def mapped(path: Path, count: int, fill: int | None) -> Numbers:
    """[count] Numbers in a file, all `fill` or, if that is None, each its own place; changed in memory, kept on disk.

    The file is written out first, so a full disk is an OSError here and not a crash later.
    """
    with path.open("wb") as file:
        for start, stop in stretches(count):
            piece = numpy.arange(start, stop) if fill is None else numpy.full(stop - start, fill)
            piece.astype(numpy.int64).tofile(file)
    if count == 0:
        return numpy.empty(0, numpy.int64)
    return numpy.memmap(path, numpy.int64, "r+", shape=(count,))


def stretches(count: int) -> Iterator[tuple[int, int]]:
    """The numbers below `count` in stretches, as (first, end)."""
    for start in range(0, count, AT_ONCE):
        yield start, min(start + AT_ONCE, count)


class Forest:
    """Documents 0 to `count` - 1, each its own cluster until `join` says otherwise."""

    def __init__(self, path: Path, count: int) -> None:
        self._parents = mapped(path, count, None)

    def __len__(self) -> int:
        return len(self._parents)

    def roots(self, numbers: Numbers) -> Numbers:
        """The first document of the cluster of each of the `numbers`."""
        found = self._parents[numbers]
        while True:
            above = self._parents[found]
            if numpy.array_equal(above, found):
                break
            found = above
        self._parents[numbers] = found
        return found

    def join(self, ones: Numbers, others: Numbers) -> None:
        """Make one cluster of the two that each pair's documents are in."""
        while True:
            ones, others = self.roots(ones), self.roots(others)
            apart = ones != others
            ones, others = ones[apart], others[apart]
            if not len(ones):
                return
            later = numpy.maximum(ones, others)
            numpy.minimum.at(self._parents, later, numpy.minimum(ones, others))
            self._shorten(numpy.unique(later))

    def _shorten(self, numbers: Numbers) -> None:
        """Let these point to their roots. Those hung below one another in one step are a chain, halved each time."""
        while True:
            above = self._parents[numbers]
            top = self._parents[above]
            if numpy.array_equal(top, above):
                return
            self._parents[numbers] = top
