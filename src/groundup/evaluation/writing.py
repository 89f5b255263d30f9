"""How varied and how repetitive written text is, where there is no reference to hold it against.

None of these says that text is good: random letters are most diverse. They catch what likelihood misses, a model
that says one thing over and over, and mean something beside the same figures of real text of the same length.
"""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundup.errors import GroundupError
from groundup.evaluation.bleu import ORDER, bleu_of, nearest_length, ngram_totals, tokens_13a
from groundup.evaluation.translation import ngrams


def diversity(texts: Sequence[str]) -> dict[str, float]:
    """All figures of texts by one writer, over words parted at white space. Raises GroundupError for no words.

    Repetition is counted within each text and averaged over them; the rest over all. self_bleu is left out for a
    single text.
    """
    words = [text.split() for text in texts]
    if not any(words):
        raise GroundupError("There are no words to measure.", "Give at least one text that is not empty.")
    figures = {f"distinct_{order}": distinct(words, order) for order in (1, 2, 3)}
    figures["repeated_4"] = float(np.mean([repeated_share(text, 4) for text in words]))
    figures["longest_repeat"] = max(map(longest_repeat, words))
    figures["compression_ratio"] = compression_ratio(texts)
    if len(texts) > 1:
        figures["self_bleu"] = self_bleu(texts)
    return figures


def distinct(texts: Sequence[Sequence[Hashable]], order: int) -> float:
    """Distinct n-grams of all texts, given as tokens, for each token of them: distinct-n.

    Li et al. 2016, arXiv 1510.03055, who divide by tokens. It falls as texts grow, so compare equal amounts of text.
    """
    tokens = sum(map(len, texts))
    found = {run for text in texts for run in ngrams(text, order)}
    return len(found) / tokens if tokens else 0.0


def repeated_share(tokens: Sequence[Hashable], order: int) -> float:
    """The share of a text's n-grams that it had before: 1 - distinct n-grams / n-grams; 0 where it has none.

    Welleck et al. 2020, arXiv 1908.04319: seq-rep-n, with order 4 in their tables.
    """
    found = ngrams(tokens, order)
    return 1 - len(found) / found.total() if found else 0.0


def longest_repeat(tokens: Sequence[Hashable]) -> int:
    """The most tokens in a row that occur twice in a text, overlap allowed: the longest repeated substring.

    Runs are named by doubling (Karp, Miller and Rosenberg 1972, doi 10.1145/800152.804905): two runs of 2L tokens are
    equal if both halves have equal names. A text of N tokens takes N log^2 N steps, whatever is in it.
    """
    names: dict[Hashable, int] = {}
    ranks = np.array([names.setdefault(token, len(names)) for token in tokens], np.int64)
    doubled = []
    while _has_repeat(ranks):
        doubled.append(ranks)
        ranks = _joined(ranks, ranks, 1 << (len(doubled) - 1))
    if not doubled:
        return 0
    # A repeat of some length has one of every lesser length in it, so the length is found bit by bit.
    level = len(doubled) - 1
    length, ranks = 1 << level, doubled[level]
    for power in reversed(range(level)):
        longer = _joined(ranks, doubled[power], length)
        if _has_repeat(longer):
            length, ranks = length + (1 << power), longer
    return length


def compression_ratio(texts: Sequence[str]) -> float:
    """UTF-8 bytes of the texts, joined by line ends, for each byte that gzip makes of them.

    Shaib et al. 2024, arXiv 2403.00553. The more repetitive, the higher; short texts are below 1.
    """
    data = "\n".join(texts).encode(errors="surrogatepass")
    return len(data) / len(gzip.compress(data, mtime=0))


def self_bleu(texts: Sequence[str]) -> float:
    """The mean BLEU of each text with all the others as its references, 0 to 100: high where they are alike.

    Zhu et al. 2018 (Texygen, arXiv 1802.01886); tokens and smoothing are those of `bleu`. It grows with the number
    of texts, so compare equal numbers. Time grows with the text, not with its square. Needs two texts.
    """
    assert len(texts) > 1, "self-BLEU needs two texts"
    sentences = [tokens_13a(text) for text in texts]
    matches = np.array([_matches_of_each(sentences, order) for order in range(1, ORDER + 1)]).T
    lengths = [len(tokens) for tokens in sentences]
    held = Counter(lengths)
    rows = []
    for length, matched in zip(lengths, matches, strict=True):
        others = (each for each, times in held.items() if each != length or times > 1)
        rows.append([length, nearest_length(length, others), *matched, *ngram_totals(length)])
    return float(bleu_of(np.array(rows)).mean())


def _matches_of_each(sentences: Sequence[Sequence[str]], order: int) -> list[int]:
    """For each sentence, how many of its n-grams some other has, each at most as often as one other has it."""
    counts = [ngrams(tokens, order) for tokens in sentences]
    # The most that any sentence has of an n-gram, and the most that another has: all that "the others" can ask for.
    most: defaultdict[tuple[str, ...], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for found in counts:
        for run, times in found.items():
            first, second = most[run]
            most[run] = (max(first, times), max(second, min(first, times)))
    # A sentence that has no more than the second has that many; the one that has the most is allowed the second.
    return [sum(min(times, most[run][1]) for run, times in found.items()) for found in counts]


def _has_repeat(ranks: NDArray[np.int64]) -> bool:
    return len(ranks) > 0 and len(np.unique(ranks)) < len(ranks)


def _joined(ranks: NDArray[np.int64], behind: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Names of runs made of one of `length` tokens and one of those `behind` it, for every place that has both."""
    places = max(0, min(len(ranks), len(behind) - length))
    pairs: NDArray[Any] = ranks[:places] * (1 + behind.max(initial=0)) + behind[length : length + places]
    return np.unique(pairs, return_inverse=True)[1].reshape(-1)
