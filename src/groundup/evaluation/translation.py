"""What the metrics of translation share: how hypotheses and references are given, counts of n-grams, and a score.

A corpus metric is no mean of sentence scores: it is computed from sums of counts over sentences. So each metric here
is two functions: one gives the counts of every sentence, [N, K], and one turns their sums, [..., K], into scores,
[...]. The counts are kept, for with them a resampled corpus is scored without reading any text again (`resampling`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from groundup import __version__
from groundup.errors import GroundupError

Token = TypeVar("Token")
# For each sentence, in the order of the hypotheses: its reference, or several of them.
References = Sequence[str | Sequence[str]]


@dataclass(frozen=True)
class CorpusScore:
    """A metric of a whole corpus."""

    name: str
    score: float
    """From 0 to 100."""
    signature: str
    """What was counted and how, in sacreBLEU's words (Post 2018, arXiv 1804.08771), with our own version."""
    statistics: NDArray[np.int64]
    """The counts of every sentence, [N, K]."""


def paired(hypotheses: Sequence[str], references: References) -> list[tuple[str, tuple[str, ...]]]:
    """Each hypothesis with its references.

    Raises GroundupError where there are none, where their numbers differ, or where a sentence has no reference.
    """
    if not hypotheses:
        raise GroundupError("There is no translation to score.", "Give at least one sentence and its reference.")
    if len(hypotheses) != len(references):
        raise GroundupError(
            f"There are {len(hypotheses):,} translations and references for {len(references):,} sentences.",
            "Give both in the same order, one line each; an empty translation is an empty line.",
        )
    pairs = []
    for number, (hypothesis, given) in enumerate(zip(hypotheses, references, strict=True), 1):
        texts = (given,) if isinstance(given, str) else tuple(given)
        if not texts:
            raise GroundupError(f"Sentence {number:,} has no reference.", "Give each sentence one reference or more.")
        pairs.append((hypothesis, texts))
    return pairs


def signature(references: References, **choices: object) -> str:
    """The choices that a score depends on; `nrefs:var` where sentences differ in how many references they have."""
    numbers = {1 if isinstance(given, str) else len(given) for given in references}
    found: dict[str, object] = {"nrefs": numbers.pop() if len(numbers) == 1 else "var"}
    found |= choices | {"version": f"groundup-{__version__}"}
    return "|".join(f"{name}:{value}" for name, value in found.items())


def ngrams(tokens: Sequence[Token], order: int) -> Counter[tuple[Token, ...]]:
    """How often each run of `order` tokens occurs; the tokens of a string are its characters."""
    return Counter(zip(*(tokens[start:] for start in range(order)), strict=False))
