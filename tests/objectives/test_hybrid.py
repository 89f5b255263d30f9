from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.model.context import all_at_once, visible
from groundup.objectives.causal import causal
from groundup.objectives.example import UNSCORED, hidden_of, predictions
from groundup.objectives.hybrid import hybrid, masked_next
from groundup.objectives.rows import Symbols
from groundup.objectives.settings import ObjectiveSettings

Draws = Callable[[int], np.random.Generator]
Make = Callable[..., Any]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.05, 0.5, 0.95]), st.sampled_from(["mixed", "mask"]))
def test_causal_rows_are_causal_and_the_others_score_what_they_hide(
    wild_rows: Make, symbols: Symbols, draws_of: Draws, seed: int, share: float, replacement: Any
) -> None:
    rows = wild_rows(seed)
    dials = ObjectiveSettings(kind="hybrid", causal_share=share, replacement=replacement)
    example, plain = hybrid(rows, symbols, dials, draws_of(seed)), causal(rows)
    assert example.is_causal
    assert example.prefix is not None
    is_real = torch.as_tensor(rows.tokens[:, :-1] >= 0)
    for row in range(len(rows.tokens)):
        seen = example.prefix[row]
        if not seen.any():
            # An empty row may be of either kind.
            assert torch.equal(example.targets[row], plain.targets[row]) or not is_real[row].any()
            assert torch.equal(example.inputs[row], plain.inputs[row])
            continue
        assert torch.equal(seen, is_real[row])
        targets, inputs = example.targets[row], example.inputs[row]
        is_scored = targets != UNSCORED
        assert (targets[is_scored] >= symbols.special).all()
        assert torch.equal(targets[is_scored], plain.targets[row][is_scored])
        # Position t predicts the token that is hidden at t + 1.
        is_hidden = torch.cat([torch.tensor([False]), is_scored[:-1]])
        assert torch.equal(inputs[~is_hidden], plain.inputs[row][~is_hidden])
        if replacement == "mask":
            assert (inputs[is_hidden] == symbols.mask).all()
        if (rows.targets[row] >= symbols.special).any():
            assert is_scored.any()


@pytest.mark.parametrize("documents", [False, True])
def test_a_masked_row_is_seen_exactly_whole(
    full_rows: Make, symbols: Symbols, draws_of: Draws, random_model: Make, documents: bool
) -> None:
    rows = full_rows(1, 4, 15, documents)
    dials = ObjectiveSettings(kind="masked")
    example = masked_next(rows, symbols, dials, draws_of(1))
    both = [
        all_at_once(example.inputs, documents=example.documents, is_causal=is_causal, prefix=example.prefix)
        for is_causal in (True, False)
    ]
    one, other = (visible(context, context.positions, 16) for context in both)
    assert one is not None
    assert other is not None
    assert torch.equal(*torch.broadcast_tensors(one, other))
    model = random_model(vocabulary=symbols.vocabulary)
    hidden = hidden_of(model, example)[0]
    torch.testing.assert_close(hidden, model(example.inputs, both[1])[0], atol=1e-6, rtol=1e-6)


def test_rows_of_both_kinds_come_as_they_are_asked_for(full_rows: Make, symbols: Symbols, draws_of: Draws) -> None:
    rows, dials = full_rows(2, 4000, 5), ObjectiveSettings(kind="hybrid", causal_share=0.25)
    example = hybrid(rows, symbols, dials, draws_of(1))
    assert example.prefix is not None
    is_causal = ~example.prefix.any(1)
    assert float(is_causal.float().mean()) == pytest.approx(0.25, abs=0.03)
    assert torch.equal(example.prefix.all(1), ~is_causal)
    alone = masked_next(rows, symbols, dials, draws_of(1))
    assert alone.prefix is not None
    assert alone.prefix.all()


def test_every_target_is_hidden_as_often_the_last_too(full_rows: Make, symbols: Symbols, draws_of: Draws) -> None:
    dials = ObjectiveSettings(kind="hybrid", mask_unit="tokens", mask_rate=0.25)
    example = masked_next(full_rows(3, 4000, 8), symbols, dials, draws_of(1))
    share = (example.targets != UNSCORED).float().mean(0)
    assert share.tolist() == pytest.approx([0.25] * 8, abs=0.03)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.05, 0.25, 0.7]))
def test_each_kind_counts_by_its_share_of_the_rows(
    wild_rows: Make, symbols: Symbols, draws_of: Draws, random_model: Make, seed: int, share: float
) -> None:
    rows, model = wild_rows(seed), random_model(vocabulary=symbols.vocabulary, context=64)
    example = hybrid(rows, symbols, ObjectiveSettings(kind="hybrid", causal_share=share), draws_of(seed))
    assert example.prefix is not None
    is_scored = example.targets != UNSCORED
    (said,) = predictions(model, example)
    each = torch.nn.functional.cross_entropy(said.logits, said.targets, reduction="none")
    # A row of padding alone has no prefix and scores nothing, so it is of no kind.
    of_masked = example.prefix.any(1)[:, None].expand_as(is_scored)[is_scored]
    means = [each[kind].mean() if kind.any() else None for kind in (~of_masked, of_masked)]
    if None in means:
        assert example.emphasis is None
        return
    expected = share * means[0] + (1 - share) * means[1]
    torch.testing.assert_close(said.loss / example.count, expected, atol=1e-5, rtol=1e-5)
    assert float(said.nats.detach()) == pytest.approx(float(each.sum().detach()), rel=1e-5)


def test_a_batch_has_as_many_causal_rows_as_the_share_says(full_rows: Make, symbols: Symbols, draws_of: Draws) -> None:
    rows, dials = full_rows(2, 26, 5), ObjectiveSettings(kind="hybrid")
    found = [~hybrid(rows, symbols, dials, draws_of(seed)).prefix.any(1) for seed in range(200)]
    counts = [int(rows.sum()) for rows in found]
    # 26 / 16 = 1.6.
    assert set(counts) == {1, 2}
    assert sum(counts) / 200 == pytest.approx(1.625, abs=0.1)
    # And any of them may be.
    assert torch.stack(found).any(0).all()
