"""Corpus BLEU as it is published: cased, 13a tokens, exponential smoothing, on detokenised text.

BLEU = BP * exp(mean over n = 1..4 of ln p_n), in per cent (Papineni et al. 2002, aclanthology.org/P02-1040).
p_n is the share of the hypotheses' n-grams that are in a reference, each counted at most as often as it is there;
BP = exp(1 - r / c) where the hypotheses' length c is below the references' r, else 1. The defaults are those of
sacreBLEU (Post 2018, arXiv 1804.08771), whose scores these equal; the tests hold both side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundup.evaluation.translation import CorpusScore, References, ngrams, paired, signature

ORDER = 4
# The columns of the statistics: two lengths, then for each order what matched and what there was.
HYPOTHESIS, REFERENCE, MATCHES, TOTALS = 0, 1, slice(2, 2 + ORDER), slice(2 + ORDER, 2 + 2 * ORDER)

# The rules of mteval-v13a, NIST's script: every ASCII mark is a token, but for the apostrophe, and for full stops,
# commas and hyphens where digits say that they belong to a number or a word.
_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_MARKS = str.maketrans({mark: f" {mark} " for mark in '!"#$%&()*+/:;<=>?@[\\]^_`{|}~'})
_POINTS = (
    # A match eats the neighbour, so of two marks in a row the second may be left for the next rule; a look-around
    # would find it, and would no longer give the published scores.
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])-"), r"\1 - "),
)


@dataclass(frozen=True)
class BleuParts:
    """What a score is made of: precisions in per cent for n = 1..4, and both lengths in tokens."""

    precisions: tuple[float, ...]
    brevity_penalty: float
    hypothesis_length: int
    reference_length: int


def bleu(hypotheses: Sequence[str], references: References) -> CorpusScore:
    """Corpus BLEU of detokenised translations. Raises GroundupError where texts and references do not match."""
    statistics = bleu_statistics(hypotheses, references)
    details = signature(references, case="mixed", eff="no", tok="13a", smooth="exp")
    return CorpusScore("BLEU", float(bleu_of(statistics.sum(0))), details, statistics)


def bleu_statistics(hypotheses: Sequence[str], references: References) -> NDArray[np.int64]:
    """The counts of every sentence, [N, 10]: lengths of hypothesis and reference, matches and totals of each order.

    Of several references the length nearest to the hypothesis' counts, the shorter of two as near.
    """
    rows = [
        sentence_counts(tokens_13a(hypothesis), [tokens_13a(text) for text in texts])
        for hypothesis, texts in paired(hypotheses, references)
    ]
    return np.array(rows, np.int64)


def sentence_counts(hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> list[int]:
    """The counts of one sentence given as tokens."""
    matches = []
    for order in range(1, ORDER + 1):
        allowed = reduce(or_, (ngrams(tokens, order) for tokens in references))
        matches.append((ngrams(hypothesis, order) & allowed).total())
    nearest = nearest_length(len(hypothesis), map(len, references))
    return [len(hypothesis), nearest, *matches, *ngram_totals(len(hypothesis))]


def nearest_length(length: int, lengths: Iterable[int]) -> int:
    """The one of `lengths` that is nearest to `length`, the shorter of two as near."""
    return min(lengths, key=lambda other: (abs(other - length), other))


def ngram_totals(length: int) -> list[int]:
    """How many n-grams of each order a sentence of so many tokens has."""
    return [max(0, length - order + 1) for order in range(1, ORDER + 1)]


def bleu_of(sums: NDArray[Any]) -> NDArray[np.float64]:
    """Scores [...] from sums of statistics, [..., 10]."""
    precisions, penalty = _precisions(sums), _brevity_penalty(sums)
    with np.errstate(divide="ignore"):
        return np.asarray(100 * penalty * np.exp(np.log(precisions).mean(-1)))


def bleu_parts(sums: NDArray[Any]) -> BleuParts:
    """The parts of one score, from sums of statistics, [10]."""
    precisions = tuple(float(100 * each) for each in _precisions(sums))
    return BleuParts(precisions, float(_brevity_penalty(sums)), int(sums[HYPOTHESIS]), int(sums[REFERENCE]))


def tokens_13a(text: str) -> list[str]:
    """The tokens that mteval-v13a, and so sacreBLEU's default, counts."""
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    # The rules look at both neighbours, so there is one at either end.
    text = f" {text} ".translate(_MARKS)
    for pattern, parted in _POINTS:
        text = pattern.sub(parted, text)
    return text.split()


def _precisions(sums: NDArray[Any]) -> NDArray[np.float64]:
    """p_n, [..., 4]; the k-th order that has n-grams but no match gets 1 / (2^k total), unless no order has one."""
    matches, totals = sums[..., MATCHES], sums[..., TOTALS]
    missed = (matches == 0) & (totals > 0)
    smoothed = np.where(missed, 0.5 ** np.cumsum(missed, -1), matches) / np.maximum(totals, 1)
    return np.where(matches.any(-1, keepdims=True), smoothed, 0.0)


def _brevity_penalty(sums: NDArray[Any]) -> NDArray[np.float64]:
    length, wanted = sums[..., HYPOTHESIS], sums[..., REFERENCE]
    short = np.exp(np.minimum(0.0, 1 - wanted / np.maximum(length, 1)))
    return np.where(length >= wanted, 1.0, np.where(length > 0, short, 0.0))
