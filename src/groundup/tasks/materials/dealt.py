"""Pairs in which words change places as tokens: where each such word is one token, no text need be cut anew.

It does what `Exchange` does to texts. A small model learns from a batch in less time than it takes to look for the
words in its texts and to cut these into tokens again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundup.tasks.examples import Pair
from groundup.tasks.materials.exchange import Exchange, written
from groundup.tokens.sequences import LengthBuckets, PackedPairs, PairStream, SequenceBatch, lengths_of
from groundup.tokens.shards import TokenStream
from groundup.tokens.tokenizer import Tokenizer
from groundup.training.draws import draws_of

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Written:
    """The tokens that W words are written with; a way to write them is with or without space and capital."""

    tokens: Ids
    """[N] ids of tokens that are a word of the list;"""
    word: Ids
    """[N] which word;"""
    way: Ids
    """[N] and written in which way."""
    ids: Ids
    """[ways, W] the id of each word in each way."""


# Of each list the forms of its words, each as it is written.
Lists = Sequence[Sequence[Written]]


def lists_of(exchange: Exchange, coder: Tokenizer) -> Lists | None:
    """The tokens of the words of each list; None where a word, as it may come to be written, is no token of its own."""
    if coder.kind != "word":
        # Elsewhere a token may be a word here and the beginning of another there.
        return None
    texts = [coder.text(token) for token in range(coder.vocabulary)]
    lists: list[list[Written]] = []
    for forms in exchange.lists:
        found = [_tokens_of(words, texts) for words in forms]
        lists.append([tokens for tokens in found if tokens is not None])
        if len(lists[-1]) < len(found):
            return None
    return lists


def _tokens_of(words: Sequence[str], texts: Sequence[str]) -> Written | None:
    """The tokens of some words, of a vocabulary of `texts`; None where one has none."""
    ids = {text: token for token, text in enumerate(texts)}
    place = {word.lower(): number for number, word in enumerate(words)}
    tokens = [token for token, text in enumerate(texts) if text.strip().lower() in place]
    bare = [texts[token].strip() for token in tokens]
    looks = [(texts[token] != word, word[0].isupper()) for token, word in zip(tokens, bare, strict=True)]
    ways = sorted(set(looks))
    found = [[ids.get(" " * is_spaced + written(word, is_capital)) for word in words] for is_spaced, is_capital in ways]
    if not found or any(token is None for way in found for token in way):
        return None
    return Written(
        np.array(tokens),
        np.array([place[word.lower()] for word in bare]),
        np.array([ways.index(look) for look in looks]),
        np.array(found, dtype=np.int64),
    )


class DealtPairs:
    """Batches of pairs with the words of each list dealt out anew among themselves."""

    def __init__(
        self,
        batches: LengthBuckets | PackedPairs,
        texts: Sequence[Pair],
        exchange: Exchange,
        lists: tuple[Lists, Lists],
    ) -> None:
        """`texts` are the pairs of the batches' stream in its order; `lists`: of exchangeable words, on each side."""
        assert len(texts) == batches.stream.pairs, "words that change places need the text of every pair"
        self.batches, self.lists = batches, lists
        # [pairs, lists], looked up once: a text that says more of a list's words keeps them.
        self._kept = np.array([exchange.kept(pair) for pair in texts])

    @property
    def size(self) -> int:
        """Tokens of a batch on both sides, in the mean."""
        return self.batches.size

    def at(self, step: int) -> SequenceBatch:
        """The batch of `step`, counted from 0."""
        pairs = self.batches.pairs(step)
        places = self._places(pairs, step)
        stream = self.batches.stream
        sides = [
            _changed(side, pairs, lists, places)
            for side, lists in zip((stream.source, stream.target), self.lists, strict=True)
        ]
        return self.batches.filled(step, PairStream(*sides), np.arange(len(pairs)))

    def _places(self, pairs: Ids, step: int) -> list[Ids]:
        """For each list [pairs, W]: which word stands where each of its words stood."""
        draws = draws_of(self.batches.seed, step)
        found = []
        for number, forms in enumerate(self.lists[0]):
            own = np.tile(np.arange(forms[0].ids.shape[1]), (len(pairs), 1))
            found.append(np.where(self._kept[pairs, number, None], own, draws.permuted(own, axis=1)))
        return found


def _changed(stream: TokenStream, documents: Ids, lists: Lists, places: Sequence[Ids]) -> TokenStream:
    """Some documents of the stream, each token of a list's word in the place that it was dealt."""
    becomes = np.tile(np.arange(stream.vocabulary), (len(documents), 1))
    for forms, dealt in zip(lists, places, strict=True):
        for form in forms:
            becomes[:, form.tokens] = form.ids[form.way, dealt[:, form.word]]
    lengths = lengths_of(stream)[documents]
    starts = lengths.cumsum() - lengths
    row = np.repeat(np.arange(len(documents)), lengths)
    tokens = stream.tokens[np.arange(len(row)) + (stream.starts[documents] - starts)[row]]
    return TokenStream(becomes[row, tokens].astype(np.uint32), starts, 0, stream.vocabulary, stream.end)
