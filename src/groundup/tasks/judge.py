"""How good predictions are, by the published figures of their task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundup.evaluation.answers import answer_statistics
from groundup.evaluation.bleu import bleu, bleu_of
from groundup.evaluation.calibration import log_losses, reliability
from groundup.evaluation.chrf import chrf
from groundup.evaluation.classification import (
    accuracy,
    class_indices,
    confusion_matrix,
    macro,
    matthews,
    per_class,
)
from groundup.evaluation.resampling import mean, per_example
from groundup.reports.mistakes import FAILED, are_babi
from groundup.tasks.examples import Labelled, Pair, Question
from groundup.tasks.prediction import Judgement, Prediction


def judge(kind: str, examples: Sequence[Any], predictions: Sequence[Prediction]) -> Judgement:
    """The figures of predictions for examples of a kind of task."""
    return _JUDGES[kind](examples, predictions)


def _translation(examples: Sequence[Pair], predictions: Sequence[Prediction]) -> Judgement:
    hypotheses = [prediction.text for prediction in predictions]
    references = [example.target for example in examples]
    by_words, by_letters = bleu(hypotheses, references), chrf(hypotheses, references)
    return Judgement(
        {"bleu": by_words.score, "chrf": by_letters.score},
        by_words.statistics,
        bleu_of,
        {"signatures": {"bleu": by_words.signature, "chrf": by_letters.signature}, "pairs": len(examples)},
    )


def _classification(examples: Sequence[Labelled], predictions: Sequence[Prediction]) -> Judgement:
    golds = [example.label for example in examples]
    guesses = [prediction.text for prediction in predictions]
    classes = sorted({*golds, *guesses})
    gold, guess = class_indices(golds, classes), class_indices(guesses, classes)
    confusion = confusion_matrix(gold, guess, len(classes))
    each = per_class(confusion)
    figures = {
        "accuracy": 100 * float(accuracy(confusion)),
        "macro_f1": 100 * float(macro(confusion).f1),
        "matthews": float(matthews(confusion)),
    }
    details: dict[str, Any] = {
        "examples": len(examples),
        "classes": classes,
        "confusion": confusion.tolist(),
        "precision": each.precision.tolist(),
        "recall": each.recall.tolist(),
        "f1": each.f1.tolist(),
    }
    # A class that these examples do not have, and that is guessed for none, still has a share of the probability.
    known = sorted(
        {*classes, *(name for prediction in predictions for name in prediction.more.get("probabilities", ()))}
    )
    probabilities = _probabilities(predictions, known)
    if probabilities is not None:
        gold_of_known = class_indices(golds, known)
        found = reliability(probabilities, gold_of_known)
        figures["calibration_error"] = 100 * found.expected_error
        figures["log_loss"] = float(log_losses(probabilities, gold_of_known).mean())
        details["reliability"] = {
            "counts": found.counts.tolist(),
            "confidence": np.nan_to_num(found.confidence).tolist(),
            "accuracy": np.nan_to_num(found.accuracy).tolist(),
        }
    if alone := _alone(examples, predictions):
        details["alone"] = alone
    # Of the main figure alone: the confusion matrix of each example has 90,000 cells where there are 300 labels.
    return Judgement(figures, per_example(100.0 * (gold == guess)), mean, details)


def _alone(examples: Sequence[Labelled], predictions: Sequence[Prediction]) -> dict[str, Mapping[str, float]]:
    """The figures of each of those that chose the labels together, had it been alone; empty where one chose."""
    opinions = [prediction.more.get("alone") or {} for prediction in predictions]
    found = {}
    for name in opinions[0] if opinions else ():
        theirs = [
            Prediction(max(shares, key=shares.__getitem__), max(shares.values()), {"probabilities": shares})
            for shares in (opinion[name] for opinion in opinions)
        ]
        found[name] = _classification(examples, theirs).figures
    return found


def _probabilities(predictions: Sequence[Prediction], classes: Sequence[str]) -> NDArray[np.float64] | None:
    """[N, C] where every prediction has them; classes that the model does not know have none of it."""
    given = [prediction.more.get("probabilities") for prediction in predictions]
    if not all(given):
        return None
    return np.array([[row.get(name, 0.0) for name in classes] for row in given if row is not None])


def _questions(examples: Sequence[Question], predictions: Sequence[Prediction]) -> Judgement:
    answers = [prediction.text for prediction in predictions]
    golds = [[answer.text for answer in example.answers] for example in examples]
    is_open = any(example.is_impossible or not example.answers for example in examples)
    statistics = 100 * answer_statistics(answers, golds, "2.0" if is_open else "1.1")
    exact, overlap = statistics.mean(0)
    details: dict[str, Any] = {"questions": len(examples), "rules": "SQuAD 2.0" if is_open else "SQuAD 1.1"}
    figures = {"f1": float(overlap), "exact": float(exact)}
    kinds = defaultdict(list)
    for example, row in zip(examples, statistics, strict=True):
        kinds[example.kind].append(row)
    if len(kinds) > 1:
        details["kinds"] = {
            kind: {"questions": len(rows), "exact": float(np.mean(rows, 0)[0]), "f1": float(np.mean(rows, 0)[1])}
            for kind, rows in sorted(kinds.items(), key=lambda item: (len(item[0]), item[0]))
        }
        if are_babi(kinds):
            errors = [100 - found["exact"] for found in details["kinds"].values()]
            figures["mean_error"] = float(np.mean(errors))
            figures["failed"] = float(sum(error > FAILED for error in errors))
    return Judgement(figures, per_example(statistics[:, 1]), mean, details)


_JUDGES: Mapping[str, Callable[[Sequence[Any], Sequence[Prediction]], Judgement]] = {
    "translation": _translation,
    "classification": _classification,
    "questions": _questions,
}
