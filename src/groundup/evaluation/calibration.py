"""How good a classifier's probabilities are: log loss, Brier score, and whether 80 % sure is right 80 times in 100.

Guo et al. 2017 (arXiv 1706.04599) found networks to be surer of themselves than they are right, and measure it as
done here: guesses are sorted into bins by how sure they are, and in each the mean confidence is held against the
share that is right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

# As many as Guo et al. use.
BINS = 15


@dataclass(frozen=True)
class Reliability:
    """Guesses by confidence, in bins of one width: bin b holds those above b / B and up to (b + 1) / B."""

    counts: Indices
    """Guesses in each bin, [B]."""
    confidence: Floats
    """Their mean confidence, [B]; not a number where there are none."""
    accuracy: Floats
    """The share of them that is right, [B]; not a number where there are none."""

    @property
    def expected_error(self) -> float:
        """ECE: sum over bins of count / N * |accuracy - confidence|, from 0 to 1."""
        filled = self.counts > 0
        gaps = np.abs(self.accuracy - self.confidence)[filled]
        return float((self.counts[filled] * gaps).sum() / self.counts.sum())

    @property
    def largest_error(self) -> float:
        """MCE: the largest |accuracy - confidence| of a bin."""
        return float(np.nanmax(np.abs(self.accuracy - self.confidence)))


def log_losses(probabilities: Floats, golds: Indices) -> Floats:
    """Nats that each true class came as a surprise, [N]: -ln p, from probabilities [N, C] and class indices [N].

    Probabilities are kept a rounding error away from 0 and 1, as in scikit-learn, so that one certain mistake costs
    36 nats and not infinitely many. The mean is the log loss.
    """
    _check(probabilities, golds)
    smallest = np.finfo(probabilities.dtype).eps
    return -np.log(np.clip(probabilities[np.arange(len(golds)), golds], smallest, 1 - smallest))


def brier_scores(probabilities: Floats, golds: Indices) -> Floats:
    """The squared distance of each forecast from what came true, [N], from 0 to 2: sum over classes of (p - y)^2.

    As Brier wrote it (1950, Monthly Weather Review 78); for two classes many print half of it.
    """
    _check(probabilities, golds)
    return np.asarray(((probabilities - np.eye(probabilities.shape[1])[golds]) ** 2).sum(-1))


def reliability(probabilities: Floats, golds: Indices, bins: int = BINS) -> Reliability:
    """The likeliest classes and how sure they were, binned, from probabilities [N, C] and class indices [N]."""
    _check(probabilities, golds)
    return binned(probabilities.max(-1), probabilities.argmax(-1) == golds, bins)


def binned(confidences: Floats, is_right: NDArray[np.bool_], bins: int = BINS) -> Reliability:
    """The same from the confidence of each guess, [N], and whether it is right, [N]."""
    assert len(confidences), "no guesses to bin"
    # A bin has its upper edge; the first has 0 as well.
    places = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidences, side="left")
    counts = np.bincount(places, minlength=bins)
    with np.errstate(invalid="ignore"):
        confidence, accuracy = (
            np.bincount(places, weights=values, minlength=bins) / counts
            for values in (confidences, is_right.astype(np.float64))
        )
    return Reliability(counts, confidence, accuracy)


def _check(probabilities: Floats, golds: Indices) -> None:
    assert probabilities.ndim == 2, f"probabilities are [N, C], not {probabilities.shape}"
    assert len(probabilities) == len(golds) > 0, f"{len(probabilities)} forecasts for {len(golds)} examples"
    assert np.allclose(probabilities.sum(-1), 1, atol=1e-4), "the probabilities of an example add up to 1"
