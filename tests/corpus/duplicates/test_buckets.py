from __future__ import annotations

from collections import defaultdict

import numpy
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.duplicates import buckets
from groundup.corpus.duplicates.buckets import first_pairs, pairs

LARGE = 5


def sorted_blocks(keys: list[int], cuts: list[int]) -> list[numpy.ndarray]:
    rows = numpy.array(sorted((key, number) for number, key in enumerate(keys)), numpy.uint64).reshape(-1, 2)
    return [block for block in numpy.split(rows, sorted(cut % (len(rows) + 1) for cut in cuts)) if len(block)]


def told(found) -> list[tuple[int, int]]:
    return [pair for ones, others in found for pair in zip(ones.tolist(), others.tolist(), strict=True)]


@effort(deadline=None, max_examples=150)
@given(st.lists(st.integers(0, 6), max_size=40), st.lists(st.integers(0, 40), max_size=6))
def test_all_pairs_of_small_buckets_and_a_chain_through_large_ones(keys: list[int], cuts: list[int]) -> None:
    found = defaultdict(list)
    for number, key in enumerate(keys):
        found[key].append(number)
    expected = {
        (bucket[other], bucket[place])
        for bucket in found.values()
        for place in range(1, len(bucket))
        for other in (range(place) if len(bucket) <= LARGE else {0, place - 1})
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buckets, "FULLY_COMPARED", LARGE)
        given_pairs = told(pairs(sorted_blocks(keys, cuts)))
        firsts = told(first_pairs(sorted_blocks(keys, cuts)))
    assert set(given_pairs) == expected
    # Only where a large bucket is cut into parts is a pair told again.
    assert len(given_pairs) <= len(expected) + 2 * len(cuts)
    assert set(firsts) == {(bucket[0], other) for bucket in found.values() for other in bucket[1:]}
