"""BPE-dropout: texts cut with merges left out by chance, so that a model meets words in many pieces.

At every step of building a word, each merge that could be made is left out with some probability; the first of the
rest, in the order that they were learned, is made, until none is left (Provilkov et al. 2020, arXiv 1910.13267,
algorithm 1). The tokenizers library has such a switch too, but draws from a source that nobody can seed, and leaves out
less than it says (" something", one token: 1.08 in the mean at .1, 1.67 by the algorithm); here the same text and seed
give the same ids in every process.

A word in the making is a tuple of ids, and the merges that each such tuple allows are kept: building a common word is
then a walk from one known tuple to the next.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from itertools import pairwise

from groundup.errors import GroundupError
from groundup.tokens.tokenizer import Tokenizer, whole_characters

# Tuples kept, about 400 bytes each.
_KEPT = 500_000

_Word = tuple[int, ...]


class BpeDropout:
    """Encodes as `tokenizer` does, but leaves out each merge with probability `rate`."""

    def __init__(self, tokenizer: Tokenizer, rate: float) -> None:
        """Raises `GroundupError` for a tokenizer that is not of kind bpe, or a rate outside 0 to 1."""
        if tokenizer.kind != "bpe":
            raise GroundupError(
                f"BPE-dropout leaves out merges, and a {tokenizer.kind} tokenizer has none.",
                "Set the tokenizer's kind to bpe, or bpe_dropout to 0.",
            )
        if not 0 <= rate < 1:
            raise GroundupError(f"A share of {rate} of all merges cannot be left out.", "Give 0 or more and below 1.")
        self.tokenizer, self.rate = tokenizer, rate
        engine = tokenizer._engine
        ids = engine.get_vocab()
        merges: list[tuple[str, str]] = json.loads(engine.to_str())["model"]["merges"]
        # Two neighbours -> when their merge was learned, and what they become.
        self._merges = {(ids[left], ids[right]): (rank, ids[left + right]) for rank, (left, right) in enumerate(merges)}
        self._letters = {name: token for name, token in ids.items() if len(name) == 1}
        self._cut, self._normalizer = engine.pre_tokenizer, engine.normalizer
        self._next: dict[_Word, tuple[_Word, ...]] = {}
        self._first: dict[str, _Word] = {}

    def encode(self, text: str, seed: int | str) -> list[int]:
        """The ids of `text`; equal for equal seeds, and the tokenizer's own where the rate is 0."""
        text = whole_characters(text)
        if self._normalizer is not None:
            text = self._normalizer.normalize_str(text)
        # Python promises that `random()` gives the same numbers for a seed in every version.
        draw, rate, following = random.Random(str(seed)).random, self.rate, self._next
        ids: list[int] = []
        for name, _ in self._cut.pre_tokenize_str(text):
            word = self._first.get(name) or self._letters_of(name)
            is_made = False
            while not is_made:
                is_made = True
                possible = following.get(word)
                for merged in self._merges_of(word) if possible is None else possible:
                    if draw() >= rate:
                        word, is_made = merged, False
                        break
            ids += word
        return ids

    def encode_batch(self, texts: Sequence[str], seed: int | str) -> list[list[int]]:
        """The ids of each text; a text's draws depend on the seed and its place in `texts`."""
        return [self.encode(text, f"{seed} {place}") for place, text in enumerate(texts)]

    def _letters_of(self, name: str) -> _Word:
        """A word as its bytes."""
        if len(self._first) >= _KEPT:
            self._first.clear()
        self._first[name] = word = tuple(self._letters[letter] for letter in name)
        return word

    def _merges_of(self, word: _Word) -> tuple[_Word, ...]:
        """What a word can become by one merge: the merge learned first stands first, of one merge the leftmost."""
        found = []
        for i, pair in enumerate(pairwise(word)):
            if pair in self._merges:
                rank, token = self._merges[pair]
                found.append((rank, i, token))
        if len(self._next) >= _KEPT:
            self._next.clear()
        self._next[word] = merged = tuple((*word[:i], token, *word[i + 2 :]) for _, i, token in sorted(found))
        return merged
