from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.model.context import all_at_once
from groundup.model.model import Model, build_model
from groundup.model.settings import ModelSettings
from groundup.objectives.example import TOKENS, UNSCORED, Example, Prediction, predictions

MakeModel = Callable[..., Model]


def draw_example(seed: int, rows: int, times: int, share: float = 1.0, **more: Any) -> Example:
    """Random tokens, of which about `share` are scored."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(11, (rows, times + 1), generator=generator)
    is_scored = torch.rand(rows, times, generator=generator) < share
    return Example(tokens[:, :-1], tokens[:, 1:].masked_fill(~is_scored, UNSCORED), **more)


def loss(model: Model, example: Example) -> tuple[Tensor, int]:
    """The summed nats of the scored tokens, and their number."""
    (said,) = predictions(model, example)
    return said.loss, len(said.targets)


def every_position(model: Model, example: Example) -> Tensor:
    """-log p(target) of each scored position, each computed by itself from all logits."""
    context = all_at_once(example.inputs, documents=example.documents, is_causal=example.is_causal)
    shares = model.score(model(example.inputs, context)[0]).log_softmax(-1)
    places = (example.targets != UNSCORED).nonzero().tolist()
    return torch.stack([shares.sum() * 0, *(-shares[row, t, example.targets[row, t]] for row, t in places)])


EXAMPLES = st.builds(
    draw_example, st.integers(0, 1000), st.integers(1, 3), st.integers(1, 9), st.sampled_from([0.0, 0.2, 0.7, 1.0])
)


@settings(max_examples=50, deadline=None)
@given(EXAMPLES)
def test_it_is_the_sum_over_scored_positions_and_their_count(random_model: MakeModel, example: Example) -> None:
    model = random_model()
    nats, count = loss(model, example)
    assert nats.shape == ()
    assert count == example.count == int((example.targets != -100).sum())
    torch.testing.assert_close(nats, every_position(model, example).sum(), atol=1e-5, rtol=1e-5)


@settings(max_examples=20, deadline=None)
@given(EXAMPLES)
def test_gathering_the_scored_changes_no_gradient(random_model: MakeModel, example: Example) -> None:
    model = random_model()
    weights = list(model.parameters())
    gathered = torch.autograd.grad(loss(model, example)[0], weights)
    whole = torch.autograd.grad(every_position(model, example).sum(), weights)
    for one, other in zip(gathered, whole, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("documents", [None, torch.tensor([[0, 0, 0, 1, 1, 1]] * 2)])
@pytest.mark.parametrize("is_causal", [True, False])
def test_who_may_see_what_is_the_examples_to_say(
    random_model: MakeModel, documents: Tensor | None, is_causal: bool
) -> None:
    model, example = random_model(), draw_example(1, 2, 6, documents=documents, is_causal=is_causal)
    torch.testing.assert_close(loss(model, example)[0], every_position(model, example).sum())
    for other in ({"documents": torch.tensor([[0, 1, 1, 1, 2, 2]] * 2)}, {"is_causal": not is_causal}):
        seen = {"documents": documents, "is_causal": is_causal} | other
        assert not torch.allclose(loss(model, example)[0], loss(model, draw_example(1, 2, 6, **seen))[0], atol=1e-3)


def test_nothing_scored_is_a_loss_of_0_with_gradients_of_0(random_model: MakeModel) -> None:
    model = random_model()
    nats, count = loss(model, draw_example(1, 2, 5, share=0.0))
    assert (float(nats.detach()), count) == (0.0, 0)
    nats.backward()
    assert all(weight.grad is None or not weight.grad.any() for weight in model.parameters())
    model.zero_grad()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(1, 3), min_size=2, max_size=4))
def test_parts_add_up_to_the_whole(random_model: MakeModel, seed: int, cuts: list[int]) -> None:
    """However a batch is cut into micro-batches, and however unequal they are."""
    model, whole = random_model(), draw_example(seed, sum(cuts), 6, share=0.5)
    parts = zip(whole.inputs.split(cuts), whole.targets.split(cuts), strict=True)
    losses = [loss(model, Example(inputs, targets)) for inputs, targets in parts]
    nats, count = loss(model, whole)
    torch.testing.assert_close(sum(part for part, _ in losses), nats, atol=1e-4, rtol=1e-5)
    assert sum(number for _, number in losses) == count


@pytest.mark.parametrize("vocabulary", [11, 500])
def test_a_uniform_model_loses_ln_v_a_token(vocabulary: int) -> None:
    model = build_model(ModelSettings(depth=1, width=16, heads=2), vocabulary, seed=1)
    nats, count = loss(model, draw_example(1, 3, 7, share=0.6))
    assert float(nats.detach()) / count == pytest.approx(math.log(vocabulary), rel=1e-5)


def test_what_an_unscored_target_would_have_been_does_not_matter(random_model: MakeModel) -> None:
    """No position sees its own target, so only the inputs carry tokens."""
    model, example = random_model(), draw_example(2, 1, 6)
    only_first = example.targets.clone()
    only_first[:, 1:] = UNSCORED
    changed = example.inputs.clone()
    changed[:, 1:] = 0
    one, other = (loss(model, Example(inputs, only_first))[0] for inputs in (example.inputs, changed))
    assert torch.equal(one, other)


def test_cross_entropy_of_known_shares(random_model: MakeModel) -> None:
    model = random_model(soft_cap=0.0, vocabulary=16)
    with torch.no_grad():
        model.head.weight.copy_(torch.eye(16))
    shares = torch.tensor([[0.5, 0.25] + [0.25 / 14] * 14])
    nats = Prediction(TOKENS, model.score(shares.log().expand(2, -1)), torch.tensor([0, 1])).loss
    assert float(nats.detach()) == pytest.approx(math.log(2) + math.log(4), rel=1e-5)
