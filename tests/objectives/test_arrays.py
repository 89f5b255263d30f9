from __future__ import annotations

from collections.abc import Callable
from itertools import chain, groupby
from typing import Any

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.objectives.arrays import laid_out, moved_unless_all, runs_of


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6))
def test_runs_are_stretches_of_a_document_in_a_row(wild_rows: Callable[[int], Any], seed: int) -> None:
    rows = wild_rows(seed)
    runs = runs_of(rows.tokens, rows.documents)
    seen = set()
    for row in range(len(rows.tokens)):
        t, documents = 0, rows.tokens[row] * 0 if rows.documents is None else rows.documents[row]
        for (is_real, _), group in groupby(zip(rows.tokens[row] >= 0, documents, strict=True)):
            length = len(list(group))
            span = slice(t, t + length)
            t += length
            if not is_real:
                assert (runs.number[row, span] == -1).all()
                continue
            assert runs.place[row, span].tolist() == list(range(length))
            assert (runs.length[row, span] == length).all()
            (number,) = set(runs.number[row, span].tolist())
            assert 0 <= number < runs.count
            assert number not in seen
            seen.add(number)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), max_size=5), min_size=1, max_size=4))
def test_values_are_laid_out_row_by_row(values: list[list[int]]) -> None:
    rows = np.repeat(np.arange(len(values)), [len(row) for row in values])
    array = laid_out(rows, np.array(list(chain.from_iterable(values)), dtype=np.int64), (len(values), 6), -7)
    assert array.tolist() == [row + [-7] * (6 - len(row)) for row in values]


def test_a_mask_of_all_is_no_mask() -> None:
    assert moved_unless_all(np.ones((2, 3), dtype=np.bool_), "cpu") is None
    some = moved_unless_all(np.array([[True, False]]), "cpu")
    assert some is not None
    assert torch.equal(some, torch.tensor([[True, False]]))
