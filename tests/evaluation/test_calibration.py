from __future__ import annotations

import math

import numpy as np
import pytest

from groundup.evaluation.calibration import binned, brier_scores, log_losses, reliability


def some_forecasts(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities [N, C] and true classes [N]; some forecasts are certain, and some of those wrong."""
    draws = np.random.default_rng(seed)
    classes, examples = int(draws.integers(2, 6)), int(draws.choice([1, 5, 50]))
    probabilities = draws.dirichlet(np.full(classes, 0.5), examples)
    certain = draws.random(examples) < 0.1
    probabilities[certain] = np.eye(classes)[draws.integers(classes, size=int(certain.sum()))]
    return probabilities, draws.integers(classes, size=examples)


def test_scikit_learn_agrees_on_1000_cases() -> None:
    peer, config = pytest.importorskip("sklearn.metrics"), pytest.importorskip("sklearn").config_context
    with config(assume_finite=True, skip_parameter_validation=True):
        for seed in range(1000):
            probabilities, golds = some_forecasts(seed)
            labels = list(range(probabilities.shape[1]))
            expected = peer.log_loss(golds, probabilities, labels=labels)
            assert log_losses(probabilities, golds).mean() == pytest.approx(expected, abs=1e-9)
            expected = peer.brier_score_loss(golds, probabilities, labels=labels, scale_by_half=False)
            assert brier_scores(probabilities, golds).mean() == pytest.approx(expected, abs=1e-9)


def test_scikit_learn_has_the_same_bins() -> None:
    calibration_curve = pytest.importorskip("sklearn.calibration").calibration_curve
    draws = np.random.default_rng(1)
    for bins in (1, 5, 10, 15):
        # Edges among them, which belong to the bin below.
        confidences = np.concatenate([draws.random(200), np.linspace(0, 1, bins + 1)])
        is_right = draws.random(len(confidences)) < confidences
        found = binned(confidences, is_right, bins)
        accuracy, confidence = calibration_curve(is_right, confidences, n_bins=bins)
        filled = found.counts > 0
        assert found.accuracy[filled] == pytest.approx(accuracy)
        assert found.confidence[filled] == pytest.approx(confidence)


def test_the_expected_error_is_its_formula() -> None:
    """Each bin picked out of the examples by its two edges, as Guo et al. write it."""
    for seed in range(100):
        probabilities, golds = some_forecasts(seed)
        confidences, is_right = probabilities.max(-1), probabilities.argmax(-1) == golds
        expected = largest = 0.0
        for number in range(15):
            inside = (confidences > number / 15) & (confidences <= (number + 1) / 15)
            if inside.any():
                gap = abs(is_right[inside].mean() - confidences[inside].mean())
                expected, largest = expected + inside.mean() * gap, max(largest, gap)
        found = reliability(probabilities, golds)
        assert found.expected_error == pytest.approx(expected, abs=1e-12)
        assert found.largest_error == pytest.approx(largest, abs=1e-12)
        assert found.counts.sum() == len(golds)


def test_figures_worked_out_by_hand() -> None:
    probabilities, golds = np.array([[0.8, 0.2], [0.4, 0.6], [0.7, 0.3]]), np.array([0, 1, 1])
    assert log_losses(probabilities, golds) == pytest.approx([-math.log(0.8), -math.log(0.6), -math.log(0.3)])
    assert brier_scores(probabilities, golds) == pytest.approx([2 * 0.04, 2 * 0.16, 2 * 0.49])
    # One bin: 2.1 sure of three, two right.
    assert reliability(probabilities, golds, bins=1).expected_error == pytest.approx(abs(2 / 3 - 0.7))


def test_who_is_as_sure_as_right_has_no_error() -> None:
    confidences = np.repeat([0.25, 0.75], 4)
    is_right = np.array([True, False, False, False, True, True, True, False])
    assert binned(confidences, is_right).expected_error == pytest.approx(0, abs=1e-12)
    assert binned(np.ones(4), np.zeros(4, bool)).expected_error == 1


def test_one_certain_mistake_is_not_infinitely_bad() -> None:
    assert log_losses(np.array([[1.0, 0.0]]), np.array([1]))[0] == pytest.approx(36, abs=0.1)


def test_what_is_no_distribution_is_noticed() -> None:
    with pytest.raises(AssertionError, match="add up to 1"):
        log_losses(np.array([[2.0, 3.0]]), np.array([1]))
