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
        self._lists = [(these.words, _any_of(these.unless)) for these in lists]
        self._words = _any_of(word for words, _ in self._lists for word in words)

    def __call__(self, pair: Pair, draws: np.random.Generator) -> Pair:
        """The pair with other words, a capital where there was one; pure in the state of `draws`."""
        dealt: dict[str, str] = {}
        for words, unless in self._lists:
            # Drawn whether needed or not, so that a list has no say in what is drawn for the next.
            places = draws.permutation(len(words)).tolist()
            if not (unless.search(pair.source) or unless.search(pair.target)):
                dealt |= {word.lower(): words[place] for word, place in zip(words, places, strict=True)}

        def other(found: re.Match[str]) -> str:
            word = dealt.get(found[0].lower())
            if word is None:
                return str(found[0])
            return f"{word[0].upper()}{word[1:]}" if found[0][0].isupper() else word.lower()

        return Pair(pair.id, self._words.sub(other, pair.source), self._words.sub(other, pair.target))


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Any of these as a whole word, in capitals or not; of no words, nothing."""
    # Longest first, so that no word hides one that begins with it.
    chosen = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, chosen))})(?!\w)" if chosen else r"(?!)", re.IGNORECASE)
