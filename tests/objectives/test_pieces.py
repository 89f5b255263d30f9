"""A loss in pieces is the loss at once, and so is its gradient."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from torch import Tensor

from groundup.model.model import Model
from groundup.objectives import pieces
from groundup.objectives.example import TOKENS, Example, Prediction
from groundup.objectives.losses import terms
from groundup.objectives.pieces import Projected

MakeModel = Callable[..., Model]
HEADS = {
    "a head of its own": {},
    "tied, no cap": {"tied": True, "soft_cap": 0.0},
    "transform and bias": {"head_transform": True, "head_bias": True},
}


def outcome(model: Model, vectors: Tensor, said: Prediction) -> list[Tensor]:
    """The loss, and the gradients of the vectors and of every parameter."""
    model.zero_grad()
    vectors.grad = None
    # Not 1, which would hide a forgotten factor.
    (said.loss * 0.3).backward()
    assert vectors.grad is not None
    return [said.loss.detach(), vectors.grad.clone(), *(x.grad.clone() for x in model.scorers if x.grad is not None)]


@pytest.mark.parametrize("head", HEADS)
@settings(max_examples=20, deadline=None)
@given(
    count=some.integers(0, 40),
    rows=some.integers(1, 45),
    smoothing=some.sampled_from([0.0, 0.1]),
    is_emphasised=some.booleans(),
    seed=some.integers(0, 1000),
)
def test_pieces_add_up(
    random_model: MakeModel, head: str, count: int, rows: int, smoothing: float, is_emphasised: bool, seed: int
) -> None:
    model = random_model(11, seed, **HEADS[head]).double()
    draws = torch.Generator().manual_seed(seed)
    vectors = torch.randn(count, 16, generator=draws, dtype=torch.float64).requires_grad_()
    targets = torch.randint(11, (count,), generator=draws)
    emphasis = torch.rand(count, generator=draws, dtype=torch.float64) if is_emphasised else None
    projected = Projected(vectors, model.score, model.scorers, 11)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "AT_ONCE", rows * 11)
        cut = outcome(model, vectors, Prediction(TOKENS, projected, targets, 1.0, smoothing, emphasis))
        assert projected.is_large == (count > rows)
    whole = outcome(model, vectors, Prediction(TOKENS, projected.logits, targets, 1.0, smoothing, emphasis))
    assert len(cut) == len(whole) == 2 + len(model.scorers)
    for ours, theirs in zip(cut, whole, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("r_drop", [0.0, 0.7])
def test_a_step_in_pieces_is_the_step_at_once(random_model: MakeModel, r_drop: float) -> None:
    """Loss and gradients of whole examples, packed behind all that a model does before its head."""
    model = random_model(11, 3).double()
    model.precision = torch.float64
    tokens = torch.randint(11, (4, 13), generator=torch.Generator().manual_seed(1))
    example = Example(tokens[:, :-1], tokens[:, 1:], r_drop=r_drop)
    steps = []
    for at_once in (2**20, 50):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pieces, "AT_ONCE", at_once)
            model.zero_grad()
            found = terms(model, example)
            torch.stack([term.total * term.weight for term in found]).sum().backward()
            steps.append([term.total.detach() for term in found] + [x.grad for x in model.parameters()])
    for whole, cut in zip(*steps, strict=True):
        torch.testing.assert_close(cut, whole, atol=1e-12, rtol=1e-12)
