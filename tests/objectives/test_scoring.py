from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.model.heads import HeadSettings
from groundup.model.model import Model, build_model
from groundup.model.settings import ModelSettings
from groundup.objectives.example import UNSCORED, Example, predictions
from groundup.objectives.scoring import Score, in_order, score, unigram_nats

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
        parts = [predictions(model, example)[0] for example in examples]
    nats, count = sum(float(part.nats) for part in parts), sum(len(part.targets) for part in parts)
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


HEADS = {"tag": HeadSettings("token", 3), "span": HeadSettings("span")}


def labelled(seed: int, rows: int, times: int, *, share: float = 0.5) -> Example:
    """An example with scored tokens, tags and spans."""
    draws = torch.Generator().manual_seed(seed)
    (example,) = draw_examples(seed, [(rows, times)])
    tags = torch.randint(3, (rows, times), generator=draws)
    is_tagged = torch.rand(rows, times, generator=draws) < share
    spans = torch.randint(times, (rows, 2), generator=draws)
    return replace(example, labels={"tag": tags.masked_fill(~is_tagged, UNSCORED), "span": spans}, is_causal=False)


def reader() -> Model:
    """An encoder with both heads, all weights random."""
    values = ModelSettings(depth=1, width=16, heads=2, encoder=("attention",), decoder=())
    model = build_model(values, 11, 1, heads=HEADS)
    draws = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=weight.shape[-1] ** -0.5, generator=draws)
    return model


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 1000), st.lists(st.tuples(st.integers(1, 3), st.integers(1, 7)), min_size=1, max_size=3), st.data()
)
def test_every_term_is_the_mean_over_all_its_targets(
    seed: int, shapes: list[tuple[int, int]], data: st.DataObject
) -> None:
    model, examples = reader().eval(), [labelled(seed + number, *shape) for number, shape in enumerate(shapes)]
    counts = np.array(data.draw(st.lists(st.integers(0, 9), min_size=11, max_size=11)), dtype=np.int64)
    result = score(model, examples, 2.0, counts)
    with torch.no_grad():
        said = [one for example in examples for one in predictions(model, example)]
    for name in {one.name for one in said}:
        nats, right, targets = 0.0, 0, list[int]()
        for one in (one for one in said if one.name == name):
            shares = one.logits.log_softmax(-1)
            for row, target in enumerate(one.targets.tolist()):
                nats -= float(shares[row, target])
                right += int(shares[row].argmax()) == target
                targets.append(target)
        term, each = result.terms[name], max(1, len(targets))
        assert term.count == len(targets)
        assert term.loss == pytest.approx(nats / each, rel=1e-4, abs=1e-6)
        assert term.accuracy == pytest.approx(right / each)
        assert term.majority == max((targets.count(target) / each for target in targets), default=0.0)
        if name == "tokens":
            unigram = -sum(math.log((counts[target] + 1) / (counts.sum() + 11)) for target in targets) / each
            assert term.unigram == pytest.approx(unigram)
        else:
            assert term.unigram is None
    if "tokens" in result.terms:
        assert next(iter(result.terms)) == "tokens"
        assert (result.loss, result.tokens) == (result.terms["tokens"].loss, result.terms["tokens"].count)


def test_a_perfect_and_a_blind_model_lie_on_either_side_of_the_majority() -> None:
    """A model whose logits are fixed: it says 7 always, and 7 is one target in four."""
    model = build_model(ModelSettings(depth=1, width=16, heads=2, head_bias=True), 11, seed=1)
    assert model.head_bias is not None
    with torch.no_grad():
        model.head_bias[7] = 5.0
    targets = torch.tensor([[7, 3, 3, 3]])
    (term,) = score(model, [Example(torch.zeros_like(targets), targets)], 1.0).terms.values()
    assert (term.accuracy, term.majority, term.count, term.unigram) == (0.25, 0.75, 4, None)


def test_without_tokens_the_first_term_speaks_for_the_model() -> None:
    example = labelled(3, 2, 5)
    example = replace(example, targets=torch.full_like(example.targets, UNSCORED))
    result = score(reader(), [example], 1.0, np.ones(11, dtype=np.int64))
    assert list(result.terms) == ["tag", "span"]
    assert (result.loss, result.tokens) == (result.terms["tag"].loss, result.terms["tag"].count)


def test_held_out_loss_is_not_smoothed(random_model: MakeModel) -> None:
    model, (example,) = random_model(), draw_examples(1, [(3, 8)])
    plain, smooth = (score(model, [replace(example, smoothing=share)], 1.0) for share in (0.0, 0.3))
    assert plain == smooth
    trained = [predictions(model, replace(example, smoothing=share))[0].loss for share in (0.0, 0.3)]
    assert not torch.equal(*trained)


def test_a_unigram_model_is_what_counting_the_text_itself_gives() -> None:
    """With counts far above the one that is added, the loss is the entropy of the text's tokens."""
    seen = np.array([3, 1, 0, 4])
    shares = seen[seen > 0] / 8
    assert unigram_nats(seen, seen * 10**9) / 8 == pytest.approx(-(shares * np.log(shares)).sum())
    assert unigram_nats(seen, np.zeros(4, dtype=np.int64)) / 8 == pytest.approx(math.log(4))


def test_the_main_term_is_the_tokens_and_never_the_generator_if_there_is_another() -> None:
    assert in_order(["next_sentence", "tokens"]) == ["tokens", "next_sentence"]
    assert in_order(["generator", "detection"]) == ["detection", "generator"]
