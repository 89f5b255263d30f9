"""Rows of two texts, `<end> A <sep> B <sep>`, whose label says how B belongs to A: next sentence and sentence order.

Both are built around a boundary between two sentences of a document: A is the run of whole sentences before it, B the
run behind, together as long as the row allows, and no sentence is ever cut. How long the texts are must not
tell the label, nor whether they are short for want of text:

- A boundary has a sentence on either side, so every row has a true continuation to be taken or not, and no label
  falls to texts of one sentence because there was nothing else to do with them.
- Only boundaries whose two sentences surely fit are taken, so nothing depends on the label in choosing them.
- A foreign B begins at such a boundary too, one with about as much text behind it, and fills the same share.
- The shares of A and B are drawn alike, and chance says which of them takes the room that is left first, so that
  swapping them changes no length's distribution.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundup.errors import GroundupError
from groundup.tokens.order import raw_draws, shuffled
from groundup.tokens.shards import TokenStream

# Classes of the labels.
FOLLOWS, RANDOM = 0, 1
IN_ORDER, SWAPPED = 0, 1

# The end token before A and the separators behind A and B.
_FRAME = 3
# The least share of a row for either text; the longest sentence beside a boundary is that long.
_LEAST = 0.4
# Foreign texts are taken from boundaries with as much text behind them, told apart in so many steps.
_STEPS = 16

_Places = NDArray[np.int64]


@dataclass(frozen=True)
class PairBatch:
    """B rows `<end> A <sep> B <sep>` of T tokens."""

    tokens: NDArray[np.int64]
    """[B, T] ids, padded behind."""
    segments: NDArray[np.int64]
    """[B, T] 0 up to the first separator, 1 behind it; of questions [B, T, 3] where it is told what B's words are."""
    real: NDArray[np.bool_]
    """[B, T] False for padding."""
    labels: NDArray[np.int64]
    """[B] 0: B follows A, 1: it comes from another document (next sentence) or the two were swapped (order)."""


@dataclass(frozen=True)
class _Rows:
    """What is drawn for rows: indices into the boundaries, and one number of 64 bits a purpose."""

    boundaries: _Places
    draws: NDArray[np.uint64]
    """[3, rows] for the shares, the labels and the partners."""

    def take(self, chosen: _Places | slice) -> _Rows:
        return _Rows(self.boundaries[chosen], self.draws[:, chosen])


