"""How sure a score is, and whether one system is better than another: the bootstrap over examples.

A test set is one draw of many that could have been; drawing its examples anew, with replacement, shows how far a
score moves by that chance alone (Efron and Tibshirani, An Introduction to the Bootstrap, 1993). Two systems are
compared on the same draws, so that what makes an example hard for both cancels out (Koehn 2004,
aclanthology.org/W04-3250). Scores come from sums of per-example statistics, so no text is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Sums of statistics [..., K] -> scores [...]: `bleu_of`, `chrf_of`, `mean`, figures of a confusion matrix, and so on.
Score = Callable[[NDArray[Any]], Floats]

RESAMPLES = 1000
# Draws held at once, which bounds the memory that large test sets take.
DRAWS_AT_ONCE = 2**22


@dataclass(frozen=True)
class Interval:
    """A score of the whole set, and where the middle `level` of the resampled scores lies."""

    score: float
    low: float
    high: float
    level: float
    resamples: int


@dataclass(frozen=True)
class Comparison:
    """System A beside system B on the same examples."""

    difference: Interval
    """The score of A less that of B."""
    share_better: float
    """Share of resamples in which A scores higher, a tie counting half; .95 is Koehn's "better at p = .05"."""
    p_value: float
    """Two-sided: how often a difference as large would come by chance, were there none between the systems."""


def per_example(values: NDArray[Any]) -> Floats:
    """Statistics [N, 2] of a figure [N] that each example has for itself; their score is `mean`."""
    return np.stack([values, np.ones(len(values))], -1)


def mean(sums: NDArray[Any]) -> Floats:
    """The mean of a figure, [...], from sums of `per_example`, [..., 2]."""
    return np.asarray(sums[..., 0] / sums[..., 1])


def resampled(statistics: NDArray[Any], score: Score, *, seed: int, resamples: int = RESAMPLES) -> Floats:
    """The scores [R] of R sets drawn with replacement from N examples whose statistics are [N, K].

    The draws depend on the seed, N and R alone: two systems that are given the same are drawn alike.
    """
    statistics = np.asarray(statistics, np.float64)
    return np.concatenate([score(times @ statistics) for times in _draws(len(statistics), resamples, seed)])


def interval(
    statistics: NDArray[Any], score: Score, *, seed: int, level: float = 0.95, resamples: int = RESAMPLES
) -> Interval:
    """The percentile interval of a score, from the statistics [N, K] of its examples."""
    scores = resampled(statistics, score, seed=seed, resamples=resamples)
    return _interval(float(score(statistics.sum(0))), scores, level)


def compare(
    a: NDArray[Any],
    b: NDArray[Any],
    score: Score,
    *,
    seed: int,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> Comparison:
    """The paired bootstrap: systems A and B by their statistics [N, K] on the same N examples, in the same order.

    The p-value moves the resampled differences d* to the mean 0 that they would have, were the systems alike, and
    counts those at least as far from it as the difference d that was seen: (1 + #{|d* - mean d*| >= |d|}) / (1 + R).
    """
    assert a.shape == b.shape, f"statistics of the same examples, not {a.shape} beside {b.shape}"
    found = float(score(a.sum(0)) - score(b.sum(0)))
    drawn = [resampled(each, score, seed=seed, resamples=resamples) for each in (a, b)]
    differences = drawn[0] - drawn[1]
    better = ((differences > 0).mean() + (differences >= 0).mean()) / 2
    # Rounding must not turn a tie into a difference.
    as_far = np.abs(differences - differences.mean()) >= abs(found) - 1e-12 * (1 + abs(found))
    p_value = (1 + int(as_far.sum())) / (1 + resamples)
    return Comparison(_interval(found, differences, level), float(better), p_value)


def _interval(score: float, scores: Floats, level: float) -> Interval:
    assert 0 < level < 1, f"a level between 0 and 1, not {level}"
    low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return Interval(score, float(low), float(high), level, len(scores))


def _draws(examples: int, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each example is drawn, [some of R, N], for all R in turn."""
    assert examples > 0, "no examples to draw from"
    assert resamples > 0, "no resamples asked for"
    generator = np.random.Generator(np.random.Philox(seed))
    at_once = max(1, DRAWS_AT_ONCE // examples)
    for first in range(0, resamples, at_once):
        rows = min(at_once, resamples - first)
        drawn = generator.integers(examples, size=(rows, examples)) + examples * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * examples).reshape(rows, examples).astype(np.float64)
