"""Rows with labels go in as they are, no token is predicted, and padding never matters."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.model.heads import HeadSettings
from groundup.model.model import Model, build_model
from groundup.model.settings import ModelSettings
from groundup.objectives.example import hidden_of, predictions
from groundup.objectives.labels import labels
from groundup.objectives.losses import terms
from groundup.objectives.rows import Symbols
from groundup.objectives.settings import ObjectiveSettings
from groundup.tasks.materials.rows import LabelledBatch, LabelledRows

DIALS = ObjectiveSettings(kind="labels")
VOCABULARY, END, CLASSES = 60, 4, 3
STACKS: dict[str, dict[str, Any]] = {
    "transformer": {"encoder": ("attention", "relu_squared"), "decoder": (), "segments": 2},
    "lstm": {"encoder": ("lstm",), "decoder": ()},
    "causal": {"decoder": ("attention", "glu")},
    "causal lstm": {"decoder": ("lstm",), "residual": False},
}
HEADS = {
    **{pool: HeadSettings("sequence", CLASSES, pool) for pool in ("first", "mean", "last", "all")},
    "pair": HeadSettings("pair", CLASSES),
    "span": HeadSettings("span"),
}


@pytest.fixture(scope="module", params=STACKS)
def judge(request: pytest.FixtureRequest) -> Model:
    """A tiny model with every head, all of its weights random."""
    wanted = ModelSettings(**{"depth": 2, "width": 16, "heads": 2, "context": 24, **STACKS[request.param]})
    model = build_model(wanted, VOCABULARY, 1, heads=HEADS)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=weight.shape[-1] ** -0.5, generator=generator)
    return model.eval()


def random_rows(texts: list[tuple[int, int]], seed: int) -> LabelledRows:
    """Rows of two texts of so many tokens."""
    draws = np.random.default_rng(seed)
    ids = [[END, *draws.integers(25, 60, one), 3, *draws.integers(25, 60, other), 3] for one, other in texts]
    second = np.array([one + 2 for one, _ in texts])
    spans = np.stack([np.array([len(row) - 2, len(row) - 1]) for row in ids])
    wanted = {name: spans if name == "span" else draws.integers(0, CLASSES, len(ids)) for name in HEADS}
    return LabelledRows(ids, second, wanted)


texts = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=5)


@settings(max_examples=25, deadline=None)
@given(texts, st.integers(0, 99))
def test_a_row_is_labelled_alike_alone_and_among_others(judge: Model, symbols: Symbols, draws_of, texts, seed):
    rows = random_rows(texts, seed)

    def said(chosen: list[int]) -> dict[str, torch.Tensor]:
        batch = rows.batch(np.array(chosen), 0, is_causal=judge.encoder is None)
        with torch.inference_mode():
            hidden, context = hidden_of(judge, labels(batch, symbols, DIALS, draws_of(0)))
            return {name: judge.label(name, hidden, context).softmax(-1) for name in HEADS}

    together = said(list(range(len(texts))))
    for row in range(len(texts)):
        for name, alone in said([row]).items():
            among = together[name][row : row + 1, ..., : alone.shape[-1]]
            torch.testing.assert_close(among, alone, atol=1e-5, rtol=1e-4)


@settings(max_examples=25, deadline=None)
@given(texts, st.integers(0, 99))
def test_rows_go_in_as_they_are_and_no_token_is_predicted(symbols: Symbols, draws_of, texts, seed):
    rows = random_rows(texts, seed)
    batch = rows.batch(np.arange(len(texts)), 0, is_causal=False)
    example = labels(batch, symbols, ObjectiveSettings(kind="labels", label_smoothing=0.1, r_drop=0.5), draws_of(0))
    assert (example.inputs.numpy() == batch.tokens).all()
    assert example.count == 0
    assert example.real is None or (example.real.numpy() == batch.real).all()
    assert (example.real is None) == batch.real.all()
    assert (example.segments.numpy() == batch.segments).all()
    assert {name: wanted.tolist() for name, wanted in example.labels.items()} == {
        name: wanted.tolist() for name, wanted in batch.labels.items()
    }
    assert (example.label_smoothing, example.r_drop, example.is_causal) == (0.1, 0.5, False)


def test_a_head_that_knows_nothing_loses_the_logarithm_of_its_choices(symbols: Symbols, draws_of) -> None:
    wanted = ModelSettings(depth=1, width=16, heads=2, context=24, **STACKS["transformer"])
    model = build_model(wanted, VOCABULARY, 1, heads=HEADS)
    rows = random_rows([(3, 4), (1, 2)], 1)
    example = labels(rows.batch(np.arange(2), 0, is_causal=False), symbols, DIALS, draws_of(0))
    found = {each.name: each for each in predictions(model, example)}
    assert set(found) == set(HEADS)
    assert found["first"].nats.item() == pytest.approx(2 * math.log(CLASSES), rel=1e-5)
    # Spans choose among the real places of their row, at both ends.
    assert found["span"].nats.item() == pytest.approx(2 * math.log(10) + 2 * math.log(6), rel=1e-5)
    assert [term.name for term in terms(model, example)] == list(HEADS)


def test_one_text_a_row_has_no_segments(symbols: Symbols, draws_of) -> None:
    tokens = np.array([[4, 30, 4]])
    batch = LabelledBatch(tokens, np.ones_like(tokens, dtype=bool), None, {"label": np.array([1])}, True)
    example = labels(batch, symbols, DIALS, draws_of(0))
    assert example.segments is None
    assert example.is_causal


@settings(max_examples=50, deadline=None)
@given(texts, st.integers(0, 99), st.floats(0, 0.99))
def test_hidden_tokens_are_the_words_of_a_text_alone(symbols: Symbols, draws_of, texts, seed, rate):
    batch = random_rows(texts, seed).batch(np.arange(len(texts)), 0, is_causal=False)
    plain = labels(batch, symbols, DIALS, draws_of(0))
    thinned = labels(batch, symbols, replace(DIALS, token_dropout=rate), draws_of(0))
    is_hidden = thinned.inputs != plain.inputs
    assert (thinned.inputs[is_hidden] == symbols.mask).all()
    assert (plain.inputs[is_hidden] >= symbols.special).all()
    assert rate > 0 or not is_hidden.any()


def test_about_the_share_that_is_asked_for_is_hidden(symbols: Symbols, draws_of):
    batch = random_rows([(200, 200)] * 20, 1).batch(np.arange(20), 0, is_causal=False)
    inputs = labels(batch, symbols, replace(DIALS, token_dropout=0.3), draws_of(0)).inputs
    share = (inputs == symbols.mask).sum().item() / (20 * 400)
    assert share == pytest.approx(0.3, abs=0.03)
