from __future__ import annotations

import math

import numpy as np
import pytest

from groundup.errors import GroundupError
from groundup.evaluation.classification import (
    AVERAGES,
    accuracy,
    class_indices,
    confusion_matrix,
    confusion_statistics,
    from_statistics,
    macro,
    majority_baseline,
    majority_class,
    matthews,
    micro,
    per_class,
)
from groundup.evaluation.resampling import interval, resampled


def some_labels(seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """True classes and guesses that are often right, of two to five classes, some of which may never occur."""
    draws = np.random.default_rng(seed)
    classes, examples = int(draws.integers(2, 6)), int(draws.choice([1, 3, 20, 60]))
    shares = draws.dirichlet(np.full(classes, 0.7))
    golds = draws.choice(classes, examples, p=shares)
    guesses = np.where(draws.random(examples) < draws.random(), golds, draws.choice(classes, examples, p=shares))
    return golds, guesses, classes


@pytest.mark.filterwarnings("ignore:A single label was found")
def test_scikit_learn_agrees_on_1000_cases() -> None:
    peer, config = pytest.importorskip("sklearn.metrics"), pytest.importorskip("sklearn").config_context
    with config(assume_finite=True, skip_parameter_validation=True):
        for seed in range(1000):
            golds, guesses, classes = some_labels(seed)
            confusion, labels = confusion_matrix(golds, guesses, classes), list(range(classes))
            assert (confusion == peer.confusion_matrix(golds, guesses, labels=labels)).all()
            assert float(matthews(confusion)) == pytest.approx(peer.matthews_corrcoef(golds, guesses), abs=1e-9)
            # Of what is one step from these, a part in turn, since the peer takes its time.
            way = (None, "macro", "micro", "weighted")[seed % 4]
            found = AVERAGES[way](confusion) if way else per_class(confusion)
            expected = peer.precision_recall_fscore_support(golds, guesses, labels=labels, average=way, zero_division=0)
            for ours, theirs in zip((found.precision, found.recall, found.f1), expected, strict=False):
                assert ours == pytest.approx(theirs, abs=1e-12), (seed, way)
            if way is None:
                assert float(accuracy(confusion)) == pytest.approx(peer.accuracy_score(golds, guesses), abs=1e-12)


def test_figures_worked_out_by_hand() -> None:
    # True "no": 6 right, 2 called "yes". True "yes": 1 called "no", 3 right.
    confusion = np.array([[6, 2], [1, 3]])
    found = per_class(confusion)
    assert found.precision == pytest.approx([6 / 7, 3 / 5])
    assert found.recall == pytest.approx([6 / 8, 3 / 4])
    assert found.f1 == pytest.approx([12 / 15, 6 / 9])
    assert float(accuracy(confusion)) == pytest.approx(9 / 12)
    # Matthews' own form for two classes.
    assert float(matthews(confusion)) == pytest.approx((6 * 3 - 2 * 1) / math.sqrt(7 * 5 * 8 * 4))


def test_micro_figures_are_accuracy() -> None:
    for seed in range(50):
        golds, guesses, classes = some_labels(seed)
        found = micro(confusion_matrix(golds, guesses, classes))
        assert float(found.precision) == float(found.recall) == float(found.f1) == (golds == guesses).mean()


def test_what_never_occurs_is_zero_and_no_error() -> None:
    found = per_class(np.zeros((3, 3), np.int64))
    assert found.precision.tolist() == found.recall.tolist() == found.f1.tolist() == [0, 0, 0]
    assert float(matthews(np.array([[5, 0], [3, 0]]))) == 0
    assert float(accuracy(np.zeros((2, 2)))) == 0


def test_many_matrices_are_judged_at_once() -> None:
    matrices = np.random.default_rng(1).integers(0, 9, (4, 5, 3, 3))
    for figure in (accuracy, matthews, lambda confusion: AVERAGES["weighted"](confusion).recall):
        assert figure(matrices) == pytest.approx(np.array([[figure(each) for each in row] for row in matrices]))


def test_figures_are_resampled_from_statistics() -> None:
    golds, guesses, classes = some_labels(30)
    statistics = confusion_statistics(golds, guesses, classes)
    assert (statistics.sum(0).reshape(classes, classes) == confusion_matrix(golds, guesses, classes)).all()
    score = from_statistics(lambda confusion: macro(confusion).f1)
    found = interval(statistics, score, seed=1)
    assert found.low <= found.score == pytest.approx(float(macro(confusion_matrix(golds, guesses, classes)).f1))
    picked = np.random.Generator(np.random.Philox(1)).integers(len(golds), size=(20, len(golds)))
    by_hand = [float(macro(confusion_matrix(golds[row], guesses[row], classes)).f1) for row in picked]
    assert resampled(statistics, score, seed=1, resamples=20) == pytest.approx(by_hand)


def test_the_majority_is_that_of_training() -> None:
    training, golds = np.array([2, 1, 2, 0]), np.array([0, 0, 2])
    assert majority_baseline(training, golds, 3).tolist() == [[0, 0, 2], [0, 0, 0], [0, 0, 1]]
    assert majority_class(np.array([1, 0, 1, 0])) == 0


def test_labels_become_places() -> None:
    assert class_indices(["good", "bad", "good"], ["bad", "good"]).tolist() == [1, 0, 1]


def test_a_label_that_is_no_class_is_an_error() -> None:
    with pytest.raises(GroundupError) as caught:
        class_indices(["good", "goood"], ["bad", "good"])
    assert "Label 2 is 'goood'" in caught.value.message
    assert "'good'" in caught.value.remedy


def test_a_broken_index_is_noticed() -> None:
    with pytest.raises(AssertionError, match="beyond"):
        confusion_matrix(np.array([0]), np.array([2]), 2)
