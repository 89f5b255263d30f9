"""From sorted keys to the pairs of documents worth comparing: those with the same key are in one bucket.

Every two of a small bucket are compared. In a large one each document is compared with the first and with the one
before it only, so the work grows with the documents and never with their square.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy
from numpy.typing import NDArray

from groundup.corpus.duplicates.sorting import Rows

Numbers = NDArray[numpy.int64]
Pairs = tuple[Numbers, Numbers]

# Beyond this many documents a bucket is large.
FULLY_COMPARED = 64


def pairs(blocks: Iterable[Rows]) -> Iterator[Pairs]:
    """Pairs to compare, as two arrays of document numbers.

    `blocks` are sorted rows of a key (all columns but the last) and a document's number. Pairs of the first of a
    bucket with each of the others come first: whoever joins what is found to be alike need not look at most
    others any more.
    """
    for rows, is_part in _whole_buckets(blocks):
        yield from _of_buckets(rows, is_part)


def first_pairs(blocks: Iterable[Rows]) -> Iterator[Pairs]:
    """Only the pairs of the first of a bucket with each of the others, for keys that prove sameness."""
    for rows, is_part in _whole_buckets(blocks):
        yield next(_of_buckets(rows, is_part))


def _whole_buckets(blocks: Iterable[Rows]) -> Iterator[tuple[Rows, bool]]:
    """The rows in blocks that end where a bucket ends; or (marked) a part of a large bucket.

    Each further part of a large bucket begins with the bucket's first row and the last of the part before.
    """
    held: Rows | None = None
    is_part = False
    for block in blocks:
        rows = block if held is None else numpy.concatenate((held, block))
        if is_part:
            end = int(_same_key(rows, rows[0]).sum())
            yield rows[:end], True
            if end == len(rows):
                held = rows[[0, -1]]
                continue
            rows, is_part = rows[end:], False
        begin = len(rows) - int(_same_key(rows, rows[-1]).sum())
        if begin:
            yield rows[:begin], False
        held = rows[begin:].copy()
        if len(held) > FULLY_COMPARED:
            yield held, True
            held, is_part = held[[0, -1]], True
    if held is not None and not is_part:
        yield held, False


def _same_key(rows: Rows, row: Rows) -> NDArray[numpy.bool_]:
    same: NDArray[numpy.bool_] = (rows[:, :-1] == row[:-1]).all(axis=1)
    return same


def _of_buckets(rows: Rows, is_part: bool) -> Iterator[Pairs]:
    numbers = rows[:, -1].astype(numpy.int64)
    begins = numpy.flatnonzero(numpy.append(True, (rows[1:, :-1] != rows[:-1, :-1]).any(axis=1)))
    lengths = numpy.diff(numpy.append(begins, len(rows)))
    begins, lengths = begins[lengths > 1], lengths[lengths > 1]
    # Of each document that has others in its bucket: its place in `rows`, and the bucket it is in.
    bucket = numpy.repeat(numpy.arange(len(begins)), lengths)
    places = numpy.arange(len(bucket)) - numpy.repeat(numpy.cumsum(lengths) - lengths, lengths) + begins[bucket]
    others = places > begins[bucket]
    places, bucket = places[others], bucket[others]
    yield numbers[begins[bucket]], numbers[places]
    ends = (begins + lengths)[bucket]
    for distance in range(1, FULLY_COMPARED):
        near = places + distance < ends
        if distance == 2:
            near &= (lengths[bucket] <= FULLY_COMPARED) & (not is_part)
        places, ends, bucket = places[near], ends[near], bucket[near]
        if not len(places):
            return
        yield numbers[places], numbers[places + distance]
