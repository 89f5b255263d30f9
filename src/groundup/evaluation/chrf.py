"""chrF, the F score of character n-grams, and chrF++, which adds those of words.

chrF = (1 + b^2) P R / (b^2 P + R) with b = 2, in per cent; P and R are the means over n-gram orders of precision and
recall (Popović 2015, aclanthology.org/W15-3049; 2017, aclanthology.org/W17-4770). As in sacreBLEU 2, whose
scores these equal: n = 1..6, white space left out, and only orders that occur on both sides enter the means.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundup.evaluation.translation import CorpusScore, References, ngrams, paired, signature

CHARACTER_ORDER = 6
BETA = 2


def chrf(hypotheses: Sequence[str], references: References, *, word_order: int = 0) -> CorpusScore:
    """Corpus chrF of detokenised translations; chrF++ with `word_order` 2.

    Raises GroundupError where texts and references do not match.
    """
    statistics = chrf_statistics(hypotheses, references, word_order=word_order)
    details = signature(references, case="mixed", eff="yes", nc=CHARACTER_ORDER, nw=word_order, space="no")
    name = f"chrF{BETA}" + "+" * word_order
    return CorpusScore(name, float(chrf_of(statistics.sum(0))), details, statistics)


def chrf_statistics(hypotheses: Sequence[str], references: References, *, word_order: int = 0) -> NDArray[np.int64]:
    """The counts of every sentence, [N, 3 * orders]: for each order, n-grams of hypothesis, of reference, and shared.

    Of several references the one counts that the sentence alone scores best with, the first of equals.
    """
    rows = []
    for hypothesis, texts in paired(hypotheses, references):
        counts = np.array([_counts(hypothesis, text, word_order) for text in texts], np.int64)
        rows.append(counts[chrf_of(counts).argmax() if len(texts) > 1 else 0])
    return np.stack(rows)


def chrf_of(sums: NDArray[Any]) -> NDArray[np.float64]:
    """Scores [...] from sums of statistics, [..., 3 * orders]."""
    hypothesis, reference, shared = sums[..., 0::3], sums[..., 1::3], sums[..., 2::3]
    counts = (hypothesis > 0) & (reference > 0)
    orders = np.maximum(counts.sum(-1), 1)
    # Added up one after the other, as the peer does: which of two references is the better one can hang on a last bit.
    precision = np.where(counts, shared / np.maximum(hypothesis, 1), 0.0).cumsum(-1)[..., -1] / orders
    recall = np.where(counts, shared / np.maximum(reference, 1), 0.0).cumsum(-1)[..., -1] / orders
    weighed = BETA**2 * precision + recall
    return np.asarray(100 * ((1 + BETA**2) * precision * recall / np.where(weighed > 0, weighed, 1.0)))


def _counts(hypothesis: str, reference: str, word_order: int) -> list[int]:
    found: list[int] = []
    parts = (("".join(text.split()), list(_words(text))) for text in (hypothesis, reference))
    (ours, our_words), (theirs, their_words) = parts
    for order in range(1, CHARACTER_ORDER + 1):
        found += _overlap(ours, theirs, order)
    for order in range(1, word_order + 1):
        found += _overlap(our_words, their_words, order)
    return found


def _overlap(hypothesis: Sequence[str], reference: Sequence[str], order: int) -> tuple[int, int, int]:
    ours, theirs = ngrams(hypothesis, order), ngrams(reference, order)
    # What no reference could have matched is no miss.
    return ours.total() if theirs else 0, theirs.total(), (ours & theirs).total()


def _words(text: str) -> Iterator[str]:
    """Words with one mark parted from them, the last character before the first, as chrF++ was published."""
    for word in text.split():
        if len(word) > 1 and word[-1] in string.punctuation:
            yield from (word[:-1], word[-1])
        elif len(word) > 1 and word[0] in string.punctuation:
            yield from (word[0], word[1:])
        else:
            yield word
