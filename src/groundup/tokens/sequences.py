"""Batches of (source, target) pairs by token count: padded, with pairs of a length together, or packed into full rows.

Sources are read whole with the end token behind them, so that none is empty; targets are written from an end token to
an end token. Both ways give every pair once an epoch, in an order drawn anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from groundup.errors import GroundupError
from groundup.tokens.batches import NO_DOCUMENT, UNSCORED
from groundup.tokens.buckets import Buckets, Epochs, Places
from groundup.tokens.order import shuffled
from groundup.tokens.shards import TokenStream

# Rows that wait for a pair that fits: more of them find little more.
_OPEN = 32


@dataclass(frozen=True)
class PairStream:
    """Pairs of texts: document number i of the one belongs to number i of the other."""

    source: TokenStream
    target: TokenStream

    def __post_init__(self) -> None:
        if self.source.documents != self.target.documents:
            raise GroundupError(
                f"There are {self.source.documents:,} sources but {self.target.documents:,} targets.",
                "Give one target for each source, line by line.",
            )

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return self.source.documents


@dataclass(frozen=True)
class SequenceBatch:
    """B rows of sources and what is to be written of them."""

    source: NDArray[np.int64]
    """[B, S] ids, each source with its end token, padded behind."""
    source_real: NDArray[np.bool_]
    """[B, S] False for padding."""
    source_documents: NDArray[np.int32] | None
    """[B, S] the pair of each position in packed rows, -1 for padding; None: one pair a row."""
    tokens: NDArray[np.int64]
    """[B, T+1] ids from the end token to the end token, -100 behind."""
    documents: NDArray[np.int32] | None
    """[B, T+1] as in the source, and numbered alike."""

    @property
    def positions(self) -> int:
        """Positions that a model computes, on both sides, padding among them."""
        return self.source.size + self.tokens[:, 1:].size

    @property
    def padding(self) -> int:
        """Positions of them that hold no token."""
        return int((~self.source_real).sum() + (self.tokens[:, 1:] == UNSCORED).sum())


def padding_share(batches: Iterable[SequenceBatch]) -> float:
    """The share of all positions that is padding, which costs time and teaches nothing."""
    counted = [(batch.padding, batch.positions) for batch in batches]
    return sum(padding for padding, _ in counted) / max(1, sum(positions for _, positions in counted))


def pair_stream(
    sources: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
    *,
    vocabulary: int,
    end: int,
    source_bytes: int = 0,
    target_bytes: int = 0,
) -> PairStream:
    """Pairs from lists of ids without end tokens; `..._bytes`: the texts' lengths in UTF-8, for bits per byte."""
    return PairStream(_stream(sources, source_bytes, vocabulary, end), _stream(targets, target_bytes, vocabulary, end))


def _stream(texts: Sequence[Sequence[int]], size: int, vocabulary: int, end: int) -> TokenStream:
    lengths = np.fromiter((len(text) + 1 for text in texts), dtype=np.int64, count=len(texts))
    tokens = np.fromiter((token for text in texts for token in (*text, end)), dtype=np.uint32, count=lengths.sum())
    return TokenStream(tokens, lengths.cumsum() - lengths, size, vocabulary, end)


@dataclass(frozen=True)
class Room:
    """What several pairs of a batch share: those from number `first` to before `stop` of its pairs."""

    first: int
    stop: int
    source: int
    """Positions for all their sources together, end tokens among them;"""
    target: int
    """and for their targets, as many as are predicted."""


