"""A trained model on examples that it never saw, beside simple baselines on the same ones."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from groundup.evaluation.resampling import compare
from groundup.progress import SILENT, Progress
from groundup.tasks.baselines.table import try_baselines
from groundup.tasks.judge import judge
from groundup.tasks.prediction import Prediction, Predictor
from groundup.tasks.settings import TaskSettings

# Of the bootstrap: a figure's interval is the same whenever it is worked out.
SEED = 1


@dataclass(frozen=True)
class Judged:
    """Predictions and everything that is to be said of them."""

    predictions: list[Prediction]
    facts: dict[str, Any]


def judged(
    task: TaskSettings,
    predictor: Predictor,
    train: Sequence[Any],
    test: Sequence[Any],
    progress: Progress = SILENT,
) -> Judged:
    """What `predictor` says of the `test` examples and how good it is, with baselines made from `train`, if any."""
    began = time.perf_counter()
    predictions = predictor.predict(test, progress)
    seconds = time.perf_counter() - began
    ours = judge(task.kind, test, predictions)
    facts: dict[str, Any] = {
        "examples": len(test),
        "main": ours.main,
        "figures": dict(ours.figures),
        "interval": asdict(ours.interval(SEED)),
        "details": dict(ours.details),
        "predicting_seconds": round(seconds, 3),
    }
    if not train:
        return Judged(predictions, facts)
    outcomes = try_baselines(task.kind, train, test, progress)
    facts["baselines"] = []
    for outcome in outcomes.tried:
        theirs = judge(task.kind, test, _as_predictions(outcome.guesses))
        entry: dict[str, Any] = {
            "name": outcome.name,
            "what": outcome.what,
            "figures": dict(theirs.figures),
            "learning_seconds": round(outcome.learning_seconds, 3),
            "predicting_seconds": round(outcome.predicting_seconds, 3),
        }
        entry["difference"] = asdict(compare(ours.statistics, theirs.statistics, ours.score, seed=SEED))
        facts["baselines"].append(entry)
    facts["baselines_left_out"] = list(outcomes.left_out)
    return Judged(predictions, facts)


def _as_predictions(guesses: Any) -> list[Prediction]:
    if guesses.probabilities is None:
        return [Prediction(text) for text in guesses.texts]
    return [
        Prediction(text, float(row.max()), {"probabilities": dict(zip(guesses.classes, map(float, row), strict=True))})
        for text, row in zip(guesses.texts, guesses.probabilities, strict=True)
    ]
