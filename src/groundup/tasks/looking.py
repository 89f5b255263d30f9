"""Where a model looked while it wrote its answers: a few of them, to be shown in the report of its run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from groundup.decoding.maps import Alignment
from groundup.tasks.examples import Pair, Question
from groundup.tasks.prediction import Prediction
from groundup.tasks.translation import Translator, pair_of

# How many are shown, and how long texts may be that a picture has room for.
MOST, CHARACTERS = 2, 150


def looking(
    translator: Translator, examples: Sequence[Pair | Question], predictions: Sequence[Prediction]
) -> list[dict[str, Any]]:
    """Where the model looked for each word of its first answers in short pairs; ready for JSON."""
    found: list[dict[str, Any]] = []
    for example, said in zip(examples, predictions, strict=True):
        if len(found) == MOST:
            break
        source = pair_of(example).source
        if source.strip() and said.text.strip() and max(len(source), len(said.text)) <= CHARACTERS:
            found.append(as_plain(translator.align(source, said.text)))
    return found


def as_plain(found: Alignment) -> dict[str, Any]:
    """`source` [S] and `target` [T] words, and `weights` [T][S] to four places, ready for JSON."""
    weights = [[round(weight, 4) for weight in row] for row in found.weights.tolist()]
    return {"source": found.source, "target": found.target, "weights": weights}