class LengthBuckets:
    """Padded batches of pairs of about one length, each a pure function of (fingerprint, seed, step): `at(step)`."""

    def __init__(
        self,
        stream: PairStream,
        *,
        tokens: int,
        padding: int,
        fingerprint: str,
        seed: int,
        longest: int | None = None,
    ) -> None:
        """At most `tokens` positions on either side of a batch, padding among them (rows times the longest text).

        `longest`: positions that a text may have when it is spelled anew; None: `tokens`. Raises `GroundupError` where
        a single text is longer than `tokens`.
        """
        self.stream, self.padding, self.seed = stream, padding, seed
        self.longest = tokens if longest is None else longest
        sources, targets = lengths_of(stream.source), lengths_of(stream.target)
        _check(stream, sources, targets, tokens, tokens, "a batch")
        self.buckets = Buckets((targets, sources), tokens=tokens, fingerprint=fingerprint, seed=seed)

    @property
    def size(self) -> int:
        """Tokens of a batch on both sides, in the mean."""
        return self.buckets.size

    def at(self, step: int) -> SequenceBatch:
        """The batch of `step`, counted from 0."""
        return self.filled(step, self.stream, self.pairs(step))

    def pairs(self, step: int) -> Places:
        """The pairs of the batch of `step`."""
        return self.buckets.at(step)

    def filled(self, step: int, stream: PairStream, pairs: Places) -> SequenceBatch:
        """The batch of `step` with other texts in place of its own: `pairs` of `stream`."""
        return padded(stream, pairs, self.padding)

    def rooms(self, step: int) -> list[Room]:
        """Each pair has a row for itself."""
        return [Room(place, place + 1, self.longest, self.longest) for place in range(len(self.pairs(step)))]

    def epoch(self, step: int) -> float:
        """How many times the pairs have been seen before `step`."""
        return self.buckets.epoch(step)

    def held_out(self) -> HeldOutSequences:
        """All pairs once, from short to long: for validation."""
        return HeldOutSequences(self.stream, self.buckets.held_out(), self.padding)


class HeldOutSequences:
    """A fixed list of padded batches that hold every pair once."""

    def __init__(self, stream: PairStream, batches: Sequence[Places], padding: int) -> None:
        """`batches`: the pairs of each."""
        self.stream, self._batches, self.padding = stream, batches, padding

    def __len__(self) -> int:
        """Number of batches."""
        return len(self._batches)

    def __iter__(self) -> Iterator[SequenceBatch]:
        """All batches."""
        return map(self.at, range(len(self)))

    def at(self, step: int) -> SequenceBatch:
        """The batch of `step`, 0 to len - 1."""
        return padded(self.stream, self._batches[step], self.padding)


