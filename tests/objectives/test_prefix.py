from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.objectives.arrays import runs_of
from groundup.objectives.causal import causal
from groundup.objectives.example import UNSCORED
from groundup.objectives.prefix import prefix
from groundup.objectives.rows import Symbols
from groundup.objectives.settings import ObjectiveSettings

Draws = Callable[[int], np.random.Generator]
Make = Callable[..., Any]
DIALS = ObjectiveSettings(kind="prefix")


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6))
def test_a_beginning_is_seen_and_the_rest_is_scored(
    wild_rows: Make, symbols: Symbols, draws_of: Draws, seed: int
) -> None:
    rows = wild_rows(seed)
    example, plain = prefix(rows, symbols, DIALS, draws_of(seed)), causal(rows)
    assert example.is_causal
    assert torch.equal(example.inputs, plain.inputs)
    assert example.prefix is not None
    seen, targets = example.prefix.numpy(), example.targets.numpy()
    runs = runs_of(rows.tokens, rows.documents)
    assert not seen[rows.tokens[:, :-1] < 0].any()
    # A token that is seen is no target, though a position before it could see it.
    assert not (seen[:, 1:] & (targets[:, :-1] != UNSCORED)).any()
    # Of every document in a row a first part is seen, never all of it, and what is not seen is scored.
    for number in range(runs.count):
        row, place = np.nonzero(runs.number == number)
        if not len(row):
            continue
        inside = seen[row[0], place[place < seen.shape[1]]]
        assert (np.diff(inside.astype(int)) <= 0).all()
        assert not inside.all() or place[-1] == seen.shape[1]
        behind = place[place > 0]
        behind = behind[(behind == seen.shape[1]) | ~seen[row[0], np.minimum(behind, seen.shape[1] - 1)]]
        assert (targets[row[0], behind - 1] == rows.targets[row[0], behind - 1]).all()


def test_every_cut_is_as_likely(full_rows: Make, symbols: Symbols, draws_of: Draws) -> None:
    example = prefix(full_rows(1, 9000, 8), symbols, DIALS, draws_of(1))
    assert example.prefix is not None
    cuts = example.prefix.sum(1)
    scored = (example.targets != UNSCORED).sum(1)
    # Nine tokens can be cut before any; the first is no target.
    assert torch.equal(scored, torch.minimum(9 - cuts, torch.tensor(8)))
    assert (cuts.bincount(minlength=9) - 1000).abs().max() < 150


def test_documents_of_a_row_have_cuts_of_their_own(full_rows: Make, symbols: Symbols, draws_of: Draws) -> None:
    rows = full_rows(2, 50, 30, True)
    example = prefix(rows, symbols, DIALS, draws_of(1))
    assert example.prefix is not None
    assert example.documents is not None
    first, second = (((example.documents == number) & example.prefix).sum(1) for number in (0, 1))
    assert len(set(first.tolist())) > 5
    assert len(set(second.tolist())) > 5
    assert len({(a > 0, b > 0) for a, b in zip(first.tolist(), second.tolist(), strict=True)}) > 1
