"""Weights are the best there are, and sober where there is little to go by; a member without weight has no say."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.tasks.classification import Chooser
from groundup.tasks.examples import Labelled
from groundup.tasks.opinion_pool import LEAST, SPREAD, Pool, fit_pool, pooled

some = settings(max_examples=40)


def opinions_of(seed: int, members: int, texts: int, classes: int, golds: np.ndarray, sure: float) -> np.ndarray:
    """Probabilities [K, N, C] of members that know something of the labels."""
    chance = np.random.default_rng(seed)
    knows = chance.uniform(-0.5, 2, members)[:, None, None]
    logits = chance.normal(size=(members, texts, classes)) + knows * np.eye(classes)[golds]
    shares = np.exp(sure * logits)
    return shares / shares.sum(-1, keepdims=True)


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    seed, classes, texts = draw(st.integers(0, 10_000)), draw(st.integers(2, 4)), draw(st.integers(1, 60))
    golds = np.random.default_rng(seed).integers(0, classes, texts)
    return opinions_of(seed, draw(st.integers(1, 3)), texts, classes, golds, draw(st.sampled_from([0.3, 1, 5]))), golds


def loss_of(opinions: np.ndarray, golds: np.ndarray, weights: np.ndarray) -> float:
    """What the weights are to make small, by the formula."""
    product_of = np.prod(np.maximum(opinions, LEAST) ** np.asarray(weights)[:, None, None], axis=0)
    right = (product_of / product_of.sum(-1, keepdims=True))[np.arange(len(golds)), golds]
    return float(-np.log(right).sum() + (((np.asarray(weights) - 1 / len(opinions)) / SPREAD) ** 2).sum() / 2)


@some
@given(problems(), st.integers(0, 2))
def test_one_with_all_the_weight_is_what_is_said(problem: tuple[np.ndarray, np.ndarray], who: int) -> None:
    opinions, _ = problem
    who %= len(opinions)
    np.testing.assert_allclose(pooled(opinions, np.eye(len(opinions))[who]), opinions[who], atol=1e-9)
    nobody = pooled(opinions, np.zeros(len(opinions)))
    np.testing.assert_allclose(nobody, 1 / opinions.shape[-1])


@some
@given(problems())
def test_no_other_weights_fit_better(problem: tuple[np.ndarray, np.ndarray]) -> None:
    opinions, golds = problem
    found = fit_pool(opinions, golds)
    assert found.min() >= 0
    best = loss_of(opinions, golds, found)
    for moved in product((-0.1, -0.001, 0, 0.001, 0.1), repeat=len(found)):
        assert best <= loss_of(opinions, golds, np.maximum(found + moved, 0)) + 1e-7
    # Convex, so what is best nearby is best; but let it be seen.
    for weights in product((0, 0.3, 1, 2), repeat=len(found)):
        assert best <= loss_of(opinions, golds, np.array(weights, float)) + 1e-7


@some
@given(problems(), st.integers(0, 1000))
def test_neither_the_order_of_texts_nor_that_of_members_matters(
    problem: tuple[np.ndarray, np.ndarray], seed: int
) -> None:
    opinions, golds = problem
    order = np.random.default_rng(seed).permutation(len(golds))
    found = fit_pool(opinions, golds)
    np.testing.assert_allclose(fit_pool(opinions[:, order], golds[order]), found, atol=1e-5)
    np.testing.assert_allclose(fit_pool(opinions[::-1], golds)[::-1], found, atol=1e-5)


def test_a_handful_of_examples_leaves_both_a_say_and_neither_certain() -> None:
    golds = np.array([0, 1, 0, 1])
    sure = np.eye(2)[golds]
    found = fit_pool(np.stack([0.98 * sure + 0.01, 0.6 * sure + 0.2]), golds)
    assert 0.4 < found.min() <= found.max() < 1


def test_many_examples_take_the_say_from_one_that_knows_nothing_and_temper_one_that_is_too_sure() -> None:
    golds = np.random.default_rng(1).integers(0, 2, 4000)
    opinions = opinions_of(2, 2, 4000, 2, golds, 1.0)
    chance = np.random.default_rng(3).dirichlet([1, 1], 4000)
    knowing = min(opinions, key=lambda each: loss_of(each[None], golds, np.ones(1)))
    alone = fit_pool(knowing[None], golds)
    both = fit_pool(np.stack([knowing, chance]), golds)
    assert both[1] < 0.05
    assert both[0] == pytest.approx(alone[0], rel=0.05)
    too_sure = knowing**4 / (knowing**4).sum(-1, keepdims=True)
    assert fit_pool(np.stack([too_sure, chance]), golds)[0] == pytest.approx(both[0] / 4, rel=0.05)


def test_what_one_finds_impossible_another_may_still_choose() -> None:
    found = pooled(np.array([[[1.0, 0.0]], [[0.0, 1.0]]]), np.array([0.1, 1.0]))
    assert found[0].argmax() == 1
    assert np.isfinite(found).all()


class Said(Chooser):
    """Says what it was told to."""

    def __init__(self, rows: np.ndarray) -> None:
        self.names, self.rows = ["bad", "good"], rows

    def probabilities(self, examples: Any, progress: Any = None) -> np.ndarray:
        return self.rows


def test_a_pool_says_what_each_alone_would_say() -> None:
    one, other = np.array([[0.9, 0.1], [0.4, 0.6]]), np.array([[0.2, 0.8], [0.3, 0.7]])
    pool = Pool({"network": Said(one), "ngrams": Said(other)}, {"ngrams": 1.0, "network": 0.5})
    examples = [Labelled("1", "a", ""), Labelled("2", "b", "")]
    said = pool.predict(examples)
    expected = pooled(np.stack([one, other]), np.array([0.5, 1.0]))
    np.testing.assert_allclose(pool.probabilities(examples), expected)
    for row, each, alone, beside in zip(expected, said, one, other, strict=True):
        assert list(each.more["probabilities"].values()) == pytest.approx(row.tolist())
        assert each.text == pool.names[row.argmax()]
        assert each.more["alone"] == {
            "network": dict(zip(pool.names, alone.tolist(), strict=True)),
            "ngrams": dict(zip(pool.names, beside.tolist(), strict=True)),
        }
