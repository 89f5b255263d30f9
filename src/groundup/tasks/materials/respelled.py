"""Pairs spelled anew each time they are learned from: other words in place of some, or merges left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from groundup.tasks.examples import Pair
from groundup.tasks.materials.exchange import Exchange
from groundup.tokens.bpe_dropout import BpeDropout
from groundup.tokens.sequences import LengthBuckets, PackedPairs, PairStream, Room, SequenceBatch, pair_stream
from groundup.tokens.tokenizer import Tokenizer
from groundup.training.draws import draws_of

# Pairs by which it is told how much longer texts become.
PAIRS_MEASURED = 1000

_Ids = list[list[int]]


class Spelling:
    """Turns pairs into tokens, another way at every step; a pure function of the pairs, the seed and the step."""

    def __init__(
        self, source: Tokenizer, target: Tokenizer, *, rate: float = 0.0, exchange: Exchange | None = None
    ) -> None:
        """`rate`: of BPE-dropout (arXiv 1910.13267); `exchange`: changes words about."""
        self.target, self.exchange = target, exchange
        self._coders: tuple[Tokenizer | BpeDropout, ...] = (source, target)
        if rate:
            dropout = BpeDropout(target, rate)
            self._coders = (dropout if source is target else BpeDropout(source, rate), dropout)

    def __call__(self, pairs: Sequence[Pair], seed: int, step: int) -> tuple[_Ids, _Ids]:
        """The ids of sources and of targets."""
        if self.exchange is not None:
            draws = draws_of(seed, step)
            pairs = [self.exchange(pair, draws) for pair in pairs]
        sides = ([pair.source for pair in pairs], [pair.target for pair in pairs])
        sources, targets = (
            coder.encode_batch(texts, f"{seed} {step} {side}")
            if isinstance(coder, BpeDropout)
            else coder.encode_batch(texts)
            for side, (coder, texts) in enumerate(zip(self._coders, sides, strict=True))
        )
        return sources, targets

    def spare(self, stream: PairStream, texts: Sequence[Pair], seed: int) -> float:
        """The share of a row to leave to texts that become longer, by the first of the stream's pairs."""
        some = texts[:PAIRS_MEASURED]
        shares = []
        for side, ids in zip((stream.source, stream.target), self(some, seed, 0), strict=True):
            before = sum(len(side.document(number)) for number in range(len(some)))
            shares.append(1 - before / max(1, *(before, sum(map(len, ids)))))
        return max(shares)


class RespelledPairs:
    """Batches of pairs with each text spelled anew."""

    def __init__(self, batches: LengthBuckets | PackedPairs, texts: Sequence[Pair], spelling: Spelling) -> None:
        """`texts` are the pairs of the batches' stream in its order."""
        assert len(texts) == batches.stream.pairs, "spelling pairs anew needs the text of every pair"
        self.batches, self.texts, self.spelling = batches, texts, spelling

    @property
    def size(self) -> int:
        """Tokens of a batch on both sides, in the mean, as the tokenizer spells them."""
        return self.batches.size

    def at(self, step: int) -> SequenceBatch:
        """The batch of `step`, counted from 0."""
        pairs = self.batches.pairs(step)
        sides = self.spelling([self.texts[place] for place in pairs], self.batches.seed, step)
        # Texts may have grown by a quarter; a batch holds the same pairs all the same.
        for room in self.batches.rooms(step):
            _fit(sides, self.batches.stream, pairs, room)
        target = self.spelling.target
        spelled = pair_stream(*sides, vocabulary=target.vocabulary, end=target.end)
        return self.batches.filled(step, spelled, np.arange(len(pairs)))


def _fit(sides: tuple[_Ids, _Ids], stream: PairStream, pairs: NDArray[np.int64], room: Room) -> None:
    """Put pairs back as they were, the last first, until those in the room fit into it with their end tokens."""
    few = range(room.first, room.stop)
    rooms = (room.source, room.target)
    over = [sum(len(ids[place]) + 1 for place in few) - most for ids, most in zip(sides, rooms, strict=True)]
    for place in reversed(few):
        if max(over) <= 0:
            return
        # Both sides, for they may have had their words changed together.
        for side, (ids, old) in enumerate(zip(sides, (stream.source, stream.target), strict=True)):
            before = old.document(int(pairs[place])).tolist()
            over[side] -= len(ids[place]) - len(before)
            ids[place] = before
