"""The baselines of each task, and one call that tries them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from groundup.progress import SILENT, Progress
from groundup.tasks.baselines.baseline import Guesses, Maker, NotFitting
from groundup.tasks.baselines.copy import copy
from groundup.tasks.baselines.dictionary import dictionary
from groundup.tasks.baselines.lexicon import vader
from groundup.tasks.baselines.log_linear import log_linear
from groundup.tasks.baselines.majority import majority_answer, majority_label
from groundup.tasks.baselines.ngrams import logistic_regression
from groundup.tasks.baselines.sliding_window import sliding_window

BASELINES: dict[str, tuple[Maker, ...]] = {
    "classification": (majority_label, vader, logistic_regression),
    "translation": (copy, dictionary),
    "questions": (majority_answer, sliding_window, log_linear),
}


@dataclass(frozen=True)
class Outcome:
    """What a baseline made of the test examples, and how long that took."""

    name: str
    what: str
    guesses: Guesses
    learning_seconds: float
    predicting_seconds: float


@dataclass(frozen=True)
class Outcomes:
    """All baselines of a task."""

    tried: tuple[Outcome, ...]
    left_out: tuple[str, ...]
    """Why a baseline is not among them, a sentence or two each."""


def try_baselines(kind: str, train: Sequence[Any], test: Sequence[Any], progress: Progress = SILENT) -> Outcomes:
    """Every baseline of a kind of task, made from `train` and asked about `test`; neither may be empty."""
    assert len(train), "a baseline learns from examples"
    assert len(test), "a baseline is judged on examples"
    tried: list[Outcome] = []
    left_out: list[str] = []
    makers = BASELINES[kind]
    for number, maker in enumerate(makers):
        progress("baselines", number, len(makers))
        start = perf_counter()
        try:
            baseline = maker(train)
        except NotFitting as reason:
            left_out.append(str(reason))
            continue
        learnt = perf_counter()
        guesses = baseline.predict(test)
        assert len(guesses.texts) == len(test), f"{baseline.name}: {len(guesses.texts)} guesses for {len(test)}"
        tried.append(Outcome(baseline.name, baseline.what, guesses, learnt - start, perf_counter() - learnt))
    progress("baselines", len(makers), len(makers))
    return Outcomes(tuple(tried), tuple(left_out))
