"""One opinion of several: a label's probability is the product of what each member finds, to the power of its weight.

Such a logarithmic pool (Genest and Zidek 1986, doi 10.1214/ss/1177013825) lets a member that is sure of a matter
outvote one that is not, and weights that do not add up to 1 make it surer or less sure than its members are: so it is
calibrated by the same few numbers, as by a temperature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from groundup.progress import SILENT, Progress
from groundup.tasks.classification import Chooser, predictions_of, shares_of
from groundup.tasks.examples import Labelled
from groundup.tasks.prediction import Prediction

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

# No member finds a label less probable than this, or one mistake would forbid it to all the others.
LEAST = 1e-12
# How far a weight lies from 1 / members before the examples are looked at, as a standard deviation. Members that are
# believed alike and no more than one alone would be are the sober guess, and a handful of examples can neither turn it
# over nor, all judged rightly, make the pool certain; a hundred outweigh it.
SPREAD = 0.5
# Newton's steps end where the slope is this flat; they are a dozen or less.
_FLAT, _STEPS, _HALVINGS = 1e-9, 100, 40


def pooled(probabilities: Floats, weights: Floats) -> Floats:
    """[N, C] the opinion of K members on N texts, from their probabilities [K, N, C] and weights [K]."""
    return np.exp(_logs(np.log(np.maximum(probabilities, LEAST)), weights))


def fit_pool(probabilities: Floats, golds: Indices) -> Floats:
    """[K] the weights, none below 0, that make labels [N] likeliest, by the probabilities [K, N, C] of K members.

    They are drawn a little towards 1 / K (see SPREAD). The surprise to be made small is convex, so that there is one
    best answer: it is the best of those for each choice of members with a weight above 0.
    """
    logs = np.log(np.maximum(probabilities, LEAST))
    members = range(len(logs))
    chosen = [these for count in range(len(logs) + 1) for these in combinations(members, count)]
    found = [weights for these in chosen if (weights := _fitted(logs, golds, these)).min() >= 0]
    return min(found, key=lambda weights: _loss(logs, golds, weights))


def _fitted(logs: Floats, golds: Indices, free: Sequence[int]) -> Floats:
    """The best weights where those of the `free` members may be anything, and all others are 0: by Newton's method."""
    weights = np.zeros(len(logs))
    which = np.array(free, np.int64)
    weights[which] = 1 / len(logs)
    for _ in range(_STEPS if len(which) else 0):
        slope, curve = _slopes(logs, golds, weights)
        slope, curve = slope[which], curve[np.ix_(which, which)]
        if np.abs(slope).max() < _FLAT * (1 + len(golds)):
            break
        step, here = np.linalg.solve(curve, slope), _loss(logs, golds, weights)
        for halving in range(_HALVINGS):
            there = weights.copy()
            there[which] -= step / 2**halving
            if _loss(logs, golds, there) <= here:
                weights = there
                break
        else:
            break
    return weights


def _loss(logs: Floats, golds: Indices, weights: Floats) -> float:
    """The surprise at all labels and, by SPREAD, at the weights, in nats."""
    right = _logs(logs, weights)[np.arange(len(golds)), golds]
    return float(np.square((weights - 1 / len(logs)) / SPREAD).sum() / 2 - right.sum())


def _slopes(logs: Floats, golds: Indices, weights: Floats) -> tuple[Floats, Floats]:
    """The first and second derivatives of `_loss` by the weights, [K] and [K, K]."""
    shares = np.exp(_logs(logs, weights))
    expected = (shares * logs).sum(-1)
    right = logs[:, np.arange(len(golds)), golds]
    apart = logs - expected[..., None]
    slope = (expected - right).sum(-1) + (weights - 1 / len(logs)) / SPREAD**2
    curve = np.einsum("nc,jnc,knc->jk", shares, apart, apart) + np.eye(len(logs)) / SPREAD**2
    return slope, curve


def _logs(logs: Floats, weights: Floats) -> Floats:
    """[N, C] ln of the pool's probabilities, from those of its members, [K, N, C]."""
    mixed: Floats = np.einsum("k,knc->nc", weights, logs)
    mixed = mixed - mixed.max(-1, keepdims=True)
    return np.asarray(mixed - np.log(np.exp(mixed).sum(-1, keepdims=True)))


class Pool(Chooser):
    """Several that choose together, each with a weight; what each alone would say is said, too."""

    def __init__(self, members: Mapping[str, Chooser], weights: Mapping[str, float]) -> None:
        """`members` and their `weights` by what they are called; all know the same labels in the same order."""
        self.members = dict(members)
        self.weights = np.array([weights[name] for name in members], np.float64)
        self.names = next(iter(members.values())).names
        assert all(list(each.names) == list(self.names) for each in members.values()), "members know other labels"

    def probabilities(self, examples: Sequence[Labelled], progress: Progress = SILENT) -> Floats:
        """[N, labels] for N texts, in the order of `names`."""
        return pooled(self.opinions(examples, progress), self.weights)

    def opinions(self, examples: Sequence[Labelled], progress: Progress = SILENT) -> Floats:
        """[K, N, labels] what each member finds."""
        return np.stack([member.probabilities(examples, progress) for member in self.members.values()])

    def predict(self, examples: Sequence[Labelled], progress: Progress = SILENT) -> list[Prediction]:
        """As `said_of` has it."""
        return self.said_of(self.opinions(examples, progress))

    def said_of(self, opinions: Floats) -> list[Prediction]:
        """What comes of the members' `opinions` [K, N, labels]: beside it, `alone` has their probabilities by name."""
        said = predictions_of(self.names, pooled(opinions, self.weights))
        alone = ([shares_of(self.names, row) for row in each] for each in opinions)
        return [
            replace(prediction, more={**prediction.more, "alone": dict(zip(self.members, shares, strict=True))})
            for prediction, *shares in zip(said, *alone, strict=True)
        ]
