"""Words that could as well be others, such as names: dealt out anew each time a text is learned from.

Who moved where in a story does not hang on how they are called. With the names changed about, the same way all through
a text and what is to be written of it, a model meets another story each time, and cannot learn the few that there are
by heart. Which words may change places is for people to say: a table of them is knowledge that the texts do not hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from groundup.tasks.examples import Pair

Lists = Sequence[Sequence[str]]


class Exchange:
    """Deals out the words of each list anew among themselves."""

    def __init__(self, lists: Lists) -> None:
        """`lists`: whole words, in capitals or not; none stands in two lists."""
        self.lists = tuple(tuple(word.lower() for word in words) for words in lists)

    @cached_property
    def _words(self) -> re.Pattern[str]:
        # Longest first, so that no word hides one that begins with it.
        words = sorted({word for words in self.lists for word in words}, key=lambda word: (-len(word), word))
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b", re.IGNORECASE)

    def __call__(self, pair: Pair, draws: np.random.Generator) -> Pair:
        """The pair with other words, a capital where there was one; pure in the state of `draws`."""
        dealt = {
            word: words[place]
            for words in self.lists
            for word, place in zip(words, draws.permutation(len(words)).tolist(), strict=True)
        }

        def other(found: re.Match[str]) -> str:
            word = dealt[found[0].lower()]
            return word.capitalize() if found[0][0].isupper() else word

        return Pair(pair.id, self._words.sub(other, pair.source), self._words.sub(other, pair.target))
