"""What a model says of an example, and how good what it says is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

from groundup.evaluation.resampling import Interval, Score, interval
from groundup.progress import SILENT, Progress


@dataclass(frozen=True)
class Prediction:
    """An answer to one example."""

    text: str
    """The translation, the label or the answer."""
    score: float | None = None
    """How sure the model is: a probability from 0 to 1 of labels and spans, the search's score of written texts."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What else there is to say, ready for JSON: probabilities of all labels, further texts, places in a passage."""


def prediction_lines(examples: Sequence[Any], predictions: Sequence[Prediction]) -> str:
    """Predictions as JSON lines, each with the id of its example."""
    pairs = zip(examples, predictions, strict=True)
    rows = ({"id": example.id, **asdict(prediction)} for example, prediction in pairs)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


class Predictor(Protocol):
    """A trained model ready to answer."""

    def predict(self, examples: Sequence[Any], progress: Progress = SILENT) -> list[Prediction]:
        """One prediction for each example, in their order. What examples say of the right answer is not looked at."""


@dataclass(frozen=True)
class Judgement:
    """How good a list of predictions is."""

    figures: Mapping[str, float]
    """By name, the main one first."""
    statistics: NDArray[Any]
    """[N, K] what each example adds to the main figure, and"""
    score: Score
    """the main figure from sums of them: so that it is resampled, and compared with others on the same examples."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Signatures, confusion matrices, figures of parts: ready for JSON."""

    @property
    def main(self) -> str:
        """The name of the main figure."""
        return next(iter(self.figures))

    def interval(self, seed: int = 1) -> Interval:
        """Where the main figure would lie with other examples of the kind: by bootstrap over examples."""
        return interval(self.statistics, self.score, seed=seed)
