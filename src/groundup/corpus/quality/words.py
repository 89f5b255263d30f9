"""The words of a text, counted once for all the signals that are made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

Numbers = NDArray[numpy.int64]


@dataclass(frozen=True)
class Words:
    """What stands between white space, with its punctuation.

    A judgement of a word is made once for each of the `distinct` ones, of which a page has half as many as words
    and a book a twentieth.
    """

    distinct: list[str]
    numbers: Numbers
    """[words] For each word of the text its place in `distinct`."""
    counts: Numbers
    """[distinct] How often each word comes."""
    lengths: Numbers
    """[words] Characters of each word of the text."""

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def characters(self) -> int:
        """Characters of all the words."""
        return int(self.lengths.sum())

    def count(self, is_one: Callable[[str], bool], places: Sequence[int]) -> int:
        """How many words of the text are one of the distinct ones at `places` that satisfy a condition."""
        return int(self.counts[[place for place in places if is_one(self.distinct[place])]].sum())


def words_of(text: str) -> Words:
    """The words of a text. Numbers go by first appearance, so they are the same whatever the hash seed."""
    found = text.split()
    places = {word: place for place, word in enumerate(dict.fromkeys(found))}
    distinct = list(places)
    numbers = numpy.fromiter(map(places.__getitem__, found), numpy.int64, len(found))
    lengths = numpy.fromiter(map(len, distinct), numpy.int64, len(distinct))
    return Words(distinct, numbers, numpy.bincount(numbers, minlength=len(distinct)), lengths[numbers])
