"""Rows with labels as material: a text, or two of them, and what people said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from groundup.model.heads import HeadSettings
from groundup.objectives.rows import Symbols
from groundup.tokens.buckets import Buckets, Places
from groundup.tokens.shared_words import SharedWords
from groundup.tokens.tokenizer import Tokenizer
from groundup.training.material import Batches, HeldOut, held_out_at_once
from groundup.training.settings import TrainingSettings
from groundup.training.symbols import symbols_of


@dataclass(frozen=True)
class LabelledBatch:
    """B rows of T tokens with their labels."""

    tokens: NDArray[np.int64]
    """[B, T] ids, padded behind."""
    real: NDArray[np.bool_]
    """[B, T] False for padding."""
    segments: NDArray[np.int64] | None
    """[B, T] 0 up to where the second text begins, 1 from there on; [B, T, 3 or 4] where its words are told what they
    are to the first; None: one text a row."""
    labels: Mapping[str, NDArray[np.int64]]
    """[B] or [B, 2] by the head's name."""
    is_causal: bool


@dataclass(frozen=True)
class LabelledRows:
    """N rows of tokens of unlike lengths, and their labels."""

    ids: Sequence[Sequence[int]]
    second: NDArray[np.int64] | None
    """[N] the place where the second text begins; None: rows have one text."""
    labels: Mapping[str, NDArray[np.int64]]
    """[N] or [N, 2] by the head's name; empty where nobody knows them."""
    words: SharedWords | None = None
    """Tells what the words of the second text are to the first; None: nobody asks."""

    @cached_property
    def lengths(self) -> Places:
        """[N] tokens of each row."""
        return np.fromiter(map(len, self.ids), dtype=np.int64, count=len(self.ids))

    def batch(self, chosen: Places, padding: int, *, is_causal: bool) -> LabelledBatch:
        """Some of the rows, padded to the longest of them."""
        lengths = self.lengths[chosen]
        tokens = np.full((len(chosen), int(lengths.max())), padding, dtype=np.int64)
        places = np.arange(tokens.shape[1])
        real = places < lengths[:, None]
        tokens[real] = np.concatenate([np.asarray(self.ids[row], dtype=np.int64) for row in chosen])
        segments = self._segments(chosen, real)
        labels = {name: wanted[chosen] for name, wanted in self.labels.items()}
        return LabelledBatch(tokens, real, segments, labels, is_causal)

    def _segments(self, chosen: Places, real: NDArray[np.bool_]) -> NDArray[np.int64] | None:
        if self.second is None:
            return None
        second = self.second[chosen]
        if self.words is None:
            return (real & (np.arange(real.shape[1]) >= second[:, None])).astype(np.int64)
        segments = np.zeros((*real.shape, self.words.columns), dtype=np.int64)
        pairs = zip(chosen, second, strict=True)
        segments[real] = np.concatenate(
            [self.words.segments(np.asarray(self.ids[row]), int(first)) for row, first in pairs]
        )
        return segments


@dataclass(frozen=True)
class RowBatches:
    """Batches of rows of about one length."""

    rows: LabelledRows
    buckets: Buckets
    padding: int
    is_causal: bool

    @property
    def size(self) -> int:
        """Tokens of a batch, in the mean."""
        return self.buckets.size

    def at(self, step: int) -> LabelledBatch:
        """The batch of `step`, counted from 0."""
        return self.rows.batch(self.buckets.at(step), self.padding, is_causal=self.is_causal)

    def held_out(self) -> HeldOutRows:
        """Every row once, from short to long."""
        return HeldOutRows(self, self.buckets.held_out())


@dataclass(frozen=True)
class HeldOutRows:
    """A fixed list of batches that hold every row once."""

    of: RowBatches
    chosen: Sequence[Places]
    """The rows of each batch."""

    def __len__(self) -> int:
        return len(self.chosen)

    def __iter__(self) -> Iterator[LabelledBatch]:
        """All batches."""
        return map(self.at, range(len(self)))

    def at(self, step: int) -> LabelledBatch:
        """The batch of `step`, 0 to len - 1."""
        return self.of.rows.batch(self.chosen[step], self.of.padding, is_causal=self.of.is_causal)


@dataclass(frozen=True)
class RowMaterial:
    """Labelled rows to learn from and rows held out."""

    train: LabelledRows
    validation: LabelledRows
    coder: Tokenizer
    heads: Mapping[str, HeadSettings]
    context: int
    seed: int
    fingerprint: str
    is_causal: bool
    source_vocabulary: int | None = None
    read_share: float | None = None
    sentence_ends: tuple[int, ...] = ()
    bytes_per_token: float = 1.0
    called: Sequence[str] = ()
    """By what name the example behind each training row goes; empty where nobody needs to know."""

    @property
    def source_coder(self) -> Tokenizer:
        """There is one side alone."""
        return self.coder

    @property
    def ends_sources(self) -> bool:
        """Nothing is written, so nothing is read to write of."""
        return False

    @cached_property
    def symbols(self) -> Symbols:
        """What the objective must know of the vocabulary."""
        return symbols_of(self.coder)

    def has_one_shape(self, settings: TrainingSettings) -> bool:
        """Batches are as wide as their texts are long."""
        return False

    @property
    def tokens(self) -> int:
        """Tokens of all training rows."""
        return int(self.train.lengths.sum())

    @property
    def held_out_tokens(self) -> int:
        """Tokens of all rows held out."""
        return int(self.validation.lengths.sum())

    def batches(self, settings: TrainingSettings) -> Batches:
        """Rows of about one length; a batch has as many positions as `settings.batch` full rows."""
        assert settings.batch is not None
        return self._batches(self.train, settings.batch * self.context)

    def names(self, batches: Batches, number: int) -> Sequence[str]:
        """What the examples in batch `number` are called."""
        assert isinstance(batches, RowBatches)
        return [self.called[place] for place in batches.buckets.at(number)] if self.called else ()

    def held_out(self, settings: TrainingSettings, tokens: int) -> HeldOut:
        """All rows held out, from short to long."""
        return self._batches(self.validation, max(1, held_out_at_once(tokens, self.held_out_tokens))).held_out()

    def counts(self) -> NDArray[np.int64]:
        """No token is predicted, so none is counted."""
        return np.zeros(self.coder.vocabulary, dtype=np.int64)

    def _batches(self, rows: LabelledRows, tokens: int) -> RowBatches:
        buckets = Buckets((rows.lengths,), tokens=tokens, fingerprint=self.fingerprint, seed=self.seed)
        return RowBatches(rows, buckets, self.coder.padding, self.is_causal)


def in_batches(rows: LabelledRows, tokens: int, padding: int, *, is_causal: bool) -> HeldOutRows:
    """Rows to be labelled, in batches of at most `tokens` positions."""
    buckets = Buckets((rows.lengths,), tokens=tokens, fingerprint="", seed=0)
    return RowBatches(rows, buckets, padding, is_causal).held_out()
