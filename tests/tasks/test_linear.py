"""What is fitted is the optimum, worked out here on dense matrices by other means, and follows from the data alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.tasks.linear import Linear, fit_linear, log_count_ratios
from groundup.tasks.ngrams import Rows

Problem = tuple[np.ndarray, np.ndarray, int]
few = settings(max_examples=25)


def rows_from(dense: np.ndarray) -> Rows:
    """A matrix [N, F] of zeros and ones as rows."""
    _, places = np.nonzero(dense)
    return Rows(places, np.concatenate([[0], np.cumsum(dense.sum(1))]), dense.shape[1])


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    chance = np.random.default_rng(draw(st.integers(0, 10_000)))
    classes, texts, features = draw(st.integers(2, 4)), draw(st.integers(4, 30)), draw(st.integers(1, 12))
    labels = np.concatenate([np.arange(classes), chance.integers(0, classes, texts - classes)])
    return (chance.random((texts, features)) < 0.4).astype(int), labels, classes


def ratios_of(dense: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """The log-count ratios by the formula of the paper, label by label."""
    found = np.zeros((dense.shape[1], classes))
    for label in range(classes):
        p, q = (1 + dense[which].sum(0) for which in (labels == label, labels != label))
        found[:, label] = np.log((p / p.sum()) / (q / q.sum()))
    return found


@few
@given(problems())
def test_ratios_are_those_of_the_paper(problem: Problem) -> None:
    dense, labels, classes = problem
    np.testing.assert_allclose(log_count_ratios(rows_from(dense.T), labels, classes), ratios_of(*problem), atol=1e-12)


@few
@given(problems(), st.sampled_from([0.1, 1.0, 10.0]))
def test_the_fit_is_the_optimum(problem: Problem, penalty: float) -> None:
    dense, labels, classes = problem
    found = fit_linear(rows_from(dense), labels, classes, penalty)
    ratios, matrix, golds = (torch.tensor(each) for each in (ratios_of(*problem), dense.astype(float), labels))

    def loss_of(own: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        logits = matrix @ (ratios * own) + bias
        return torch.nn.functional.cross_entropy(logits, golds, reduction="sum") + penalty / 2 * own.square().sum()

    own, bias = (torch.zeros(shape, dtype=torch.float64, requires_grad=True) for shape in (ratios.shape, classes))
    solver = torch.optim.LBFGS([own, bias], max_iter=1000, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

    def step() -> torch.Tensor:
        solver.zero_grad()
        loss = loss_of(own, bias)
        loss.backward()
        return loss

    solver.step(step)
    best = (matrix @ (ratios * own) + bias).softmax(-1).detach().numpy()
    np.testing.assert_allclose(found.probabilities(rows_from(dense)), best, atol=1e-4)


@few
@given(problems(), st.integers(0, 1000))
def test_the_order_of_texts_does_not_matter(problem: Problem, seed: int) -> None:
    dense, labels, classes = problem
    order = np.random.default_rng(seed).permutation(len(labels))
    one, other = (
        fit_linear(rows_from(dense[which]), labels[which], classes, 1.0).probabilities(rows_from(dense))
        for which in (np.arange(len(labels)), order)
    )
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_without_features_it_says_how_often_each_label_comes() -> None:
    empty = np.zeros((4, 0), int)
    fitted = fit_linear(rows_from(empty), np.array([0, 0, 0, 1]), 2, 1.0)
    np.testing.assert_allclose(fitted.probabilities(rows_from(np.zeros((2, 0), int))), [[0.75, 0.25]] * 2, atol=1e-5)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_logits_are_sums_of_weights(kind: type) -> None:
    linear = Linear(np.array([[1.0, 0.0], [0.0, 2.0]], kind), np.array([0.5, 0.0]))
    dense = np.array([[0, 0], [1, 0], [1, 1]])
    logits = dense @ linear.weights + linear.bias
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(linear.probabilities(rows_from(dense)), expected, atol=1e-7)
