from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.model.heads import HeadSettings
from groundup.model.model import Model, build_model
from groundup.model.settings import ModelSettings
from groundup.objectives.example import TOKENS, UNSCORED, Example, Prediction, Source, predictions
from groundup.objectives.losses import doubled, terms

MakeModel = Callable[..., Model]
VOCABULARY = 11


def draw_example(seed: int, rows: int = 3, times: int = 6, **more: Any) -> Example:
    draws = torch.Generator().manual_seed(seed)
    tokens = torch.randint(VOCABULARY, (rows, times + 1), generator=draws)
    is_scored = torch.rand(rows, times, generator=draws) < 0.6
    return Example(tokens[:, :-1], tokens[:, 1:].masked_fill(~is_scored, UNSCORED), **more)


def labelled_model(**values: Any) -> Model:
    """An encoder with a head for rows and one for tokens, all weights random."""
    chosen = ModelSettings(**{"depth": 1, "width": 16, "heads": 2, "encoder": ("attention",), "decoder": ()} | values)
    heads = {"order": HeadSettings("sequence", 3), "tag": HeadSettings("token", 4)}
    model = build_model(chosen, VOCABULARY, 1, heads=heads)
    draws = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=weight.shape[-1] ** -0.5, generator=draws)
    return model.eval()


LABELS = {"order": torch.tensor([2, UNSCORED, 0]), "tag": torch.tensor([[3, 1, 0, UNSCORED, 2, 2]] * 3)}


def smoothed(logits: Tensor, targets: Tensor, share: float) -> Tensor:
    """Equation 6 of arXiv 1512.00567, written out: 1 - share on the target, share spread evenly over all classes."""
    shares = torch.full_like(logits, share / logits.shape[-1])
    shares[torch.arange(len(targets)), targets] += 1 - share
    return -(shares * logits.log_softmax(-1)).sum()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 6), st.integers(2, 9), st.floats(0, 0.9))
def test_label_smoothing_is_the_formula_and_what_is_reported_is_not_smoothed(
    seed: int, rows: int, classes: int, share: float
) -> None:
    draws = torch.Generator().manual_seed(seed)
    logits, targets = torch.randn(rows, classes, generator=draws), torch.randint(classes, (rows,), generator=draws)
    said = Prediction(TOKENS, logits, targets, smoothing=share)
    torch.testing.assert_close(said.loss, smoothed(logits, targets, share))
    torch.testing.assert_close(said.nats, smoothed(logits, targets, 0.0))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 0.9), st.floats(0, 0.9), st.booleans())
def test_labels_are_smoothed_by_their_own_share_and_never_in_what_is_reported(
    seed: int, of_tokens: float, of_labels: float, is_training: bool
) -> None:
    model = labelled_model().train(is_training)
    example = draw_example(seed, labels=LABELS, is_causal=False, smoothing=of_tokens, label_smoothing=of_labels)
    losses = {term.name: term.total for term in terms(model, example)}
    for said in predictions(model, example):
        share = of_tokens if said.name == TOKENS else of_labels
        torch.testing.assert_close(losses[said.name], smoothed(said.logits, said.targets, share))
        torch.testing.assert_close(said.nats, smoothed(said.logits, said.targets, 0.0))


def test_spans_are_not_smoothed_for_an_answer_cannot_stand_in_padding() -> None:
    shape = ModelSettings(depth=1, width=16, heads=2, encoder=("attention",), decoder=())
    model = build_model(shape, VOCABULARY, 1, heads={"span": HeadSettings("span")})
    real = torch.arange(6) < torch.tensor([[6], [4], [3]])
    spans = {"span": torch.tensor([[0, 5], [2, 3], [1, 1]])}
    example = draw_example(1, labels=spans, real=real, is_causal=False, label_smoothing=0.5)
    loss = {term.name: term.total for term in terms(model, example)}["span"]
    # A new head holds every real position equally likely.
    assert float(loss.detach()) == pytest.approx(2 * sum(math.log(count) for count in (6, 4, 3)), rel=1e-5)


