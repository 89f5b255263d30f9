"""What duplicates come to: which documents are one text, which of them stays, and how like it the others are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy
from numpy.lib import format as npy
from numpy.typing import NDArray

from groundup.corpus.duplicates.forest import Forest, Numbers, mapped, stretches
from groundup.errors import DamagedError

Keep = Literal["first", "longest"]
Similarity = Callable[[Numbers, Numbers], NDArray[numpy.float64]]
"""Of pairs of documents, given as two arrays of numbers."""

# One row for each document that has duplicates.
MEMBER = numpy.dtype([("member", "<i8"), ("kept", "<i8"), ("size", "<i8"), ("similarity", "<f8")])
FILE = "clusters.npy"


@dataclass(frozen=True)
class Cluster:
    """Documents that are one text: `members` by number in order, `similarity` of each to the one that is `kept`."""

    kept: int
    members: tuple[int, ...]
    similarity: tuple[float, ...]


class Clusters:
    """All documents that have duplicates, in their order, each with its cluster; rows of `MEMBER` on disk.

    The number of the document that stays is the cluster's name.
    """

    def __init__(self, rows: NDArray[Any]) -> None:
        self.rows = rows

    @staticmethod
    def open(folder: Path) -> Clusters:
        """The clusters that were found into `folder`. Raises DamagedError where the file is not whole."""
        path = folder / FILE
        try:
            found = numpy.load(path, allow_pickle=False, mmap_mode="r")
        except (OSError, ValueError, EOFError) as error:
            raise DamagedError(
                f"The file {path} is damaged ({error}).", "Delete the folder that holds it and start again."
            ) from error
        return Clusters(found)

    def dropped(self, start: int, stop: int) -> NDArray[Any]:
        """The rows of those documents from `start` to before `stop` that do not stay, as for one shard."""
        begin, end = numpy.searchsorted(self.rows["member"], [start, stop])
        some = numpy.asarray(self.rows[begin:end])
        goes: NDArray[Any] = some[some["member"] != some["kept"]]
        return goes

    def dropped_mask(self, documents: int) -> NDArray[numpy.bool_]:
        """[documents] Whether each is a duplicate that does not stay."""
        mask = numpy.zeros(documents, numpy.bool_)
        mask[self.dropped(0, documents)["member"]] = True
        return mask

    def __iter__(self) -> Iterator[Cluster]:
        """Each cluster, in the order of their first documents; for few enough to be objects."""
        groups: dict[int, list[Any]] = {}
        for row in self.rows.tolist():
            groups.setdefault(row[1], []).append(row)
        for kept, rows in groups.items():
            yield Cluster(kept, tuple(row[0] for row in rows), tuple(row[3] for row in rows))


def write_clusters(
    forest: Forest,
    keep: Keep,
    lengths: NDArray[numpy.integer[Any]] | None,
    similarity: Similarity | None,
    scratch: Path,
    into: Path,
) -> None:
    """Write the forest's clusters of two and more into the folder `into`.

    `lengths` [documents] are looked at where the longest (and of equally long ones the first) is kept. Without
    `similarity` all are the same text, and 1.
    """
    count = len(forest)
    sizes = mapped(scratch / "sizes", count, 0)
    for _, roots in _rooted(forest):
        numpy.add.at(sizes, roots, 1)
    kept = None
    if keep == "longest":
        assert lengths is not None
        kept = _longest(forest, lengths, scratch)
    total = sum(int(sizes[start:stop][sizes[start:stop] > 1].sum()) for start, stop in stretches(count))
    with (into / FILE).open("wb") as file:
        header = {"descr": npy.dtype_to_descr(MEMBER), "fortran_order": False, "shape": (total,)}
        npy.write_array_header_1_0(file, header)
        for numbers, roots in _rooted(forest):
            together = sizes[roots] > 1
            numbers, roots = numbers[together], roots[together]
            rows = numpy.empty(len(numbers), MEMBER)
            rows["member"] = numbers
            rows["kept"] = roots if kept is None else kept[roots]
            rows["size"] = sizes[roots]
            rows["similarity"] = 1.0 if similarity is None else similarity(rows["kept"], numbers)
            rows.tofile(file)


def _rooted(forest: Forest) -> Iterator[tuple[Numbers, Numbers]]:
    for start, stop in stretches(len(forest)):
        numbers = numpy.arange(start, stop)
        yield numbers, forest.roots(numbers)


def _longest(forest: Forest, lengths: NDArray[numpy.integer[Any]], scratch: Path) -> Numbers:
    """[documents] At each root, the number of the longest document of its cluster, or the first of those."""
    count = len(forest)
    longest = mapped(scratch / "longest", count, -1)
    for numbers, roots in _rooted(forest):
        numpy.maximum.at(longest, roots, lengths[numbers])
    kept = mapped(scratch / "kept", count, count)
    for numbers, roots in _rooted(forest):
        is_longest = longest[roots] == lengths[numbers]
        numpy.minimum.at(kept, roots[is_longest], numbers[is_longest])
    return kept
