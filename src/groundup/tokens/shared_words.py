"""Which words of a passage stand in its question, and how near a word stands to them; told from token ids alone.

With little to learn from this says more of where an answer stands than all else. That a word is one of the question's
is what FastQA reads beside the words themselves (Weissenborn et al. 2017, arXiv 1703.04816). Nearness is the sliding
window of Richardson et al. 2013 (aclanthology.org/D13-1020) made smooth: each word of the question counts at the places
around it, the less the farther, and the more the rarer it is in the passage, so that small words need no list.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.words import begins_word

# What a passage's word is to the question: none of its words, kin to one, or the same.
OTHER, KIN, SAME = range(3)
KINDS = 3
# The least number of segments that tells them: what is asked, and the three kinds.
LEAST = 1 + KINDS
# Words are kin that begin with the same token, if it has so many letters: construct-ed and construct-ion.
STEM = 4
# Words over which what a word of the question counts falls to 1/e.
REACH = 8.0
# An odd number that spreads a word's tokens over all 64 bits.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)

_Ids = NDArray[np.int64]


@dataclass(frozen=True)
class SharedWords:
    """What each token of a vocabulary (V) tells of the word that it begins or goes on with."""

    begins: NDArray[np.bool_]
    """[V] it begins a word."""
    folded: NDArray[np.uint64]
    """[V] a number that tokens share which differ in nothing but case and the space before them."""
    tells: NDArray[np.bool_]
    """[V] it has a letter or a digit: what has none is a mark."""
    is_stem: NDArray[np.bool_]
    """[V] it has letters enough for words that begin with it to be kin."""
    is_marked: NDArray[np.bool_]
    """[V] it begins with a capital or a digit."""

    def segments(self, tokens: _Ids, first: int, steps: int = 1) -> _Ids:
        """Tokens [T] of a row whose passage begins at `first` -> 0 before it, and in it 1 + kind + 3 * nearness.

        The kind of a token's word is OTHER, KIN or SAME; nearness goes from 0 to `steps` - 1, which the places have
        that stand nearest.
        """
        begins = self.begins[tokens].copy()
        begins[[0, first]] = True
        starts = np.flatnonzero(begins)
        word = begins.cumsum() - 1
        whole, stem = self._words(tokens, starts, word)
        is_asked = starts < first
        same = (whole > 0) & np.isin(whole, whole[is_asked])
        kin = (stem > 0) & np.isin(stem, stem[is_asked])
        level = 1 + np.where(same, SAME, np.where(kin, KIN, OTHER))
        if steps > 1:
            # Kin words count as one word that stands in several places.
            name = np.where(stem > 0, stem, whole)
            near = _nearness(name[~is_asked], (same | kin)[~is_asked])
            level[~is_asked] += KINDS * np.minimum((near * steps).astype(np.int64), steps - 1)
        level[is_asked] = 0
        segments: _Ids = level[word]
        return segments

    def _words(self, tokens: _Ids, starts: _Ids, word: _Ids) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """A number for each word [W] and one for what it begins with, 0 for marks and for what is too short."""
        tells = self.tells[tokens]
        # A quotation mark or a space at the beginning of a word does not make it another one.
        place = tells.cumsum() - tells
        place -= place[starts][word]
        with np.errstate(over="ignore"):
            value = np.where(tells, (self.folded[tokens] + np.uint64(1)) * _SPREAD ** place.astype(np.uint64), 0)
            whole = np.add.reduceat(value, starts)
        is_first = tells & (place == 0) & self.is_stem[tokens]
        return whole, np.add.reduceat(np.where(is_first, value, np.uint64(0)), starts)


def steps_of(segments: int) -> int:
    """In how many steps a model that tells so many segments apart is told how near a word is; 0: it is told nothing."""
    return (segments - 1) // KINDS if segments >= LEAST else 0


def shared_words(tokenizer: Tokenizer) -> SharedWords:
    """The tables for what `tokenizer` writes."""
    special = len(tokenizer.special_tokens)
    written = [tokenizer.text(token).strip() for token in range(tokenizer.vocabulary)]
    texts = [text.lower() for text in written]
    numbers: dict[str, int] = {}
    # Special tokens are no words, and each is like itself alone.
    keys = [f"{token} special" if token < special else text for token, text in enumerate(texts)]
    folded = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.uint64)
    tells = np.array([any(map(str.isalnum, text)) for text in texts])
    tells[:special] = False
    is_stem = tells & np.array([sum(map(str.isalpha, text)) >= STEM for text in texts])
    is_marked = tells & np.array([text[:1].isupper() or text[:1].isdigit() for text in written])
    return SharedWords(begins_word(tokenizer), folded, tells, is_stem, is_marked)


def _nearness(names: NDArray[np.uint64], is_shared: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How near each word [W] stands to those that are shared, as a share of the nearest's; 0 where none is."""
    at = np.flatnonzero(is_shared)
    if not len(at):
        return np.zeros(len(names))
    at = at[np.argsort(names[at], kind="stable")]
    starts = np.flatnonzero(np.diff(names[at], prepend=names[at[0]] + np.uint64(1)))
    # Of a word that stands in several places the nearest counts, by one over their number.
    distance = np.minimum.reduceat(np.abs(np.arange(len(names))[:, None] - at), starts, axis=1)
    near = (np.exp(-distance / REACH) / np.diff(starts, append=len(at))).sum(1)
    share: NDArray[np.float64] = near / near.max()
    return share
