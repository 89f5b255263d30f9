"""How much of a text repeats itself: lines, paragraphs and runs of words (Rae et al. 2021, arXiv 2112.11446).

The paper's "duplicate" is read as all but the first of several equal things: what would go if each were kept once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from groundup.corpus.quality.words import Numbers, Words

TOP_SIZES = (2, 3, 4)
DUPLICATE_SIZES = (5, 6, 7, 8, 9, 10)


def duplicate_passages(name: str, passages: Sequence[str]) -> dict[str, float]:
    """Shares of the passages, and of their characters, that repeat an earlier one.

    Gopher (table A1): at most .3 of the passages and .2 of the characters; FineWeb (arXiv 2406.17557): fewer than .1 of
    the characters in duplicate lines. `name` is `line` or `paragraph`. Passages come without the white space at their
    ends, and no empty ones.
    """
    distinct = set(passages)
    total = sum(map(len, passages))
    return {
        f"duplicate_{name}s": (len(passages) - len(distinct)) / len(passages) if passages else 0.0,
        f"duplicate_{name}_characters": (total - sum(map(len, distinct))) / total if passages else 0.0,
    }


def repeated_runs(words: Words) -> dict[str, float]:
    """Shares of the words' characters in runs of n words that come again (Gopher, table A1).

    For n of 2, 3, 4 those in the commonest run, of equally common ones the longest: at most .20, .18, .16; 0 where
    no run comes twice. For n of 5 to 10 those in every run that came before: at most .15, .14, .13, .12, .11, .10.
    A character counts once, however many runs it lies in.

    A run that comes again begins with a shorter one that does. So each size looks only at the places that the size
    before left: few in prose, and the time is that of ten sorts of all words at worst.
    """
    found = dict.fromkeys(
        (*(f"top_{size}_gram" for size in TOP_SIZES), *(f"duplicate_{size}_grams" for size in DUPLICATE_SIZES)), 0.0
    )
    if not len(words):
        return found
    ends = numpy.concatenate(([0], numpy.cumsum(words.lengths)))
    starts = numpy.flatnonzero(words.counts[words.numbers] > 1)
    groups = words.numbers[starts]
    for size in range(2, max(DUPLICATE_SIZES) + 1):
        fits = starts <= len(words) - size
        starts, groups = starts[fits], groups[fits]
        pairs = groups * len(words.distinct) + words.numbers[starts + (size - 1)]
        _, first, groups, counts = numpy.unique(pairs, return_index=True, return_inverse=True, return_counts=True)
        if size in TOP_SIZES and len(counts) and (most := counts.max()) > 1:
            common = numpy.flatnonzero(counts == most)
            longest = common[numpy.argmax(ends[starts[first[common]] + size] - ends[starts[first[common]]])]
            found[f"top_{size}_gram"] = _share(starts[groups == longest], size, words)
        if size in DUPLICATE_SIZES:
            came_before = numpy.ones(len(starts), bool)
            came_before[first] = False
            found[f"duplicate_{size}_grams"] = _share(starts[came_before], size, words)
        again = counts[groups] > 1
        starts, groups = starts[again], groups[again]
        if not len(starts):
            break
    return found


def _share(starts: Numbers, size: int, words: Words) -> float:
    """The share of the words' characters that lies in the runs of `size` words from `starts` on."""
    begun = numpy.bincount(starts, minlength=len(words) + 1)
    ended = numpy.bincount(starts + size, minlength=len(words) + 1)
    covered = numpy.cumsum(begun - ended)[:-1] > 0
    return float(words.lengths[covered].sum() / words.characters)
