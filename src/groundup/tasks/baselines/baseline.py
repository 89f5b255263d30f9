"""What a baseline is: a name, a sentence for the report, and a way to predict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundup.errors import GroundupError


@dataclass(frozen=True)
class Guesses:
    """What a baseline makes of N examples."""

    texts: list[str]
    """Labels, translations or answers, in the order of the examples."""
    classes: tuple[str, ...] = ()
    """The labels whose probabilities are given."""
    probabilities: NDArray[np.float64] | None = None
    """[N, C] over `classes`, each row of sum 1; None where the baseline has none."""


@dataclass(frozen=True)
class Baseline:
    """A baseline that has learnt what it can."""

    name: str
    what: str
    """A sentence on what it does, for the report."""
    predict: Callable[[Sequence[Any]], Guesses]
    """Guesses for examples of the kind that it was made from; their labels, targets and answers are not looked at."""


# Training examples -> a baseline. Raises NotFitting.
Maker = Callable[[Sequence[Any]], Baseline]


class NotFitting(GroundupError):  # noqa: N818  # a reason, not a failure
    """A baseline that cannot be made of these examples or on this machine: the report says why and goes on."""


class MissingPackage(NotFitting):
    """A baseline whose package is not installed."""
