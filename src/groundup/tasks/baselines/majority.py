"""The guess that does not look: the most frequent label, or the most frequent answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from groundup.tasks.baselines.baseline import Baseline, Guesses
from groundup.tasks.examples import Labelled, Question


def majority_label(train: Sequence[Labelled]) -> Baseline:
    """Every text is given the label most frequent in training; probabilities are the labels' shares there."""
    counts = Counter(example.label for example in train)
    classes = tuple(sorted(counts))
    shares = np.array([counts[label] / len(train) for label in classes])
    label = _most_frequent(counts)

    def predict(examples: Sequence[Labelled]) -> Guesses:
        return Guesses([label] * len(examples), classes, np.tile(shares, (len(examples), 1)))

    return Baseline(
        "majority", f"Calls every text {label!r}, the most frequent label of the training examples.", predict
    )


def majority_answer(train: Sequence[Question]) -> Baseline:
    """Every question is given the answer most frequent in training; where there are kinds of questions, in its kind.

    What people gave as several answers to one question counts once each; that there is none is an answer too.
    """
    overall: Counter[str] = Counter()
    by_kind: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for example in train:
        answers = {answer.text for answer in example.answers} or {""}
        overall.update(answers)
        by_kind[example.kind].update(answers)
    answer = _most_frequent(overall)
    of_kind = {kind: _most_frequent(counts) for kind, counts in by_kind.items()}

    def predict(examples: Sequence[Question]) -> Guesses:
        return Guesses([of_kind.get(example.kind, answer) for example in examples])

    shown = f"{answer!r}" if answer else "that there is no answer"
    what = (
        "Gives every question the most frequent answer to the training questions of its kind."
        if len(by_kind) > 1
        else f"Answers every question with the most frequent training answer: {shown}."
    )
    return Baseline("majority", what, predict)


def _most_frequent(counts: Counter[str]) -> str:
    # Of equals the first in the alphabet, so that the order of the examples decides nothing.
    return min(counts, key=lambda text: (-counts[text], text))
