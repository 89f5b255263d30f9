"""Sentiment by a list of words that people rated: VADER, where its word lists are on this machine.

VADER (Hutto and Gilbert 2014, doi 10.1609/icwsm.v8i1.14550) sums the ratings of a text's words, minds negation,
emphasis and capitals, and squeezes the sum into a compound score from -1 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from groundup.catalogue.references import local_path
from groundup.evaluation.classification import class_indices
from groundup.tasks.baselines.baseline import Baseline, Guesses, NotFitting
from groundup.tasks.examples import Labelled
from groundup.tasks.made.vader import compound, read_lists
from groundup.tasks.made.vader_score import best_cut

LISTS = "vader-lexicon"
# Names of the negative and the positive label, in small letters.
OPPOSITES = (("neg", "pos"), ("negative", "positive"), ("bad", "good"), ("0", "1"))


def vader(train: Sequence[Labelled]) -> Baseline:
    """The label that VADER's compound score tells, from the score on that serves the training examples best.

    Raises NotFitting where the labels are not two of `OPPOSITES`, or the word lists are not here; fetches nothing.
    """
    negative, positive = _poles({example.label for example in train})
    folder = local_path(LISTS)
    if folder is None:
        raise NotFitting(
            "VADER, a lexicon of sentiment, is not in the table: its word lists are not on this machine.",
            f"groundup data get {LISTS}",
        )
    lists = read_lists(folder)

    def score(example: Labelled) -> float:
        return compound(f"{example.text} {example.second}".strip(), lists)

    golds = class_indices([example.label for example in train], (negative, positive))
    cut = best_cut(np.array([score(example) for example in train]), golds)
    return Baseline(
        "VADER",
        f"Calls a text {positive!r} where VADER, a lexicon of words rated by people (Hutto and Gilbert 2014), scores "
        f"it {cut:.3f} or more, which serves the training examples best.",
        lambda examples: Guesses([positive if score(example) >= cut else negative for example in examples]),
    )


def _poles(labels: set[str]) -> tuple[str, str]:
    plain = {label.strip().lower(): label for label in labels}
    for negative, positive in OPPOSITES:
        if plain.keys() == {negative, positive} and len(labels) == 2:
            return plain[negative], plain[positive]
    raise NotFitting(
        "VADER, a lexicon of sentiment, is not in the table: it needs two labels such as negative and positive."
    )