@pytest.mark.parametrize("r_drop", [0.0, 0.7])
@pytest.mark.parametrize("labels", [{}, LABELS])
def test_the_counts_of_an_example_are_those_of_its_terms(r_drop: float, labels: dict[str, Tensor]) -> None:
    """Known before the model runs, because the trainer divides by their sum over all micro-batches."""
    model = labelled_model().train()
    example = draw_example(1, labels=labels, r_drop=r_drop, is_causal=False, weights={"tag": 3.0})
    found = terms(model, example)
    assert {term.name: term.count for term in found} == dict(example.counts)
    assert len(found) == (1 + len(labels)) * (2 if r_drop else 1)
    weights = {term.name: term.weight for term in found}
    if r_drop:
        assert weights["tokens_agreement"] == pytest.approx(r_drop)
    if labels:
        assert (weights["order"], weights["tag"]) == (1.0, 3.0)
    if r_drop and labels:
        assert weights["tag_agreement"] == pytest.approx(3 * r_drop)


def test_without_dropout_two_passes_are_one(random_model: MakeModel) -> None:
    model = random_model().train()
    once, (twice, agreement) = terms(model, draw_example(1)), terms(model, draw_example(1, r_drop=2.0))
    torch.testing.assert_close(twice.total, once[0].total)
    assert float(agreement.total.detach()) == pytest.approx(0, abs=1e-5)


def test_r_drop_is_the_formula(random_model: MakeModel) -> None:
    """Half of equation 4 of arXiv 2106.14448, on the logits of the same two passes."""
    model, example = random_model(dropout=0.4).train(), draw_example(2, r_drop=5.0, smoothing=0.1)
    torch.manual_seed(3)
    loss, agreement = terms(model, example)
    torch.manual_seed(3)
    (said,) = predictions(model, doubled(example))
    count = example.count
    one, other = said.logits[:count], said.logits[count:]
    assert not torch.allclose(one, other, atol=1e-2)
    assert torch.equal(said.targets[:count], said.targets[count:])
    both = smoothed(one, said.targets[:count], 0.1) + smoothed(other, said.targets[:count], 0.1)
    torch.testing.assert_close(loss.total, both / 2)
    p, q = one.softmax(-1), other.softmax(-1)
    divergence = (p * (p / q).log()).sum() / 2 + (q * (q / p).log()).sum() / 2
    torch.testing.assert_close(agreement.total, divergence / 2, atol=1e-5, rtol=1e-4)
    assert (agreement.count, agreement.weight) == (count, 5.0)
    assert agreement.total.requires_grad


def test_evaluation_knows_no_r_drop(random_model: MakeModel) -> None:
    model = random_model(dropout=0.4)
    once, other = terms(model, draw_example(1)), terms(model, draw_example(1, r_drop=2.0))
    assert [term.name for term in other] == [TOKENS]
    assert torch.equal(once[0].total, other[0].total)


def test_a_doubled_example_has_every_row_twice() -> None:
    example = draw_example(
        4,
        documents=torch.arange(18).view(3, 6),
        real=torch.ones(3, 6, dtype=torch.bool),
        source=Source(torch.arange(12).view(3, 4), documents=torch.arange(12).view(3, 4)),
        labels=LABELS,
        weights={"tag": 2.0},
        smoothing=0.1,
    )
    twice = doubled(example)
    assert twice.source is not None
    assert example.source is not None
    for whole, half in (
        (twice.inputs, example.inputs),
        (twice.targets, example.targets),
        (twice.documents, example.documents),
        (twice.real, example.real),
        (twice.source.tokens, example.source.tokens),
        (twice.source.documents, example.source.documents),
        (twice.labels["order"], LABELS["order"]),
        (twice.labels["tag"], LABELS["tag"]),
    ):
        assert whole is not None
        assert half is not None
        assert torch.equal(whole, torch.cat((half, half)))
    assert twice.source.real is None
    assert (twice.weights, twice.smoothing, twice.is_causal) == ({"tag": 2.0}, 0.1, True)


REGULARISED = [
    {"dropout": 0.5},
    {"dropout": 0.5, "locked_dropout": True},
    {"dropout": 0.0, "embedding_dropout": 0.5},
    {"attention_dropout": 0.5},
    {"stochastic_depth": 0.7},
]


@pytest.mark.parametrize("values", REGULARISED, ids=str)
def test_regularisation_follows_the_seed_and_is_off_in_evaluation(
    random_model: MakeModel, values: dict[str, Any]
) -> None:
    model, plain, example = random_model(**values), random_model(), draw_example(5, rows=8)

    def loss(seed: int) -> float:
        torch.manual_seed(seed)
        return float(terms(model, example)[0].total.detach())

    usual = float(terms(plain, example)[0].total.detach())
    assert loss(1) == loss(2) == usual
    model.train()
    assert loss(1) == loss(1)
    assert len({usual, loss(1), loss(2), loss(3)}) == 4
    model.eval()
