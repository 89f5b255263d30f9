"""Exact duplicates of a whole corpus, from digests that stay on disk: 16 bytes a document, sorted.

Two of a trillion different texts agree in 16 bytes of SHA-256 with a probability of about one in 10**15.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy
from numpy.typing import NDArray

from groundup.corpus.duplicates.buckets import first_pairs
from groundup.corpus.duplicates.clusters import Cluster, Clusters, write_clusters
from groundup.corpus.duplicates.forest import Forest
from groundup.corpus.duplicates.need import require
from groundup.corpus.duplicates.signing import digest_rows
from groundup.corpus.duplicates.sorting import ROWS_AT_ONCE, Rows, sorted_rows
from groundup.corpus.duplicates.stored import Stored
from groundup.corpus.whole import whole_or_absent


def find_exact(
    digests: Sequence[Path],
    into: Path,
    leave_out: NDArray[numpy.bool_] | None = None,
    at_once: int = ROWS_AT_ONCE,
    allowed: int | None = None,
) -> Clusters:
    """Documents with the same digest; the first of each is kept.

    `digests` are the shards' `.npy` files of `digest_rows`; what `leave_out` [documents] marks is in no cluster. The
    folder `into` is whole or absent; one that is there is taken as it is. Raises GroundupError before it starts where
    it needs more memory than `allowed` bytes or than there is, DamagedError for a file that holds no digests,
    NoRoomError where the disk is full.
    """
    if into.exists():
        return Clusters.open(into)
    stored = Stored(digests, 2, numpy.uint64)
    require(len(stored), None, allowed, at_once)
    with whole_or_absent(into, is_alone=True) as folder:
        work = folder / "work"
        work.mkdir()
        forest = Forest(work / "parents", len(stored))
        for ones, others in first_pairs(sorted_rows(_numbered(stored, leave_out), 3, work / "runs", at_once)):
            forest.join(ones, others)
        write_clusters(forest, "first", None, None, work, folder)
        shutil.rmtree(work)
    return Clusters.open(into)


def exact_clusters(digests: Sequence[str]) -> list[Cluster]:
    """`find_exact` for digests in memory, or any other marks that are the same for the same text."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "digests.npy"
        marks = [blake2b(mark.encode(), digest_size=16).hexdigest() for mark in digests]
        numpy.save(file, digest_rows(marks), allow_pickle=False)
        return list(find_exact([file], Path(folder) / "clusters"))


def _numbered(stored: Stored[numpy.uint64], leave_out: NDArray[numpy.bool_] | None) -> Iterator[Rows]:
    for start, piece in stored.pieces():
        numbers = numpy.arange(start, start + len(piece), dtype=numpy.uint64)
        rows = numpy.column_stack((piece, numbers))
        yield rows if leave_out is None else rows[~leave_out[start : start + len(piece)]]