class PackedPairs:
    """Batches of rows of fixed lengths that hold several pairs each, pure functions of (fingerprint, seed, step).

    An epoch shuffles the pairs and puts each into the first of the waiting rows that has room for both its texts. Rows
    of a step may come from two epochs, so all batches have one shape.
    """

    def __init__(
        self,
        stream: PairStream,
        *,
        source: int,
        target: int,
        rows: int,
        padding: int,
        fingerprint: str,
        seed: int,
        spare: float = 0.0,
    ) -> None:
        """`rows` rows of `source` positions to read and `target` to predict.

        `spare`: the share of a row that is left for texts that will be spelled anew, and longer. Raises `GroundupError`
        where a single text is longer than a row.
        """
        self.stream, self.source, self.target, self.rows, self.padding = stream, source, target, rows, padding
        self.fingerprint, self.seed, self.spare = fingerprint, seed, spare
        self._sources, self._targets = lengths_of(stream.source), lengths_of(stream.target)
        _check(stream, self._sources, self._targets, source, target, "a row")
        self._epochs = Epochs(self._draw)

    @cached_property
    def size(self) -> int:
        """Tokens of a batch on both sides, in the mean over an epoch."""
        tokens = int(self._sources.sum() + self._targets.sum())
        return max(1, round(tokens * self.rows / len(self._epochs.units(0))))

    def at(self, step: int) -> SequenceBatch:
        """The batch of `step`, counted from 0."""
        return self.filled(step, self.stream, self.pairs(step))

    def pairs(self, step: int) -> Places:
        """The pairs of the batch of `step`, row after row."""
        return np.array([pair for members in self._members(step) for pair in members], dtype=np.int64)

    def filled(self, step: int, stream: PairStream, pairs: Places) -> SequenceBatch:
        """The batch of `step` with other texts in place of its own: `pairs` of `stream`, which must fit its `rooms`."""
        source = np.full((self.rows, self.source), self.padding, dtype=np.int64)
        tokens = np.full((self.rows, self.target + 1), UNSCORED, dtype=np.int64)
        source_documents = np.full(source.shape, NO_DOCUMENT, dtype=np.int32)
        documents = np.full(tokens.shape, NO_DOCUMENT, dtype=np.int32)
        following = iter(pairs.tolist())
        for row, members in enumerate(self._members(step)):
            read = written = 0
            for number, pair in enumerate(islice(following, len(members))):
                text = stream.source.document(pair)
                source[row, read : read + len(text)] = text
                source[row, read + len(text)] = stream.source.end
                source_documents[row, read : read + len(text) + 1] = number
                read += len(text) + 1
                text = stream.target.document(pair)
                tokens[row, written] = tokens[row, written + len(text) + 1] = stream.target.end
                tokens[row, written + 1 : written + len(text) + 1] = text
                documents[row, written : written + len(text) + 2] = number
                written += len(text) + 2
        return SequenceBatch(source, source_documents != NO_DOCUMENT, source_documents, tokens, documents)

    def rooms(self, step: int) -> list[Room]:
        """The pairs of a row share its room."""
        ends = np.cumsum([len(members) for members in self._members(step)]).tolist()
        # Of each target but one there is a position more: the end token that the next begins with.
        return [
            Room(first, stop, self.source, self.target + 1 - (stop - first))
            for first, stop in zip([0, *ends], ends, strict=False)
        ]

    def epoch(self, step: int) -> float:
        """How many times the pairs have been seen before `step`."""
        return self._epochs.passed(step * self.rows)

    def _members(self, step: int) -> list[list[int]]:
        """The pairs of each row of the batch of `step`."""
        return [self._epochs.unit(step * self.rows + row) for row in range(self.rows)]

    def _draw(self, epoch: int) -> list[list[int]]:
        order = shuffled(self.stream.pairs, "packed pairs", self.fingerprint, self.seed, epoch)
        most_read, most_written = (int(room * (1 - self.spare)) for room in (self.source, self.target + 1))
        rows: list[list[int]] = []
        waiting: list[tuple[int, int, list[int]]] = []
        lengths = zip(order.tolist(), self._sources[order].tolist(), self._targets[order].tolist(), strict=True)
        for pair, source, target in lengths:
            # A target takes one place more than its inputs: the end token that closes it is a place of its own.
            target += 1
            for i, (read, written, members) in enumerate(waiting):
                if read + source <= most_read and written + target <= most_written:
                    members.append(pair)
                    waiting[i] = (read + source, written + target, members)
                    break
            else:
                rows.append([pair])
                waiting.append((source, target, rows[-1]))
                del waiting[:-_OPEN]
        return rows


def padded(stream: PairStream, pairs: Places, padding: int) -> SequenceBatch:
    """Some pairs as rows, padded to the longest on each side."""
    source, source_real = _ragged(stream.source, pairs)
    target, target_real = _ragged(stream.target, pairs)
    begin = np.full((len(pairs), 1), stream.target.end, dtype=np.int64)
    return SequenceBatch(
        np.where(source_real, source, padding),
        source_real,
        None,
        np.concatenate([begin, np.where(target_real, target, UNSCORED)], axis=1),
        None,
    )


def _ragged(stream: TokenStream, documents: Places) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Documents with their end tokens as rows [B, longest], and where they are."""
    lengths = lengths_of(stream)[documents]
    column = np.arange(lengths.max())
    tokens = stream.tokens.take(stream.starts[documents][:, None] + column, mode="clip").astype(np.int64)
    return tokens, column < lengths[:, None]


def lengths_of(stream: TokenStream) -> Places:
    """[documents] tokens of each, the end token among them."""
    return np.diff(stream.starts, append=len(stream.tokens))


def _check(stream: PairStream, sources: Places, targets: Places, source: int, target: int, where: str) -> None:
    for name, lengths, most in (("source", sources, source), ("target", targets, target)):
        longest = int(lengths.argmax())
        if lengths[longest] > most:
            raise GroundupError(
                f"The {name} of pair {longest + 1:,} has {lengths[longest]:,} tokens with its end token, and {where} "
                f"holds {most:,}.",
                f"Allow {lengths[longest]:,} tokens or more, or leave long pairs out.",
            )
