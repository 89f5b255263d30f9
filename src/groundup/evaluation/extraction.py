"""How much of a page's main text was found, and how little else: F1 of runs of four words.

The measure of Scrapinghub's article extraction benchmark: the runs of each page are counted, precision and recall are
taken for each page, each is averaged over the pages, and F1 is their harmonic mean. A page where nothing was found
has no precision, one that holds nothing has no recall; a text shorter than a run is one run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

RUN = 4

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class ExtractionScore:
    """Shares from 0 to 1, averaged over pages."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of the average precision and the average recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def extraction_score(pairs: Iterable[tuple[str, str]]) -> ExtractionScore:
    """The score of pairs of the text that a page has and the text that was found in it."""
    precisions, recalls = [], []
    for expected, found in pairs:
        wanted, got = runs(expected), runs(found)
        both = (wanted & got).total()
        if got:
            precisions.append(both / got.total())
        if wanted:
            recalls.append(both / wanted.total())
    return ExtractionScore(fmean(precisions) if precisions else 0.0, fmean(recalls) if recalls else 0.0)


def runs(text: str) -> Counter[tuple[str, ...]]:
    """How often each run of four words stands in a text; of a shorter one, all its words."""
    words = _WORD.findall(text)
    starts = range(max(1, len(words) - RUN + 1)) if words else ()
    return Counter(tuple(words[start : start + RUN]) for start in starts)
