"""Pairs of texts as material: a source that is read, a target that is written."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from groundup.errors import GroundupError
from groundup.model.heads import HeadSettings
from groundup.objectives.rows import Symbols
from groundup.tasks.examples import Pair
from groundup.tasks.materials.exchange import Exchange
from groundup.tokens.bpe_dropout import BpeDropout
from groundup.tokens.sentences import sentence_ends
from groundup.tokens.sequences import LengthBuckets, PairStream, SequenceBatch, lengths_of, padded, pair_stream
from groundup.tokens.tokenizer import Tokenizer, batched, whole_characters
from groundup.training.draws import draws_of
from groundup.training.material import Batches, HeldOut, held_out_at_once
from groundup.training.settings import TrainingSettings
from groundup.training.symbols import symbols_of

# Texts that are encoded together.
CHARACTERS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Coders:
    """The tokenizers of both sides; one for both where the vocabulary is joint."""

    source: Tokenizer
    target: Tokenizer

    @property
    def is_joint(self) -> bool:
        """Whether both sides share their tokens."""
        return self.source is self.target


@dataclass(frozen=True)
class Encoded:
    """Pairs as tokens, and how many were too long to be among them."""

    stream: PairStream
    kept: NDArray[np.int64]
    """Which of the pairs given."""
    too_long: int


def encoded(pairs: Sequence[Pair], coders: Coders, longest: int, what: str) -> Encoded:
    """Pairs with at most `longest` tokens on either side, the end token among them.

    Raises GroundupError where none is left; `what` names them there.
    """
    texts = _sides(pairs)
    sides = [_ids(coder, side) for coder, side in zip((coders.source, coders.target), texts, strict=True)]
    kept = [i for i, (one, other) in enumerate(zip(*sides, strict=True)) if max(len(one), len(other)) < longest]
    if not kept:
        raise GroundupError(
            f"None of the {len(pairs):,} {what} pairs has at most {longest:,} tokens on either side.",
            "Raise model.context.",
        )
    sizes = [sum(len(whole_characters(side[i]).encode()) for i in kept) for side in texts]
    ids = [[side[i] for i in kept] for side in sides]
    # What is predicted comes from the target's vocabulary; the source's is only looked up.
    stream = pair_stream(
        *ids, vocabulary=coders.target.vocabulary, end=coders.target.end, source_bytes=sizes[0], target_bytes=sizes[1]
    )
    return Encoded(stream, np.array(kept), len(pairs) - len(kept))


def _ids(coder: Tokenizer, texts: Sequence[str]) -> list[array[int]]:
    """Token ids at four bytes each: of a million pairs, lists of Python's numbers would take gigabytes."""
    return [array("I", ids) for some in batched(texts, CHARACTERS_AT_ONCE) for ids in coder.encode_batch(some)]


