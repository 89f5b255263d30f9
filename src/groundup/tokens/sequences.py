"""Batches of (source, target) pairs by token count: padded, with pairs of a length together, or packed into full rows.

Sources are read whole with the end token behind them, so that none is empty; targets are written from an end token to
an end token. Both ways give every pair once an epoch, in an order drawn anew.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from groundup.errors import GroundupError
from groundup.tokens.batches import NO_DOCUMENT, UNSCORED
from groundup.tokens.order import shuffled
from groundup.tokens.shards import TokenStream

# Pairs are sorted by length within pools of about so many batches: enough to find their like, few enough to mix.
_POOL = 100
# Rows that wait for a pair that fits: more of them find little more.
_OPEN = 32

_Places = NDArray[np.int64]
Unit = TypeVar("Unit")


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


class _Epochs(Generic[Unit]):
    """Epochs of unlike numbers of units (batches, rows), one behind the other; the last two asked for are kept."""

    def __init__(self, draw: Callable[[int], Sequence[Unit]]) -> None:
        self._draw = draw
        self._firsts = [0]
        self._kept: dict[int, Sequence[Unit]] = {}

    def unit(self, number: int) -> Unit:
        """Unit `number` of all epochs."""
        epoch = self.epoch(number)
        return self._units(epoch)[number - self._firsts[epoch]]

    def epoch(self, number: int) -> int:
        """The epoch that unit `number` is of."""
        while self._firsts[-1] <= number:
            self._firsts.append(self._firsts[-1] + len(self._units(len(self._firsts) - 1)))
        return bisect_right(self._firsts, number) - 1

    def passed(self, number: int) -> float:
        """Epochs before unit `number`."""
        epoch = self.epoch(number)
        first, last = self._firsts[epoch], self._firsts[epoch + 1]
        return epoch + (number - first) / (last - first)

    def _units(self, epoch: int) -> Sequence[Unit]:
        if epoch not in self._kept:
            if len(self._kept) == 2:
                self._kept.pop(next(iter(self._kept)))
            self._kept[epoch] = self._draw(epoch)
        return self._kept[epoch]


class LengthBuckets:
    """Padded batches of pairs of about one length, each a pure function of (fingerprint, seed, step): `at(step)`.

    An epoch shuffles the pairs, sorts them by length within pools of about 100 batches, fills batches in that order and
    shuffles the batches. Batches have unlike numbers of rows; a step is one batch.
    """

    def __init__(self, stream: PairStream, *, tokens: int, padding: int, fingerprint: str, seed: int) -> None:
        """At most `tokens` positions on either side of a batch, padding among them (rows times the longest text).

        Raises `GroundupError` where a single text is longer.
        """
        self.stream, self.tokens, self.padding = stream, tokens, padding
        self.fingerprint, self.seed = fingerprint, seed
        self._sources, self._targets = _lengths(stream.source), _lengths(stream.target)
        _check(stream, self._sources, self._targets, tokens, tokens, "a batch")
        mean = max(self._sources.mean(), self._targets.mean())
        self._pool = max(1, round(_POOL * tokens / mean))
        self._epochs = _Epochs(self._draw)

    def at(self, step: int) -> SequenceBatch:
        """The batch of `step`, counted from 0."""
        return _padded(self.stream, self._epochs.unit(step), self.padding)

    def epoch(self, step: int) -> float:
        """How many times the pairs have been seen before `step`."""
        return self._epochs.passed(step)

    def held_out(self) -> HeldOutSequences:
        """All pairs once, from short to long: for validation."""
        return HeldOutSequences(self, self._cut(np.lexsort((self._sources, self._targets))))

    def _draw(self, epoch: int) -> list[_Places]:
        key = ("length buckets", self.fingerprint, self.seed, epoch)
        order = shuffled(self.stream.pairs, *key)
        pools = np.arange(len(order)) // self._pool
        batches = self._cut(order[np.lexsort((self._sources[order], self._targets[order], pools))])
        return [batches[i] for i in shuffled(len(batches), *key, "batches")]

    def _cut(self, order: _Places) -> list[_Places]:
        """Pairs in order, as many to a batch as it holds."""
        cuts, first, longest = [], 0, 0
        for i, length in enumerate(np.maximum(self._sources, self._targets)[order].tolist()):
            longest = max(longest, length)
            if longest * (i + 1 - first) > self.tokens:
                cuts.append(i)
                first, longest = i, length
        return np.split(order, cuts)


class HeldOutSequences:
    """A fixed list of padded batches that hold every pair once."""

    def __init__(self, buckets: LengthBuckets, batches: list[_Places]) -> None:
        """`batches`: the pairs of each."""
        self.buckets, self._batches = buckets, batches

    def __len__(self) -> int:
        """Number of batches."""
        return len(self._batches)

    def __iter__(self) -> Iterator[SequenceBatch]:
        """All batches."""
        return map(self.at, range(len(self)))

    def at(self, step: int) -> SequenceBatch:
        """The batch of `step`, 0 to len - 1."""
        return _padded(self.buckets.stream, self._batches[step], self.buckets.padding)


class PackedPairs:
    """Batches of rows of fixed lengths that hold several pairs each, pure functions of (fingerprint, seed, step).

    An epoch shuffles the pairs and puts each into the first of the waiting rows that has room for both its texts. Rows
    of a step may come from two epochs, so all batches have one shape.
    """

    def __init__(
        self, stream: PairStream, *, source: int, target: int, rows: int, padding: int, fingerprint: str, seed: int
    ) -> None:
        """`rows` rows of `source` positions to read and `target` to predict.

        Raises `GroundupError` where a single text is longer.
        """
        self.stream, self.source, self.target, self.rows, self.padding = stream, source, target, rows, padding
        self.fingerprint, self.seed = fingerprint, seed
        self._sources, self._targets = _lengths(stream.source), _lengths(stream.target)
        _check(stream, self._sources, self._targets, source, target, "a row")
        self._epochs = _Epochs(self._draw)

    def at(self, step: int) -> SequenceBatch:
        """The batch of `step`, counted from 0."""
        source = np.full((self.rows, self.source), self.padding, dtype=np.int64)
        tokens = np.full((self.rows, self.target + 1), UNSCORED, dtype=np.int64)
        source_documents = np.full(source.shape, NO_DOCUMENT, dtype=np.int32)
        documents = np.full(tokens.shape, NO_DOCUMENT, dtype=np.int32)
        for row in range(self.rows):
            read = written = 0
            for number, pair in enumerate(self._epochs.unit(step * self.rows + row)):
                text = self.stream.source.document(pair)
                source[row, read : read + len(text)] = text
                source[row, read + len(text)] = self.stream.source.end
                source_documents[row, read : read + len(text) + 1] = number
                read += len(text) + 1
                text = self.stream.target.document(pair)
                tokens[row, written] = tokens[row, written + len(text) + 1] = self.stream.target.end
                tokens[row, written + 1 : written + len(text) + 1] = text
                documents[row, written : written + len(text) + 2] = number
                written += len(text) + 2
        return SequenceBatch(source, source_documents != NO_DOCUMENT, source_documents, tokens, documents)

    def epoch(self, step: int) -> float:
        """How many times the pairs have been seen before `step`."""
        return self._epochs.passed(step * self.rows)

    def _draw(self, epoch: int) -> list[list[int]]:
        order = shuffled(self.stream.pairs, "packed pairs", self.fingerprint, self.seed, epoch)
        rows: list[list[int]] = []
        waiting: list[tuple[int, int, list[int]]] = []
        lengths = zip(order.tolist(), self._sources[order].tolist(), self._targets[order].tolist(), strict=True)
        for pair, source, target in lengths:
            # A target takes one place more than its inputs: the end token that closes it is a place of its own.
            target += 1
            for i, (read, written, members) in enumerate(waiting):
                if read + source <= self.source and written + target <= self.target + 1:
                    members.append(pair)
                    waiting[i] = (read + source, written + target, members)
                    break
            else:
                rows.append([pair])
                waiting.append((source, target, rows[-1]))
                del waiting[:-_OPEN]
        return rows


def _padded(stream: PairStream, pairs: _Places, padding: int) -> SequenceBatch:
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


def _ragged(stream: TokenStream, documents: _Places) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Documents with their end tokens as rows [B, longest], and where they are."""
    lengths = _lengths(stream)[documents]
    column = np.arange(lengths.max())
    tokens = stream.tokens.take(stream.starts[documents][:, None] + column, mode="clip").astype(np.int64)
    return tokens, column < lengths[:, None]


def _lengths(stream: TokenStream) -> _Places:
    """[documents] tokens of each, the end token among them."""
    return np.diff(stream.starts, append=len(stream.tokens))


def _check(stream: PairStream, sources: _Places, targets: _Places, source: int, target: int, where: str) -> None:
    for name, lengths, most in (("source", sources, source), ("target", targets, target)):
        longest = int(lengths.argmax())
        if lengths[longest] > most:
            raise GroundupError(
                f"The {name} of pair {longest + 1:,} has {lengths[longest]:,} tokens with its end token, and {where} "
                f"holds {most:,}.",
                f"Allow {lengths[longest]:,} tokens or more, or leave long pairs out.",
            )