class SentencePairs(ABC):
    """Batches of pairs, each a pure function of (fingerprint, seed, step): `at(step)`.

    A cycle takes every boundary between two sentences once, in an order drawn anew, with other shares and labels.
    Row r of all rows is the same however many rows a batch has.
    """

    name: str
    is_swapping = False

    def __init__(
        self,
        stream: TokenStream,
        sentences: _Places,
        *,
        context: int,
        rows: int,
        separator: int,
        padding: int,
        fingerprint: str,
        seed: int,
    ) -> None:
        """`sentences`: where they begin (`sentence_starts`). Raises `GroundupError` where no two fit into `context`."""
        self.stream, self.sentences, self.context, self.rows = stream, sentences, context, rows
        self.separator, self.padding = separator, padding
        self.fingerprint, self.seed = fingerprint, seed
        self.room = context - _FRAME
        self.least = int(_LEAST * self.room)
        # Document ends leave out the end token.
        self.document_ends = np.append(stream.starts[1:], len(stream.tokens)) - 1
        documents = np.searchsorted(stream.starts, sentences, side="right") - 1
        ends = np.minimum(np.append(sentences[1:], len(stream.tokens)), self.document_ends[documents])
        fits = ends - sentences <= self.least
        is_second = documents[1:] == documents[:-1]
        chosen = 1 + np.flatnonzero(is_second & fits[1:] & fits[:-1])
        self.places, self.documents = sentences[chosen], documents[chosen]
        if not len(self.places):
            raise GroundupError(
                f"No two neighbouring sentences of the text fit into rows of {context:,} tokens (each may have "
                f"{max(0, self.least):,}).",
                "Raise model.context, take a tokenizer that needs fewer tokens, or set the objective's pairs to none.",
            )
        self._cycles: dict[int, _Rows] = {}
        self._prepare()

    @property
    def size(self) -> int:
        """Tokens that a batch holds, padding among them."""
        return self.rows * self.context

    def at(self, step: int) -> PairBatch:
        """The batch of `step`, counted from 0."""
        numbers = np.arange(step * self.rows, (step + 1) * self.rows)
        cycles, places = np.divmod(numbers, len(self.places))
        parts = []
        for cycle in range(int(cycles[0]), int(cycles[-1]) + 1):
            parts.append(self._cycle(cycle).take(places[cycles == cycle]))
        boundaries = np.concatenate([part.boundaries for part in parts])
        return self._batch(_Rows(boundaries, np.concatenate([part.draws for part in parts], axis=1)))

    def epoch(self, step: int) -> float:
        """About how many times the text has been seen before `step`."""
        return step * self.rows * self.room / len(self.stream.tokens)

    def held_out(self) -> HeldOutPairs:
        """A fixed list of batches that cover the text once, in order: for validation."""
        return HeldOutPairs(self)

    @abstractmethod
    def _prepare(self) -> None:
        """Look over the boundaries before the first batch."""

    @abstractmethod
    def _second(self, rows: _Rows, labels: NDArray[np.int64]) -> _Places:
        """Where B begins, as an index into the boundaries."""

    def _cycle(self, number: int) -> _Rows:
        """What a cycle draws, in the order of its rows; the last two asked for are kept."""
        if number not in self._cycles:
            if len(self._cycles) == 2:
                self._cycles.pop(next(iter(self._cycles)))
            key = (self.name, self.fingerprint, self.seed, number)
            order = shuffled(len(self.places), *key, "order")
            self._cycles[number] = _Rows(order, raw_draws(3 * len(order), *key).reshape(3, -1))
        return self._cycles[number]

    def _batch(self, rows: _Rows) -> PairBatch:
        _, label, _ = rows.draws
        labels = (label >> np.uint64(63)).astype(np.int64)
        second = self._second(rows, labels)
        begin, end, other, other_end = self._filled(rows, second)
        if self.is_swapping:
            swap = labels == SWAPPED
            begin, other = np.where(swap, other, begin), np.where(swap, begin, other)
            end, other_end = np.where(swap, other_end, end), np.where(swap, end, other_end)
        return self._framed(begin, end - begin, other, other_end - other, labels)

    def _filled(self, rows: _Rows, second: _Places) -> tuple[_Places, _Places, _Places, _Places]:
        """Where A and B begin and end. Each fills its share; what is left goes to one of them, then to the other."""
        width, label, _ = rows.draws
        end, other = self.places[rows.boundaries], self.places[second]
        spare = np.uint64(self.room - 2 * self.least + 1)
        share = self.least + (width % spare).astype(np.int64)
        is_first_served = label % np.uint64(2) == 0
        left = self.room - (self._behind(second, self.room - share) - other)
        begin = self._before(rows.boundaries, np.where(is_first_served, left, share))
        other_end = self._behind(second, self.room - (end - begin))
        begin = self._before(rows.boundaries, self.room - (other_end - other))
        return begin, end, other, other_end

    def _before(self, boundaries: _Places, most: _Places) -> _Places:
        """Where the run of whole sentences of at most so many tokens begins that ends at each boundary."""
        first = self.stream.starts[self.documents[boundaries]]
        lowest = np.maximum(self.places[boundaries] - most, first)
        begin: _Places = self.sentences[np.searchsorted(self.sentences, lowest)]
        return begin

    def _behind(self, boundaries: _Places, most: _Places) -> _Places:
        """Where the run of whole sentences of at most so many tokens ends that begins at each boundary."""
        last = self.document_ends[self.documents[boundaries]]
        highest = self.places[boundaries] + most
        whole = self.sentences[np.searchsorted(self.sentences, highest, side="right") - 1]
        return np.where(highest >= last, last, whole)

    def _framed(
        self, begin: _Places, length: _Places, other: _Places, other_length: _Places, labels: NDArray[np.int64]
    ) -> PairBatch:
        """The rows of texts that begin at `begin` and `other`, of so many tokens."""
        column = np.arange(self.context)
        middle = (length + 1)[:, None]
        close = middle + other_length[:, None] + 1
        is_second = column > middle
        place = np.where(is_second, (other - length - 2)[:, None], (begin - 1)[:, None]) + column
        tokens = self.stream.tokens.take(place, mode="clip").astype(np.int64)
        tokens[:, 0] = self.stream.end
        tokens[(column == middle) | (column == close)] = self.separator
        real = column <= close
        tokens[~real] = self.padding
        return PairBatch(tokens, is_second.astype(np.int64), real, labels)