@dataclass(frozen=True)
class PairMaterial:
    """Pairs to learn from and pairs held out."""

    train: PairStream
    validation: PairStream
    coders: Coders
    context: int
    seed: int
    fingerprint: str
    texts: Sequence[Pair] = ()
    """The training pairs as text, in the stream's order: what spells them anew needs them, and a bad batch is told by
    them."""
    exchange: Exchange | None = None
    """Puts other words in place of some in what is learned from; None: none does."""
    heads: Mapping[str, HeadSettings] = field(default_factory=dict)

    @property
    def coder(self) -> Tokenizer:
        """The tokenizer of what is written."""
        return self.coders.target

    @property
    def source_coder(self) -> Tokenizer:
        """The tokenizer of what is read."""
        return self.coders.source

    @property
    def ends_sources(self) -> bool:
        """Every source is whole."""
        return True

    @cached_property
    def symbols(self) -> Symbols:
        """What the objective must know of the vocabulary."""
        return symbols_of(self.coders.target)

    @property
    def source_vocabulary(self) -> int | None:
        """Number of token ids of sources, where it has a vocabulary of its own."""
        return None if self.coders.is_joint else self.coders.source.vocabulary

    @cached_property
    def sentence_ends(self) -> tuple[int, ...]:
        """What ends a sentence of a source."""
        return sentence_ends(self.coders.source)

    @property
    def has_one_shape(self) -> bool:
        """Batches are as wide as their texts are long."""
        return False

    @property
    def tokens(self) -> int:
        """Tokens of both sides."""
        return int(self.train.source.tokens.size + self.train.target.tokens.size)

    @property
    def held_out_tokens(self) -> int:
        """Tokens of the targets, which are what is predicted."""
        return int(self.validation.target.tokens.size)

    @property
    def bytes_per_token(self) -> float:
        """UTF-8 bytes of the held-out targets over their tokens."""
        return self.validation.target.bytes / self.validation.target.tokens.size

    def batches(self, settings: TrainingSettings) -> Batches:
        """Pairs of about one length; a batch has as many positions on either side as `settings.batch` rows have."""
        assert settings.batch is not None
        buckets = self._buckets(self.train, settings.batch * self.context)
        rate = settings.objective.bpe_dropout
        if not rate and self.exchange is None:
            return buckets
        return RespelledPairs(buckets, self.texts, self.coders, self.context, rate=rate, exchange=self.exchange)

    def names(self, batches: Batches, number: int) -> Sequence[str]:
        """What the pairs in batch `number` are called."""
        spelled = batches.buckets if isinstance(batches, RespelledPairs) else batches
        assert isinstance(spelled, LengthBuckets)
        return [self.texts[place].id for place in spelled.buckets.at(number)] if self.texts else ()

    def held_out(self, settings: TrainingSettings, tokens: int) -> HeldOut:
        """All held-out pairs, from short to long."""
        longest = max(int(lengths_of(side).max()) for side in (self.validation.source, self.validation.target))
        return self._buckets(self.validation, max(held_out_at_once(tokens, self.held_out_tokens), longest)).held_out()

    def counts(self) -> NDArray[np.int64]:
        """How often each id [V] is predicted."""
        return np.bincount(self.train.target.tokens, minlength=self.coder.vocabulary)

    def _buckets(self, stream: PairStream, tokens: int) -> LengthBuckets:
        return LengthBuckets(
            stream, tokens=tokens, padding=self.coder.padding, fingerprint=self.fingerprint, seed=self.seed
        )


class RespelledPairs:
    """The batches of `buckets` with each text spelled anew: with other words in place of some, or merges left out."""

    def __init__(
        self,
        buckets: LengthBuckets,
        texts: Sequence[Pair],
        coders: Coders,
        longest: int,
        *,
        rate: float = 0.0,
        exchange: Exchange | None = None,
    ) -> None:
        """`texts` are the pairs of the buckets' stream in its order; none has more than `longest` tokens on a side.

        `rate`: of BPE-dropout (arXiv 1910.13267); `exchange`: changes words about.
        """
        assert len(texts) == buckets.stream.pairs, "spelling pairs anew needs the text of every pair"
        self.buckets, self.texts, self.coders, self.longest = buckets, texts, coders, longest
        self.exchange = exchange
        self.dropouts: tuple[BpeDropout, ...] = ()
        if rate:
            target = BpeDropout(coders.target, rate)
            self.dropouts = (target if coders.is_joint else BpeDropout(coders.source, rate), target)

    @property
    def size(self) -> int:
        """Tokens of a batch on both sides, in the mean, as the tokenizer spells them."""
        return self.buckets.size

    def at(self, step: int) -> SequenceBatch:
        """The batch of `step`, counted from 0."""
        seed = self.buckets.buckets.seed
        given = chosen = [self.texts[place] for place in self.buckets.buckets.at(step)]
        if self.exchange is not None:
            draws = draws_of(seed, step)
            chosen = [self.exchange(pair, draws) for pair in given]
        # Texts grow by a tenth or so; a batch holds the same pairs all the same.
        ids = zip(*(self._spelled(side, texts, seed, step) for side, texts in enumerate(_sides(chosen))), strict=True)
        # One that would outgrow the context, which a table of positions ends with, stays as it is.
        rows = [
            both if max(map(len, both)) < self.longest else self._plain(pair)
            for both, pair in zip(ids, given, strict=True)
        ]
        sources, targets = zip(*rows, strict=True)
        stream = pair_stream(sources, targets, vocabulary=self.coders.target.vocabulary, end=self.coders.target.end)
        return padded(stream, np.arange(len(rows)), self.buckets.padding)

    def _spelled(self, side: int, texts: Sequence[str], seed: int, step: int) -> list[list[int]]:
        if self.dropouts:
            return self.dropouts[side].encode_batch(texts, f"{seed} {step} {side}")
        return (self.coders.source, self.coders.target)[side].encode_batch(texts)

    def _plain(self, pair: Pair) -> tuple[list[int], list[int]]:
        return self.coders.source.encode(pair.source), self.coders.target.encode(pair.target)


def _sides(pairs: Sequence[Pair]) -> tuple[list[str], list[str]]:
    return [pair.source for pair in pairs], [pair.target for pair in pairs]
