"""Near duplicates of a whole corpus, from signatures that stay on disk.

A signature is cut into bands (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3). Documents that
agree in all numbers of a band are compared, those as alike as the threshold asks are joined, and of each cluster one
stays. One band at a time is sorted, in bounded memory.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from groundup.corpus.duplicates.bands import rows_in_band
from groundup.corpus.duplicates.buckets import Numbers, Pairs, pairs
from groundup.corpus.duplicates.clusters import Cluster, Clusters, write_clusters
from groundup.corpus.duplicates.forest import Forest
from groundup.corpus.duplicates.need import PAIRS_AT_ONCE, require
from groundup.corpus.duplicates.signing import Hashes, Signature, mixed
from groundup.corpus.duplicates.sorting import ROWS_AT_ONCE, Rows, sorted_rows
from groundup.corpus.duplicates.stored import Stored
from groundup.corpus.settings import NearDuplicateSettings
from groundup.corpus.whole import whole_or_absent
from groundup.progress import SILENT, Progress


def find_near(
    signatures: Sequence[Path],
    settings: NearDuplicateSettings,
    into: Path,
    lengths: NDArray[numpy.integer[Any]] | None = None,
    leave_out: NDArray[numpy.bool_] | None = None,
    at_once: int = ROWS_AT_ONCE,
    allowed: int | None = None,
    progress: Progress = SILENT,
) -> Clusters:
    """Documents connected by pairs whose estimated similarity reaches the threshold.

    `signatures` are the shards' `.npy` files, uint32 [documents, permutations]; documents are numbered through
    all of them. `lengths` [documents] are characters, for `keep: longest`. What `leave_out` [documents] marks is in
    no cluster, as exact copies that are gone already. The folder `into` is whole or absent; one that is there is
    taken as it is. Beside it lies the work, as many bytes as `scratch_bytes` says. Raises GroundupError before it
    starts where it needs more memory than `allowed` bytes or than there is, DamagedError for a file that holds no
    such signatures, NoRoomError where the disk is full.
    """
    if into.exists():
        return Clusters.open(into)
    stored = Stored(signatures, settings.permutations, numpy.uint32)
    require(len(stored), settings, allowed, at_once)
    assert lengths is not None or settings.keep == "first", "the longest cannot be kept without lengths"
    assert lengths is None or len(lengths) == len(stored), "each document needs its length"
    with whole_or_absent(into, is_alone=True) as folder:
        work = folder / "work"
        work.mkdir()
        forest = Forest(work / "parents", len(stored))
        bands, numbers = _write_keys(stored, settings, leave_out, work)
        for band in range(bands):
            progress("comparing signatures, band by band", band, bands)
            keys = _keys(work, band, numbers)
            for ones, others in _few(pairs(sorted_rows(keys, 2, work / "runs", at_once))):
                apart = forest.roots(ones) != forest.roots(others)
                ones, others = ones[apart], others[apart]
                alike = _similarity(stored, ones, others) >= settings.threshold
                forest.join(ones[alike], others[alike])
        progress("comparing signatures, band by band", bands, bands)
        write_clusters(
            forest, settings.keep, lengths, lambda ones, others: _similarities(stored, ones, others), work, folder
        )
        shutil.rmtree(work)
    return Clusters.open(into)


def near_clusters(signatures: Signature, lengths: Sequence[int], settings: NearDuplicateSettings) -> list[Cluster]:
    """`find_near` for signatures in memory.

    `signatures` is [documents, permutations], `lengths` the documents' characters. Of each cluster the first
    or the longest (and of equally long ones the first) is kept.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "signatures.npy"
        numpy.save(file, signatures.reshape(len(signatures), settings.permutations), allow_pickle=False)
        found = find_near([file], settings, Path(folder) / "clusters", numpy.asarray(lengths, numpy.int64))
        return list(found)


def _write_keys(
    stored: Stored[numpy.uint32],
    settings: NearDuplicateSettings,
    leave_out: NDArray[numpy.bool_] | None,
    work: Path,
) -> tuple[int, int]:
    """Write the keys of all bands, a file each, and the documents' numbers. Returns how many bands and documents."""
    rows = rows_in_band(settings.permutations, settings.threshold)
    bands = settings.permutations // rows
    written = 0
    for start, piece in stored.pieces():
        numbers = numpy.arange(start, start + len(piece), dtype=numpy.uint64)
        if leave_out is not None:
            stay = ~leave_out[start : start + len(piece)]
            numbers, piece = numbers[stay], piece[stay]
        keys = numpy.zeros((len(piece), bands), numpy.uint64)
        for row in range(rows):
            keys = mixed(keys, piece[:, row : bands * rows : rows])
        _append(work / "numbers", numbers)
        for band in range(bands):
            _append(_band(work, band), keys[:, band])
        written += len(numbers)
    return bands, written


def _keys(work: Path, band: int, count: int) -> Iterator[Rows]:
    """Rows of a key and a document's number; the file of the keys is gone at the end."""
    at_once = 65_536
    for start in range(0, count, at_once):
        few = min(at_once, count - start)
        columns = [
            numpy.fromfile(path, numpy.uint64, few, offset=8 * start) for path in (_band(work, band), work / "numbers")
        ]
        yield numpy.stack(columns, axis=1)
    _band(work, band).unlink(missing_ok=True)


def _band(work: Path, band: int) -> Path:
    return work / f"band-{band:04}"


def _append(path: Path, values: Hashes) -> None:
    with path.open("ab") as file:
        numpy.ascontiguousarray(values).tofile(file)


def _few(found: Iterator[Pairs]) -> Iterator[Pairs]:
    for ones, others in found:
        for start in range(0, len(ones), PAIRS_AT_ONCE):
            few = slice(start, start + PAIRS_AT_ONCE)
            yield ones[few], others[few]


def _similarity(stored: Stored[numpy.uint32], ones: Numbers, others: Numbers) -> NDArray[numpy.float64]:
    """The share of equal numbers in the signatures of each of at most `PAIRS_AT_ONCE` pairs."""
    numbers, places = numpy.unique(numpy.concatenate((ones, others)), return_inverse=True)
    signatures = stored.rows(numbers)
    equal = signatures[places[: len(ones)]] == signatures[places[len(ones) :]]
    shares: NDArray[numpy.float64] = numpy.count_nonzero(equal, axis=1) / stored.width
    return shares


def _similarities(stored: Stored[numpy.uint32], ones: Numbers, others: Numbers) -> NDArray[numpy.float64]:
    found = [_similarity(stored, *few) for few in _few(iter([(ones, others)]))]
    return numpy.concatenate([numpy.empty(0), *found])
