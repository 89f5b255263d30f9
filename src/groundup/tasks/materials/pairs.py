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
from groundup.tasks.materials.dealt import DealtPairs, Lists, lists_of
from groundup.tasks.materials.exchange import Exchange
from groundup.tasks.materials.respelled import RespelledPairs, Spelling
from groundup.tokens.sentences import sentence_ends
from groundup.tokens.sequences import LengthBuckets, PackedPairs, PairStream, lengths_of, pair_stream
from groundup.tokens.tokenizer import Tokenizer, batched, whole_characters
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

    def has_one_shape(self, settings: TrainingSettings) -> bool:
        """Packed, batches are alike; else they are as wide as their texts are long."""
        return settings.pack

    @property
    def tokens(self) -> int:
        """Tokens of both sides."""
        return int(self.train.source.tokens.size + self.train.target.tokens.size)

    @property
    def read_share(self) -> float:
        """The share of the sources."""
        return self.train.source.tokens.size / self.tokens

    @property
    def held_out_tokens(self) -> int:
        """Tokens of the targets, which are what is predicted."""
        return int(self.validation.target.tokens.size)

    @property
    def bytes_per_token(self) -> float:
        """UTF-8 bytes of the held-out targets over their tokens."""
        return self.validation.target.bytes / self.validation.target.tokens.size

    def batches(self, settings: TrainingSettings) -> Batches:
        """Pairs of about one length, or rows of several; a batch has as many positions a side as `batch` rows have."""
        assert settings.batch is not None
        rate = settings.objective.bpe_dropout
        batches: LengthBuckets | PackedPairs
        lists = self._lists() if self.exchange is not None and not rate else None
        spelling = None
        if lists is None and (rate or self.exchange is not None):
            spelling = Spelling(self.coders.source, self.coders.target, rate=rate, exchange=self.exchange)
        if settings.pack:
            batches = PackedPairs(
                self.train,
                source=self.context,
                target=settings.target_context or self.context,
                rows=settings.batch,
                padding=self.coder.padding,
                fingerprint=self.fingerprint,
                seed=self.seed,
                spare=0.0 if spelling is None else spelling.spare(self.train, self.texts, self.seed),
            )
        else:
            batches = self._buckets(self.train, settings.batch * self.context)
        if lists is not None and self.exchange is not None:
            return DealtPairs(batches, self.texts, self.exchange, lists)
        return batches if spelling is None else RespelledPairs(batches, self.texts, spelling)

    def _lists(self) -> tuple[Lists, Lists] | None:
        """The tokens of exchangeable words on either side; None where one of them is no token of its own."""
        assert self.exchange is not None
        source, target = (lists_of(self.exchange, coder) for coder in (self.source_coder, self.coder))
        return None if source is None or target is None else (source, target)

    def names(self, batches: Batches, number: int) -> Sequence[str]:
        """What the pairs in batch `number` are called."""
        spelled = batches.batches if isinstance(batches, RespelledPairs | DealtPairs) else batches
        assert isinstance(spelled, LengthBuckets | PackedPairs)
        return [self.texts[place].id for place in spelled.pairs(number)] if self.texts else ()

    def held_out(self, settings: TrainingSettings, tokens: int) -> HeldOut:
        """All held-out pairs, from short to long."""
        longest = max(int(lengths_of(side).max()) for side in (self.validation.source, self.validation.target))
        return self._buckets(self.validation, max(held_out_at_once(tokens, self.held_out_tokens), longest)).held_out()

    def counts(self) -> NDArray[np.int64]:
        """How often each id [V] is predicted."""
        return np.bincount(self.train.target.tokens, minlength=self.coder.vocabulary)

    def _buckets(self, stream: PairStream, tokens: int) -> LengthBuckets:
        return LengthBuckets(
            stream,
            tokens=tokens,
            padding=self.coder.padding,
            fingerprint=self.fingerprint,
            seed=self.seed,
            longest=self.context,
        )


def _sides(pairs: Sequence[Pair]) -> tuple[list[str], list[str]]:
    return [pair.source for pair in pairs], [pair.target for pair in pairs]
