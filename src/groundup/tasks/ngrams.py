"""Texts as the runs of words, and of letters within words, that they have: sparse rows for a linear classifier.

A run is a number of 64 bits, worked out from its words or letters alone, so that nothing but these numbers need be
kept. Among ten million different runs, two share a number with a chance of three in a million.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from groundup.progress import SILENT, Progress
from groundup.tasks.examples import Labelled
from groundup.tasks.settings import NgramSettings

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

# Marks are words too: `!` and `?` tell much.
WORD = r"\w+|[^\w\s]"
# Between two texts that are labelled together.
BETWEEN = " ||| "
# Runs of letters have at least two: one letter alone stands in nearly every text.
SHORTEST = 2
# Marks both ends of a word: no word has a blank.
EDGE = " "
# A run that one text alone has is mostly chance, and there is very much of it.
LEAST_TEXTS = 2
_EACH = 500

_WORD = re.compile(WORD)
# The finalizer of SplitMix64 (Steele et al. 2014, doi 10.1145/2660193.2660195).
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Rows:
    """Which of F features each of N texts has: row n has those at `places[starts[n]:starts[n + 1]]`."""

    places: Places
    """[E] Places of features from 0, row by row, each at most once in a row."""
    starts: Places
    """[N + 1]"""
    features: int
    """F."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def transposed(self) -> Rows:
        """Which texts have each feature."""
        texts = np.repeat(np.arange(len(self)), np.diff(self.starts))
        counts = np.bincount(self.places, minlength=self.features)
        return Rows(texts[np.argsort(self.places, kind="stable")], _starts(counts), len(self))


class RunReader:
    """Reads texts as numbers of runs, and remembers the words that it met, for they come again."""

    def __init__(self, settings: NgramSettings) -> None:
        self.settings = settings
        self._words: dict[str, int] = {}
        self._letters: dict[str, Hashes] = {}

    def read(self, text: str) -> Hashes:
        """The numbers of the runs that a text has, each once, ascending."""
        words = words_of(text)
        found = list(runs_of(self._hashed(words), self.settings.words))
        if self.settings.letters:
            found += map(self._runs_of_letters, set(words))
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint64)

    def names(self, text: str) -> Iterator[tuple[int, str]]:
        """The numbers of a text's runs with what they are, such as `not bad`, or `_un` for letters at a word's edge."""
        words = words_of(text)
        for length, numbers in enumerate(runs_of(self._hashed(words), self.settings.words), 1):
            yield from ((int(number), " ".join(words[at : at + length])) for at, number in enumerate(numbers))
        for word in set(words) if self.settings.letters else ():
            edged = f"{EDGE}{word}{EDGE}".replace(EDGE, "_")
            every = runs_of(_letters(word), self.settings.letters)
            for length, numbers in enumerate(every, 1):
                if length >= SHORTEST:
                    yield from ((int(number), edged[at : at + length]) for at, number in enumerate(numbers))

    def _hashed(self, words: Sequence[str]) -> Hashes:
        known = self._words
        for word in words:
            if word not in known:
                known[word] = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
        return np.fromiter(map(known.__getitem__, words), np.uint64, len(words))

    def _runs_of_letters(self, word: str) -> Hashes:
        if word not in self._letters:
            runs = list(runs_of(_letters(word), self.settings.letters))[SHORTEST - 1 :]
            self._letters[word] = np.unique(np.concatenate(runs)) if runs else np.zeros(0, np.uint64)
        return self._letters[word]


def text_of(example: Labelled) -> str:
    """What is read of an example: its text, or both where there are two."""
    return example.text + (BETWEEN + example.second if example.second else "")


def words_of(text: str) -> list[str]:
    """The words and marks of a text, in small letters."""
    return _WORD.findall(text.lower())


def runs_of(symbols: Hashes, longest: int) -> Iterator[Hashes]:
    """The numbers of the runs of 1, 2, ... `longest` of symbols [S] in a row: [S], [S - 1], ..."""
    runs = np.zeros(len(symbols) + 1, np.uint64)
    for length in range(1, min(longest, len(symbols)) + 1):
        runs = _mixed(runs[:-1] + _STEP + symbols[length - 1 :])
        yield runs


def learn_runs(texts: Sequence[Hashes]) -> Hashes:
    """The runs that at least LEAST_TEXTS texts have, ascending: the features of a classifier."""
    found, counts = np.unique(np.concatenate(texts), return_counts=True)
    return found[counts >= LEAST_TEXTS]


def read_runs(reader: RunReader, examples: Sequence[Labelled], progress: Progress = SILENT) -> list[Hashes]:
    """The runs of each example's text."""
    found = []
    for number, example in enumerate(examples):
        if number % _EACH == 0:
            progress("reading runs of words", number, len(examples))
        found.append(reader.read(text_of(example)))
    progress("reading runs of words", len(examples), len(examples))
    return found


def rows_of(texts: Sequence[Hashes], features: Hashes) -> Rows:
    """The runs of texts by their places among the `features`; those that are none of them are left out."""
    kept = [_places(runs, features) for runs in texts]
    places = np.concatenate(kept) if kept else np.zeros(0, np.int64)
    return Rows(places, _starts(list(map(len, kept))), len(features))


def _places(runs: Hashes, features: Hashes) -> Places:
    if not len(features):
        return np.zeros(0, np.int64)
    places = np.searchsorted(features, runs).clip(max=len(features) - 1)
    found: Places = places[features[places] == runs]
    return found


def _letters(word: str) -> Hashes:
    """The letters of a word and its edges, by numbers that words do not have."""
    codes = np.fromiter(map(ord, chain(EDGE, word, EDGE)), np.uint64, len(word) + 2)
    return _mixed(codes)


def _mixed(numbers: Hashes) -> Hashes:
    """Numbers as if drawn by chance, the same for the same."""
    one, two, three = _SHIFTS
    numbers = (numbers ^ (numbers >> one)) * _FACTORS[0]
    numbers = (numbers ^ (numbers >> two)) * _FACTORS[1]
    return numbers ^ (numbers >> three)


def _starts(counts: Sequence[int] | NDArray[np.int64]) -> Places:
    starts: Places = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    return starts
