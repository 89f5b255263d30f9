"""Batches out of a token stream: in random order for training, every token once and in order for scoring.

The stream is taken as a ring: before its first token stands its last, an end token, just as one stands before
every other document. So each token, the first one too, has something to be predicted from, the count of
scored tokens is the count of tokens, and nats / ln 2 / bytes of text are honest bits per byte. (End tokens
are scored as well but are no bytes of text; they count against the model.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundup.errors import GroundupError
from groundup.tokens.order import raw_draws
from groundup.tokens.shards import TokenStream

# Targets of this value are not scored.
UNSCORED = -100

# Stands for padding among document numbers; it belongs to none.
NO_DOCUMENT = -1


@dataclass(frozen=True)
class Batch:
    """B rows of T inputs and their targets, one step ahead."""

    tokens: NDArray[np.int64]
    """[B, T+1] ids: all but the last of a row are inputs, all but the first are what to predict. Behind the
    end of the text, where a last row is not full, stands -100."""

    targets: NDArray[np.int64]
    """[B, T] `tokens` one step ahead, -100 where a target is not scored."""

    documents: NDArray[np.int32] | None
    """[B, T+1] the number of each token's document, by which attention can be kept inside documents (-1:
    none); None where each row lies within one document, or where nobody asked. An end token counts with the document
    behind it: what it is read for is to begin that one."""

    @property
    def scored(self) -> int:
        """Number of scored targets."""
        return int((self.targets != UNSCORED).sum())


class Windows:
    """Training batches, each a pure function of (fingerprint, seed, step): `at(step)`.

    An epoch cuts the ring of N tokens, from an offset drawn anew, into ceil(N / context) windows and shuffles
    them. Every token is a target once an epoch; the last window runs on into the first, so that all rows are
    full, and scores fewer than `context` tokens a second time. Rows of a step may come from two epochs.
    """

    def __init__(
        self,
        stream: TokenStream,
        *,
        context: int,
        rows: int,
        fingerprint: str,
        seed: int,
        documents: bool = True,
    ) -> None:
        """`rows` rows of `context` inputs a batch; `GroundupError` where the stream is too short."""
        _check(stream, context)
        self.stream, self.context, self.rows = stream, context, rows
        self.fingerprint, self.seed, self.documents = fingerprint, seed, documents
        self.windows = math.ceil(len(stream.tokens) / context)
        self._epochs: dict[int, NDArray[np.int64]] = {}

    @property
    def size(self) -> int:
        """Tokens that a batch predicts."""
        return self.rows * self.context

    def at(self, step: int) -> Batch:
        """The batch of `step`, counted from 0."""
        first = step * self.rows
        numbers = np.arange(first, first + self.rows)
        epochs, places = np.divmod(numbers, self.windows)
        starts = np.concatenate(
            [self._epoch(epoch)[places[epochs == epoch]] for epoch in range(epochs[0], epochs[-1] + 1)]
        )
        tokens, documents = _rows(self.stream, starts, self.context, self.documents)
        return Batch(tokens, tokens[:, 1:], documents)

    def epoch(self, step: int) -> float:
        """How many times the text has been seen before `step`."""
        return step * self.rows / self.windows

    def _epoch(self, number: int) -> NDArray[np.int64]:
        """Where the windows of an epoch begin, in their order; the last two epochs asked for are kept."""
        if number not in self._epochs:
            if len(self._epochs) == 2:
                self._epochs.pop(next(iter(self._epochs)))
            self._epochs[number] = self._draw(number)
        return self._epochs[number]

    def _draw(self, number: int) -> NDArray[np.int64]:
        draws = raw_draws(self.windows + 1, self.fingerprint, self.seed, number)
        offset = int(draws[0] % np.uint64(self.context))
        return np.argsort(draws[1:], kind="stable") * self.context + offset


class EveryToken:
    """Batches that score every token of a stream exactly once, in order: for validation.

    Rows begin `stride` tokens apart and score what rows before them did not, so that a scored token sees the
    end token before the text or at least `context - stride` tokens of the text. The default, stride =
    context, scores each row whole and costs least. All batches have one shape; rows that stay empty score
    nothing.
    """

    def __init__(
        self,
        stream: TokenStream,
        *,
        context: int,
        rows: int,
        stride: int | None = None,
        documents: bool = True,
    ) -> None:
        """At most `rows` rows of `context` inputs to a batch. A stream may be shorter than one row."""
        self.stride = context if stride is None else stride
        if not 1 <= self.stride <= context:
            raise GroundupError(
                f"A stride of {self.stride:,} with a context of {context:,} would leave tokens unscored.",
                f"Choose a stride from 1 to {context:,}.",
            )
        self.stream, self.context, self.documents = stream, context, documents
        self.windows = 1 + max(0, math.ceil((len(stream.tokens) - context) / self.stride))
        self.rows = min(rows, self.windows)

    def __len__(self) -> int:
        """Number of batches."""
        return math.ceil(self.windows / self.rows)

    def __iter__(self) -> Iterator[Batch]:
        """All batches, in order."""
        return map(self.at, range(len(self)))

    def at(self, step: int) -> Batch:
        """The batch of `step`, 0 to len - 1."""
        numbers = np.arange(step * self.rows, (step + 1) * self.rows)[:, None]
        tokens, documents = _rows(self.stream, numbers[:, 0] * self.stride, self.context, self.documents)
        # Where each of the T+1 tokens stands in the stream; the input before the first target is one back.
        places = numbers * self.stride + np.arange(-1, self.context)
        is_outside = (places >= len(self.stream.tokens)) | (numbers >= self.windows)
        tokens[is_outside] = UNSCORED
        if documents is not None:
            documents[is_outside] = NO_DOCUMENT
        targets = tokens[:, 1:]
        if self.stride < self.context:
            targets = targets.copy()
            targets[1 if step == 0 else 0 :, : self.context - self.stride] = UNSCORED
        return Batch(tokens, targets, documents)


def _rows(
    stream: TokenStream, starts: NDArray[np.int64], context: int, wants_documents: bool
) -> tuple[NDArray[np.int64], NDArray[np.int32] | None]:
    """Rows [B, T+1] whose first targets stand at `starts` on the ring, and their tokens' documents."""
    places = starts[:, None] + np.arange(-1, context)
    tokens = stream.tokens.take(places, mode="wrap").astype(np.int64)
    if not wants_documents or stream.documents == 1:
        return tokens, None
    first, last = (_documents(stream, places[:, i]) for i in (0, -1))
    return tokens, None if (first == last).all() else _documents(stream, places).astype(np.int32)


def _documents(stream: TokenStream, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The document of each place on the ring, those of every lap by numbers of their own."""
    # One place on, for an end token belongs to what follows it.
    laps, behind = np.divmod(places + 1, len(stream.tokens))
    documents: NDArray[np.int64] = np.searchsorted(stream.starts, behind, side="right") - 1
    documents += laps * stream.documents
    return documents


def _check(stream: TokenStream, context: int) -> None:
    if len(stream.tokens) <= context:
        raise GroundupError(
            f"The text has {len(stream.tokens):,} tokens, too few for one row of {context:,} inputs and their targets.",
            f"Set model.context below {len(stream.tokens):,}, or give more text.",
        )
