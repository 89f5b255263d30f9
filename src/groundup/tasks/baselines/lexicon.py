"""Sentiment by a list of words that people rated, without any training: VADER, where its package is installed.

VADER (Hutto and Gilbert 2014, doi 10.1609/icwsm.v8i1.14550) sums the ratings of a text's words, minds negation,
emphasis and capitals, and squeezes the sum into a compound score from -1 to 1. Its authors call a text neutral between
-0.05 and 0.05; where there are two labels only, 0 parts them.
"""

from __future__ import annotations

from collections.abc import Sequence

from groundup.tasks.baselines.baseline import Baseline, Guesses, MissingPackage, NotFitting
from groundup.tasks.examples import Labelled

# Names of the negative and the positive label, in small letters.
OPPOSITES = (("neg", "pos"), ("negative", "positive"), ("bad", "good"), ("0", "1"))


def vader(train: Sequence[Labelled]) -> Baseline:
    """The label that the sign of VADER's compound score tells; of the training set only the labels are looked at.

    Raises NotFitting where the labels are not two of `OPPOSITES`, MissingPackage.
    """
    negative, positive = _poles({example.label for example in train})
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError as error:
        raise MissingPackage(
            "VADER, a lexicon of sentiment, is not in the table: the package vaderSentiment is not installed.",
            "pip install vaderSentiment",
        ) from error
    analyzer = SentimentIntensityAnalyzer()

    def guess(example: Labelled) -> str:
        text = f"{example.text} {example.second}".strip()
        return positive if analyzer.polarity_scores(text)["compound"] >= 0 else negative

    return Baseline(
        "VADER",
        f"Calls a text {positive!r} where VADER, a lexicon of words rated by people (Hutto and Gilbert 2014), scores "
        "it 0 or more; not trained.",
        lambda examples: Guesses([guess(example) for example in examples]),
    )


def _poles(labels: set[str]) -> tuple[str, str]:
    plain = {label.strip().lower(): label for label in labels}
    for negative, positive in OPPOSITES:
        if plain.keys() == {negative, positive} and len(labels) == 2:
            return plain[negative], plain[positive]
    raise NotFitting(
        "VADER, a lexicon of sentiment, is not in the table: it needs two labels such as negative and positive."
    )
