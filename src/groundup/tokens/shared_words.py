"""What each word of a passage is to a question about it, told from token ids alone.

With little to learn from this says more of where an answer stands than all else. That a word is one of the question's
is what FastQA reads beside the words themselves (Weissenborn et al. 2017, arXiv 1703.04816). Nearness is the sliding
window of Richardson et al. 2013 (aclanthology.org/D13-1020) made smooth: each word of the question counts at the places
around it, the less the farther, and the more the rarer it is in the passage, so that small words need no list. How much
of the question stands in a sentence is the first thing that the baselines of Rajpurkar et al. 2016 (arXiv 1606.05250,
section 5) look at, and a word's shape stands for the parts of speech that those have from a parser. Which shape an
answer has depends on what is asked, so that they are told together, where there is room for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundup.tokens.asked import ASKED, asked_by
from groundup.tokens.sentences import SentenceRules, sentence_rules, starts_in
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.words import begins_word

# What a passage's word is to the question: none of its words, kin to one, or the same.
OTHER, KIN, SAME = range(3)
KINDS = 3
# What a word looks like: without letter and digit, with a small letter first, a capital, a digit; or four digits.
MARK, SMALL, CAPITAL, NUMBER, YEAR = range(5)
SHAPES, DIGITS_OF_YEAR = 5, 4
# In how many steps are told: how near a word stands to the question's, and how much of them its sentence has.
NEAR, SHARES = 8, 4
# A token has one number of each kind, so that what they stand for adds up. 0 is the question's in all of them.
FIRST_OF_SENTENCE = 1 + KINDS * NEAR
FIRST_OF_SHAPE = FIRST_OF_SENTENCE + SHARES
FIRST_OF_ASKED = FIRST_OF_SHAPE + SHAPES
# The numbers of segments that tell the first three, and all four.
TOLD, ALL_TOLD = FIRST_OF_ASKED, FIRST_OF_ASKED + ASKED * SHAPES
# Words are kin that begin with the same token, if it has so many letters: construct-ed and construct-ion.
STEM = 4
# Words over which what a word of the question counts falls to 1/e.
REACH = 8.0
# An odd number that spreads a word's tokens over all 64 bits.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)

_Ids = NDArray[np.int64]
_Names = NDArray[np.uint64]


@dataclass(frozen=True)
class SharedWords:
    """What each token of a vocabulary (V) tells of the word that it begins or goes on with."""

    begins: NDArray[np.bool_]
    """[V] it begins a word."""
    folded: NDArray[np.uint64]
    """[V] a number that tokens share which differ in nothing but case and the space before them."""
    shapes: NDArray[np.int64]
    """[V] what it looks like: MARK, SMALL, CAPITAL or NUMBER."""
    letters: NDArray[np.int64]
    """[V] how many letters and digits it has."""
    is_stem: NDArray[np.bool_]
    """[V] it has letters enough for words that begin with it to be kin."""
    sentences: SentenceRules
    """What tells sentences apart."""
    reader: Tokenizer | None = None
    """Reads what a question asks; None: nobody wants to know."""

    @property
    def columns(self) -> int:
        """How many numbers are told of a token."""
        return 3 if self.reader is None else 4

    @property
    def tells(self) -> NDArray[np.bool_]:
        """[V] it has a letter or a digit."""
        tells: NDArray[np.bool_] = self.shapes != MARK
        return tells

    def segments(self, tokens: _Ids, first: int) -> _Ids:
        """Tokens [T] of a row whose passage begins at `first` -> [T, columns] numbers, all 0 before it.

        In it: 1 + kind + 3 * nearness; FIRST_OF_SENTENCE + the share of the question's words that stand in the same
        sentence; FIRST_OF_SHAPE + the word's shape; FIRST_OF_ASKED + 5 * what is asked + the shape. Nearness and shares
        are in steps of the greatest in the passage.
        """
        begins = self.begins[tokens].copy()
        begins[[0, first]] = True
        starts = np.flatnonzero(begins)
        word = begins.cumsum() - 1
        whole, stem, shape = self._words(tokens, starts, word)
        is_asked = starts < first
        same = (whole > 0) & np.isin(whole, whole[is_asked])
        kin = (stem > 0) & np.isin(stem, stem[is_asked])
        # Kin words count as one word that stands in several places.
        names, is_shared = np.where(stem > 0, stem, whole)[~is_asked], (same | kin)[~is_asked]
        sentence = np.searchsorted(starts_in(tokens[first:], self.sentences), starts[~is_asked] - first, "right")
        told = np.zeros((len(starts), self.columns), dtype=np.int64)
        told[~is_asked, 0] = 1 + KINDS * _steps(_nearness(names, is_shared), NEAR)
        told[~is_asked, 0] += np.where(same, SAME, np.where(kin, KIN, OTHER))[~is_asked]
        told[~is_asked, 1] = FIRST_OF_SENTENCE + _steps(_shares(names, is_shared, sentence), SHARES)
        told[~is_asked, 2] = FIRST_OF_SHAPE + shape[~is_asked]
        if self.reader is not None:
            told[~is_asked, 3] = FIRST_OF_ASKED + SHAPES * asked_by(tokens[:first].tolist(), self.reader)
            told[~is_asked, 3] += shape[~is_asked]
        segments: _Ids = told[word]
        return segments

    def _words(self, tokens: _Ids, starts: _Ids, word: _Ids) -> tuple[_Names, _Names, _Ids]:
        """For each word [W] a number, one for what it begins with, 0 where it is a mark or too short, and its shape."""
        tells = self.tells[tokens]
        # A quotation mark or a space at the beginning of a word does not make it another one.
        place = tells.cumsum() - tells
        place -= place[starts][word]
        with np.errstate(over="ignore"):
            value = np.where(tells, (self.folded[tokens] + np.uint64(1)) * _SPREAD ** place.astype(np.uint64), 0)
            whole = np.add.reduceat(value, starts)
        is_first = tells & (place == 0)
        stem = np.add.reduceat(np.where(is_first & self.is_stem[tokens], value, np.uint64(0)), starts)
        shape = np.add.reduceat(np.where(is_first, self.shapes[tokens], MARK), starts)
        shape[(shape == NUMBER) & (np.add.reduceat(self.letters[tokens], starts) == DIGITS_OF_YEAR)] = YEAR
        return whole, stem, shape


def tells_words(segments: int) -> bool:
    """Whether a model that tells so many segments apart is told what each word of a passage is to the question."""
    return segments >= TOLD


def shared_words(tokenizer: Tokenizer, segments: int = TOLD) -> SharedWords:
    """The tables for what `tokenizer` writes; of so many `segments` as tell all, they tell what is asked, too."""
    special = len(tokenizer.special_tokens)
    written = [tokenizer.text(token).strip() for token in range(tokenizer.vocabulary)]
    texts = [text.lower() for text in written]
    numbers: dict[str, int] = {}
    # Special tokens are no words, and each is like itself alone.
    keys = [f"{token} special" if token < special else text for token, text in enumerate(texts)]
    folded = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.uint64)
    shapes = np.array([_shape(text) for text in written])
    shapes[:special] = MARK
    is_stem = (shapes != MARK) & np.array([sum(map(str.isalpha, text)) >= STEM for text in texts])
    letters = np.array([sum(map(str.isalnum, text)) for text in texts])
    reader = tokenizer if segments >= ALL_TOLD else None
    return SharedWords(begins_word(tokenizer), folded, shapes, letters, is_stem, sentence_rules(tokenizer), reader)


def _shape(text: str) -> int:
    first = next((character for character in text if character.isalnum()), "")
    if not first:
        return MARK
    if not first.isalpha():
        return NUMBER
    return CAPITAL if first.isupper() else SMALL


def _nearness(names: _Names, is_shared: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How near each word [W] stands to those that are shared."""
    at = np.flatnonzero(is_shared)
    if not len(at):
        return np.zeros(len(names))
    at = at[np.argsort(names[at], kind="stable")]
    starts = np.flatnonzero(np.diff(names[at], prepend=names[at[0]] + np.uint64(1)))
    # Of a word that stands in several places the nearest counts, by one over their number.
    distance = np.minimum.reduceat(np.abs(np.arange(len(names))[:, None] - at), starts, axis=1)
    near: NDArray[np.float64] = (np.exp(-distance / REACH) / np.diff(starts, append=len(at))).sum(1)
    return near


def _shares(names: _Names, is_shared: NDArray[np.bool_], sentence: _Ids) -> NDArray[np.float64]:
    """How many of the shared words stand in each word's sentence [W], each by one over the sentences that have it."""
    sentences = int(sentence[-1]) + 1
    _, number = np.unique(names[is_shared], return_inverse=True)
    # Each word once in each sentence that has it.
    word, holder = np.divmod(np.unique(number * sentences + sentence[is_shared]), sentences)
    sums = np.zeros(sentences)
    np.add.at(sums, holder, 1 / np.bincount(word)[word])
    return sums[sentence]


def _steps(values: NDArray[np.float64], count: int) -> _Ids:
    """Numbers from 0 up -> steps from 0 to count - 1 of the greatest of them; 0 where all are."""
    steps: _Ids = (values / max(float(values.max()), 1e-9) * count).astype(np.int64)
    return np.minimum(steps, count - 1)
