"""How well a classifier decides: accuracy, precision, recall, F1 and Matthews correlation, from the confusion matrix.

Every figure is a function of confusion matrices [..., C, C], whose rows are the true classes and columns the guesses,
so that resampled matrices are judged by the same lines. What has nothing to divide by is 0, as in scikit-learn. How
good its probabilities are is measured in `calibration`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundup.errors import GroundupError, did_you_mean

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class ClassFigures:
    """Figures of each class, [..., C], or of their average, [...]."""

    precision: Floats
    """Of what was called so, the share that is."""
    recall: Floats
    """Of what is so, the share that was called it."""
    f1: Floats
    """The harmonic mean of both (van Rijsbergen, Information Retrieval, 1979)."""


def class_indices(labels: Sequence[str], classes: Sequence[str]) -> Indices:
    """The place of each label among the classes, [N]. Raises GroundupError for a label that is none of them."""
    places = {name: place for place, name in enumerate(classes)}
    for number, label in enumerate(labels, 1):
        if label not in places:
            raise GroundupError(
                f"Label {number:,} is {label!r}, which is none of the {len(classes)} classes.",
                did_you_mean(label, classes),
            )
    return np.array([places[label] for label in labels], np.int64)


def confusion_matrix(golds: Indices, guesses: Indices, classes: int) -> Indices:
    """How often each class, a row, was taken for each, a column: [C, C], from class indices [N]."""
    return np.bincount(_cells(golds, guesses, classes), minlength=classes**2).reshape(classes, classes)


def confusion_statistics(golds: Indices, guesses: Indices, classes: int) -> Indices:
    """The confusion matrix of every example, flat: [N, C * C], for resampling with `from_statistics`."""
    statistics = np.zeros((len(golds), classes**2), np.int64)
    statistics[np.arange(len(golds)), _cells(golds, guesses, classes)] = 1
    return statistics


def from_statistics(figure: Callable[[NDArray[Any]], Floats]) -> Callable[[NDArray[Any]], Floats]:
    """A figure of confusion matrices as one of their flat sums, [..., C * C]."""

    def score(sums: NDArray[Any]) -> Floats:
        classes = round(sums.shape[-1] ** 0.5)
        return figure(sums.reshape(*sums.shape[:-1], classes, classes))

    return score


def accuracy(confusion: NDArray[Any]) -> Floats:
    """The share of guesses that are right, [...]."""
    return _share(_right(confusion).sum(-1), confusion.sum((-2, -1)))


def per_class(confusion: NDArray[Any]) -> ClassFigures:
    """Precision, recall and F1 of each class, [..., C]."""
    return _figures(_right(confusion), confusion.sum(-2), confusion.sum(-1))


def macro(confusion: NDArray[Any]) -> ClassFigures:
    """The mean over the classes, each counting alike; one that never occurs counts as 0."""
    each = per_class(confusion)
    return ClassFigures(each.precision.mean(-1), each.recall.mean(-1), each.f1.mean(-1))


def weighted(confusion: NDArray[Any]) -> ClassFigures:
    """The mean over the classes, each counting as often as it is the true one."""
    each, support = per_class(confusion), confusion.sum(-1)
    examples = support.sum(-1)
    return ClassFigures(
        *(_share((figure * support).sum(-1), examples) for figure in (each.precision, each.recall, each.f1))
    )


def micro(confusion: NDArray[Any]) -> ClassFigures:
    """All decisions in one pot; where each example has one class, all three equal accuracy."""
    return _figures(_right(confusion).sum(-1), confusion.sum((-2, -1)), confusion.sum((-2, -1)))


AVERAGES: Mapping[str, Callable[[NDArray[Any]], ClassFigures]] = {"macro": macro, "micro": micro, "weighted": weighted}


def matthews(confusion: NDArray[Any]) -> Floats:
    """Matthews correlation, from -1 to 1; 0 is what guessing without looking gives, however uneven the classes.

    For two classes Matthews 1975; for more Gorodkin's R_K (2004, doi 10.1016/j.compbiolchem.2004.09.006):
    (c s - sum_k g_k t_k) / sqrt((s^2 - sum_k g_k^2) (s^2 - sum_k t_k^2)), where of s examples c are right, and
    class k is guessed g_k times and true t_k times.
    """
    confusion = np.asarray(confusion, np.float64)
    guessed, true = confusion.sum(-2), confusion.sum(-1)
    examples = true.sum(-1)
    shared = _right(confusion).sum(-1) * examples - (guessed * true).sum(-1)
    spread = (examples**2 - (guessed**2).sum(-1)) * (examples**2 - (true**2).sum(-1))
    return _share(shared, np.sqrt(np.maximum(spread, 0)))


def majority_class(labels: Indices) -> int:
    """The most frequent class of the training labels, the first of equals: what a blind guess would be."""
    assert len(labels), "no labels to count"
    return int(np.bincount(labels).argmax())


def majority_baseline(training: Indices, golds: Indices, classes: int) -> Indices:
    """The confusion matrix [C, C] of calling every example the class that is most frequent in training."""
    return confusion_matrix(golds, np.full_like(golds, majority_class(training)), classes)


def _cells(golds: Indices, guesses: Indices, classes: int) -> Indices:
    assert len(golds) == len(guesses), f"{len(guesses)} guesses for {len(golds)} examples"
    for name, indices in (("golds", golds), ("guesses", guesses)):
        assert not len(indices) or (indices.min() >= 0 and indices.max() < classes), f"{name} beyond the classes"
    return golds * classes + guesses


def _figures(right: NDArray[Any], guessed: NDArray[Any], true: NDArray[Any]) -> ClassFigures:
    return ClassFigures(_share(right, guessed), _share(right, true), _share(2 * right, guessed + true))


def _right(confusion: NDArray[Any]) -> NDArray[Any]:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _share(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.asarray(np.divide(part, whole, out=np.zeros_like(whole), where=whole != 0))
