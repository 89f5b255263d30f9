from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.model.model import Model, build_model
from groundup.model.settings import ModelSettings
from groundup.objectives.example import UNSCORED, Example, loss
from groundup.objectives.scoring import Score, score

MakeModel = Callable[..., Model]


def draw_examples(seed: int, shapes: list[tuple[int, int]]) -> list[Example]:
    generator = torch.Generator().manual_seed(seed)
    examples = []
    for rows, times in shapes:
        tokens = torch.randint(11, (rows, times + 1), generator=generator)
        is_scored = torch.rand(rows, times, generator=generator) < 0.7
        examples.append(Example(tokens[:, :-1], tokens[:, 1:].masked_fill(~is_scored, UNSCORED)))
    return examples


def test_a_uniform_model_needs_the_bits_of_its_vocabulary() -> None:
    """256 tokens that stand for two bytes each: 8 bits a token, 4 a byte."""
    model = build_model(ModelSettings(depth=1, width=16, heads=2), 256, seed=1)
    result = score(model, draw_examples(1, [(2, 9), (3, 4)]), bytes_per_token=2.0)
    assert result.loss == pytest.approx(math.log(256), rel=1e-5)
    assert result.perplexity == pytest.approx(256, rel=1e-4)
    assert result.bits_per_byte == pytest.approx(4, rel=1e-5)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 1000),
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 8)), min_size=1, max_size=4),
    st.floats(0.5, 9),
)
def test_every_scored_token_weighs_the_same(
    random_model: MakeModel, seed: int, shapes: list[tuple[int, int]], bytes_per_token: float
) -> None:
    model, examples = random_model(), draw_examples(seed, shapes)
    with torch.no_grad():
        parts = [loss(model, example) for example in examples]
    nats, count = sum(float(part) for part, _ in parts), sum(number for _, number in parts)
    result = score(model, iter(examples), bytes_per_token)
    assert result.tokens == count
    assert result.loss == pytest.approx(nats / max(count, 1))
    assert result.perplexity == pytest.approx(math.exp(result.loss))
    # All nats of the text, over its bytes.
    assert result.bits_per_byte * (count * bytes_per_token) == pytest.approx(nats / math.log(2))


@pytest.mark.parametrize("is_training", [True, False])
def test_the_model_is_measured_without_dropout_and_left_as_it_was(random_model: MakeModel, is_training: bool) -> None:
    model, examples = random_model(dropout=0.5), draw_examples(1, [(4, 8)])
    usual = score(model, examples, 1.0)
    model.train(is_training)
    state = torch.get_rng_state()
    assert score(model, examples, 1.0) == usual
    assert model.training == is_training
    assert torch.equal(torch.get_rng_state(), state)
    assert all(weight.grad is None for weight in model.parameters())
    model.eval()


def test_a_measurement_that_breaks_off_leaves_the_model_as_it_was(random_model: MakeModel) -> None:
    model = random_model(dropout=0.5).train()

    def broken() -> Iterator[Example]:
        yield from draw_examples(1, [(1, 3)])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score(model, broken(), 1.0)
    assert model.training


def test_no_examples_give_zeros(random_model: MakeModel) -> None:
    assert score(random_model(), [], 1.0) == Score(0.0, 0, 0.0)


def test_a_loss_beyond_numbers_still_has_a_perplexity() -> None:
    assert math.isfinite(Score(1e9, 1, 1.0).perplexity)
    assert math.isnan(Score(math.nan, 1, 1.0).perplexity)
