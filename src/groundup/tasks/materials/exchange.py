"""Words that could as well be others, such as names: dealt out anew each time a text is learned from.

Who moved where in a story does not hang on how they are called. With the names changed about, the same way all through
a text and what is to be written of it, a model meets another story each time, and cannot learn the few that there are
by heart. Which words may change places is for people to say: a table of them is knowledge that the texts do not hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from groundup.tasks.examples import Pair
from groundup.tasks.settings import Exchangeable


class Exchange:
    """Deals out the words of each list anew among themselves."""

    def __init__(self, lists: Sequence[Exchangeable]) -> None:
        """No word stands in two lists."""
        self.lists = tuple(these.forms for these in lists)
        self._unless = [_any_of(these.unless) for these in lists]
        self._words = _any_of(word for forms in self.lists for words in forms for word in words)

    def __call__(self, pair: Pair, draws: np.random.Generator) -> Pair:
        """The pair with other words, a capital where there was one; pure in the state of `draws`."""
        dealt: dict[str, str] = {}
        for forms, is_kept in zip(self.lists, self.kept(pair), strict=True):
            # Drawn whether needed or not, so that a list has no say in what is drawn for the next.
            places = draws.permutation(len(forms[0])).tolist()
            for words in () if is_kept else forms:
                dealt |= {word.lower(): words[place] for word, place in zip(words, places, strict=True)}

        def other(found: re.Match[str]) -> str:
            word = dealt.get(found[0].lower())
            return str(found[0]) if word is None else written(word, found[0][0].isupper())

        return Pair(pair.id, self._words.sub(other, pair.source), self._words.sub(other, pair.target))

    def kept(self, pair: Pair) -> list[bool]:
        """Of each list whether the pair keeps its words, because it says more of them."""
        return [bool(unless.search(pair.source) or unless.search(pair.target)) for unless in self._unless]


def written(word: str, is_capital: bool) -> str:
    """The word as it stands where one with or without a capital stood."""
    return f"{word[0].upper()}{word[1:]}" if is_capital else word.lower()


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Any of these as a whole word, in capitals or not; of no words, nothing."""
    # Longest first, so that no word hides one that begins with it.
    chosen = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, chosen))})(?!\w)" if chosen else r"(?!)", re.IGNORECASE)