class SentenceOrder(SentencePairs):
    """Two runs of sentences that follow each other; half of the time they are swapped (ALBERT, arXiv 1909.11942)."""

    name = "sentence order"
    is_swapping = True

    def _prepare(self) -> None:
        """Every boundary has its two runs."""

    def _second(self, rows: _Rows, labels: NDArray[np.int64]) -> _Places:
        return rows.boundaries


class NextSentence(SentencePairs):
    """Two runs of sentences; half of the time the second is of another document (BERT, arXiv 1810.04805).

    Made of a text of one document it raises `GroundupError`: there is nowhere else to take a second text from.
    BERT draws the other document first and then a place in it. Here every boundary of all other documents is as
    likely, so that second texts are of the same kind under both labels.
    """

    name = "next sentence"

    def _prepare(self) -> None:
        if self.documents[0] == self.documents[-1]:
            raise GroundupError(
                "Next sentence needs two documents or more with sentences that fit into a row, and the text has one: "
                "there is no other document for a second text to come from.",
                "Give more documents, or set the objective's pairs to sentence_order, which needs one.",
            )
        self._group = self._alike()
        # Boundaries by group and document, so that those of other documents are two ranges.
        self._order = np.lexsort((self.documents, self._group))
        self._keys = self._key(self._group, self.documents)[self._order]

    def _second(self, rows: _Rows, labels: NDArray[np.int64]) -> _Places:
        partner = rows.draws[2]
        group, document = self._group[rows.boundaries], self.documents[rows.boundaries]
        low, high = (np.searchsorted(self._keys, self._key(group + i, np.zeros_like(group))) for i in (0, 1))
        own_low, own_high = (np.searchsorted(self._keys, self._key(group, document + i)) for i in (0, 1))
        own = own_high - own_low
        chosen = low + (partner % (high - low - own).astype(np.uint64)).astype(np.int64)
        chosen += np.where(chosen >= own_low, own, 0)
        return np.where(labels == RANDOM, self._order[chosen], rows.boundaries)

    def _key(self, group: _Places, document: _Places) -> _Places:
        return group * self.stream.documents + document

    def _alike(self) -> _Places:
        """[boundaries] groups with about as much text behind them, each with two documents or more."""
        behind = np.minimum(self.document_ends[self.documents] - self.places, self.room)
        step = behind * _STEPS // self.room
        group = np.zeros(_STEPS + 1, dtype=np.int64)
        number, seen = -1, np.zeros(0, dtype=np.int64)
        # From the longest down: what is left over at the short end joins the group before it.
        firsts = []
        for size in range(_STEPS, -1, -1):
            if len(seen) > 1 or number < 0:
                number, seen = number + 1, seen[:0]
                firsts.append(size)
            seen = np.union1d(seen, self.documents[step == size])
            group[size] = number
        if len(seen) < 2 and number > 0:
            group[group == number] = number - 1
        groups: _Places = group[step]
        return groups


class HeldOutPairs:
    """A fixed list of batches that cover a text once, in order, whatever the step of a run."""

    def __init__(self, pairs: SentencePairs) -> None:
        """One row for about every `room` tokens of the text."""
        self.pairs, self.rows = pairs, pairs.rows
        wanted = np.arange(pairs.room // 2, max(len(pairs.stream.tokens), pairs.room), pairs.room)
        nearest = np.minimum(np.searchsorted(pairs.places, wanted), len(pairs.places) - 1)
        boundaries = np.unique(nearest)
        key = (pairs.name, pairs.fingerprint, pairs.seed, "held out")
        self._rows = _Rows(boundaries, raw_draws(3 * len(boundaries), *key).reshape(3, -1))

    def __len__(self) -> int:
        """Number of batches."""
        return math.ceil(len(self._rows.boundaries) / self.rows)

    def __iter__(self) -> Iterator[PairBatch]:
        """All batches, in order."""
        return map(self.at, range(len(self)))

    def at(self, step: int) -> PairBatch:
        """The batch of `step`, 0 to len - 1; the last may have fewer rows."""
        return self.pairs._batch(self._rows.take(slice(step * self.rows, (step + 1) * self.rows)))
