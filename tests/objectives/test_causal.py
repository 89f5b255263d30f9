from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from groundup.objectives.causal import causal
from groundup.objectives.example import UNSCORED


@dataclass
class Rows:
    tokens: NDArray[np.int64]
    targets: NDArray[np.int64]
    documents: NDArray[np.int32] | None = None


def rows_of(tokens: Any, documents: Any = None) -> Rows:
    array = np.array(tokens, dtype=np.int64)
    return Rows(array, array[:, 1:], None if documents is None else np.array(documents, dtype=np.int32))


def test_each_position_predicts_the_next() -> None:
    example = causal(rows_of([[5, 6, 7, 8], [1, 2, 3, 4]]))
    assert example.inputs.tolist() == [[5, 6, 7], [1, 2, 3]]
    assert example.targets.tolist() == [[6, 7, 8], [2, 3, 4]]
    assert example.is_causal
    assert example.documents is None
    assert example.count == 6


def test_a_row_that_is_not_full_scores_what_it_has() -> None:
    example = causal(rows_of([[5, 6, 7, UNSCORED, UNSCORED]], [[2, 2, 3, -1, -1]]))
    assert example.targets.tolist() == [[6, 7, UNSCORED, UNSCORED]]
    assert example.inputs.tolist() == [[5, 6, 7, 0]]
    assert example.documents is not None
    assert example.documents.tolist() == [[2, 2, 3, -1]]
    assert example.count == 2


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 3), st.integers(1, 8), st.integers(0, 1000))
def test_the_batch_stays_as_it_was_and_inputs_are_tokens(rows: int, times: int, seed: int) -> None:
    tokens = np.random.default_rng(seed).integers(0, 11, (rows, times + 1))
    tokens[-1, 1 + seed % times :] = UNSCORED
    batch = rows_of(tokens)
    example = causal(batch)
    assert np.array_equal(batch.tokens, tokens)
    assert example.inputs.min() >= 0
    assert example.inputs.dtype == example.targets.dtype == torch.int64
    assert np.array_equal(example.targets.numpy(), tokens[:, 1:])
    is_real = tokens[:, :-1] >= 0
    assert np.array_equal(example.inputs.numpy()[is_real], tokens[:, :-1][is_real])
    assert example.count == int((tokens[:, 1:] >= 0).sum())
