"""How VADER, which was not trained on them, and the commonest label do on the reviews that a model is judged on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from groundup.evaluation.classification import accuracy, class_indices, confusion_matrix, macro, majority_baseline
from groundup.progress import Progress
from groundup.tasks.examples import Labelled
from groundup.tasks.made.vader import compound, read_lists

CLASSES = ("negative", "positive")


def baselines(train: list[Labelled], test: list[Labelled], lists: Path, progress: Progress) -> dict[str, Any]:
    """Accuracy and macro F1 on `test`, each a share of 1.

    `majority`: always the commonest label of `train`. `vader`: the sign of its score, and that label where it finds
    no word of its lexicon. `vader, cut fitted`: positive from that score on which serves `train` best, the most that
    VADER can be made to give; this is the one to beat.
    """
    progress("scoring by VADER's word lists")
    words = read_lists(lists)
    scores, golds = (
        [np.array([compound(one.text, words) for one in part]) for part in (train, test)],
        [class_indices([one.label for one in part], CLASSES) for part in (train, test)],
    )
    commonest = CLASSES.index(Counter(one.label for one in train).most_common(1)[0][0])
    undecided = scores[1] == 0
    by_sign = np.where(undecided, commonest, scores[1] > 0).astype(np.int64)
    cut = best_cut(scores[0], golds[0])
    matrices = {
        "majority": majority_baseline(golds[0], golds[1], len(CLASSES)),
        "vader": confusion_matrix(golds[1], by_sign, len(CLASSES)),
        "vader, cut fitted": confusion_matrix(golds[1], (scores[1] >= cut).astype(np.int64), len(CLASSES)),
    }
    figures: dict[str, Any] = {
        name: {"accuracy": float(accuracy(matrix)), "macro_f1": float(macro(matrix).f1)}
        for name, matrix in matrices.items()
    }
    figures["vader"]["undecided"] = int(undecided.sum())
    figures["vader, cut fitted"]["cut"] = cut
    return figures


def best_cut(scores: np.ndarray[Any, np.dtype[np.float64]], golds: np.ndarray[Any, np.dtype[np.int64]]) -> float:
    """The score from which on to say positive (1), so that most of `golds` are right; the lowest of equals."""
    cuts, places = np.unique(scores, return_inverse=True)
    # Below a cut the negatives are right, from it on the positives.
    negatives = np.bincount(places, weights=golds == 0, minlength=len(cuts))
    positives = np.bincount(places, weights=golds == 1, minlength=len(cuts))
    right = np.cumsum(negatives) - negatives + positives.sum() - (np.cumsum(positives) - positives)
    return float(cuts[right.argmax()])
