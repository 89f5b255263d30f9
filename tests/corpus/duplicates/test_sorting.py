from __future__ import annotations

import tempfile
from pathlib import Path

import numpy
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.duplicates.sorting import sorted_rows


@effort(deadline=None, max_examples=80)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, 1, 2**64 - 1])), min_size=20, max_size=60) | st.just([]),
    st.integers(1, 9),
    st.sampled_from([1, 2, 3, 5, 8, 13, 70]),
)
def test_any_rows_come_out_in_order_within_any_memory(keys, piece: int, at_once: int) -> None:
    rows = numpy.array([(*key, number) for number, key in enumerate(keys)], numpy.uint64).reshape(-1, 3)
    pieces = [rows[start : start + piece] for start in range(0, len(rows), piece)]
    with tempfile.TemporaryDirectory() as folder:
        blocks = list(sorted_rows(pieces, 3, Path(folder) / "runs", at_once))
        assert not list(Path(folder).iterdir())
    assert [tuple(row) for block in blocks for row in block.tolist()] == sorted(map(tuple, rows.tolist()))
    assert all(0 < len(block) <= max(at_once, -(-len(rows) // at_once)) for block in blocks)
