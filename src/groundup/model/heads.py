"""Heads beside the language model: labels for a sequence, for each token, or for where a span begins and ends.

Each turns hidden vectors [B, T, D] into logits whose last dimension is what is chosen among, so that one cross-entropy
serves them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from groundup.model.context import Context
from groundup.model.layers import Linear, full, rms_norm
from groundup.model.wide import Wide

# From so many segments on a model is told enough of each word for a log-linear model to answer by: what it is to the
# question, and what that asks.
WIDE_FROM = 99
# Times which the two figures of a pair's partners enter its head.
LOUDNESS = 10.0


@dataclass(frozen=True)
class HeadSettings:
    """What a head decides."""

    kind: Literal["sequence", "pair", "token", "span"]
    """One label a row, one for how two texts in a row belong together, one a token, or the first and last position of
    a span."""
    labels: int = 2
    """Number of labels to choose among; a span chooses among the positions."""
    pool: Literal["first", "mean", "last", "all"] = "first"
    """Which vector stands for a row where it is labelled as one sequence: its first token's (BERT), the mean, its last
    token's, or all: last, mean and maximum beside each other (ULMFiT, arXiv 1801.06146)."""


class SequenceHead(nn.Module):
    """One label a row: a dense layer and tanh over the pooled vector, then the labels (arXiv 1810.04805)."""

    def __init__(self, width: int, settings: HeadSettings, segments: int = 0) -> None:
        super().__init__()
        self.pool = settings.pool
        self.dense = Linear(width * (3 if settings.pool == "all" else 1), width, has_bias=True)
        self.output = Linear(width, settings.labels, has_bias=True, is_zero=True)

    def forward(self, hidden: Tensor, context: Context) -> Tensor:
        """Hidden [B, T, D] -> logits [B, labels]."""
        logits: Tensor = self.output(torch.tanh(self.dense(_pooled(hidden, context.real, self.pool))))
        return logits


class PairHead(nn.Module):
    """One label for how two texts in a row `<end> A <sep> B <sep>` belong together.

    It reads the row's first vector, as BERT does; the weighted means a and b of the texts as a, b, |a - b| and a * b
    (InferSent, arXiv 1705.02364); the vectors of the tokens that either text begins and ends with (as spans are stood
    for in arXiv 1707.07045); and how well the tokens of either find a partner in the other (the MaxSim of ColBERT,
    arXiv 2004.12832). What texts share, names above all, and what meets where they meet, is then seen from the first
    steps on, where the first vector alone has to gather it through attention.
    """

    def __init__(self, width: int, settings: HeadSettings, segments: int = 0) -> None:
        super().__init__()
        self.weigh = Linear(width, 1, is_zero=True)
        self.match = Linear(width, width, is_zero=True)
        # Equal vectors are partners until it is learned who else is.
        nn.init.eye_(self.match.weight)
        self.dense = Linear(9 * width + 2, width, has_bias=True)
        self.output = Linear(width, settings.labels, has_bias=True, is_zero=True)

    def forward(self, hidden: Tensor, context: Context) -> Tensor:
        """Hidden [B, T, D] -> logits [B, labels]; the context's segments tell the two texts apart."""
        assert context.segments is not None, "a pair head reads rows of two segments"
        real = torch.ones_like(context.segments, dtype=torch.bool) if context.real is None else context.real
        one, other = (real & (context.segments == segment) for segment in (0, 1))
        weights = full(self.weigh(hidden)[..., 0])
        shares = [_shares(weights, chosen) for chosen in (one, other)]
        a, b = (rms_norm((share[:, None].to(hidden.dtype) @ hidden)[:, 0]) for share in shares)
        matched = rms_norm(self.match(hidden))
        alike = full(matched @ matched.mT) / matched.shape[-1]
        alike = alike.masked_fill(~(one[:, :, None] & other[:, None]), -1.0)
        partners = [(share * alike.amax(axis)).sum(1) for share, axis in zip(shares, (2, 1), strict=True)]
        # Of the size of all the other numbers together, or it would not be heard among them.
        found = torch.stack(partners, 1).to(a.dtype) * LOUDNESS
        features = torch.cat((hidden[:, 0], a, b, (a - b).abs(), a * b, *_edges(hidden, one, other), found), -1)
        logits: Tensor = self.output(torch.tanh(self.dense(features)))
        return logits


class TokenHead(nn.Module):
    """One label a token."""

    def __init__(self, width: int, settings: HeadSettings, segments: int = 0) -> None:
        super().__init__()
        self.output = Linear(width, settings.labels, has_bias=True, is_zero=True)

    def forward(self, hidden: Tensor, context: Context) -> Tensor:
        """Hidden [B, T, D] -> logits [B, T, labels]."""
        logits: Tensor = self.output(hidden)
        return logits


class SpanHead(nn.Module):
    """Where a span begins and where it ends, each a choice among the row's real positions.

    Where a model tells so many `segments` apart, what is told of each token is heard beside its vector.
    """

    def __init__(self, width: int, settings: HeadSettings, segments: int = 0) -> None:
        super().__init__()
        self.output = Linear(width, 2, has_bias=True, is_zero=True)
        self.wide = Wide(segments, 2) if segments >= WIDE_FROM else None

    def forward(self, hidden: Tensor, context: Context) -> Tensor:
        """Hidden [B, T, D] -> logits [B, 2, T]."""
        logits: Tensor = self.output(hidden).mT
        # Rows that only say which of two texts a token belongs to tell nothing else of it.
        if self.wide is not None and context.segments is not None and context.segments.ndim == 3:
            logits = full(logits) + self.wide(context.segments).mT
        if context.real is None:
            return logits
        return logits.masked_fill(~context.real[:, None], torch.finfo(logits.dtype).min)


# Width, settings and the number of segments that the model tells apart -> a head.
HEADS: dict[str, Callable[[int, HeadSettings, int], nn.Module]] = {
    "sequence": SequenceHead,
    "pair": PairHead,
    "token": TokenHead,
    "span": SpanHead,
}


def _pooled(hidden: Tensor, real: Tensor | None, pool: str) -> Tensor:
    if pool == "all":
        least = torch.finfo(hidden.dtype).min
        seen = hidden if real is None else hidden.masked_fill(~real[..., None], least)
        return torch.cat((_pooled(hidden, real, "last"), _pooled(hidden, real, "mean"), seen.amax(1)), -1)
    if pool == "first":
        return hidden[:, 0]
    if real is None:
        return hidden.mean(1) if pool == "mean" else hidden[:, -1]
    if pool == "last":
        return hidden[torch.arange(len(hidden), device=hidden.device), real.sum(1) - 1]
    weights = real.to(hidden.dtype)[..., None]
    return (hidden * weights).sum(1) / weights.sum(1)


def _edges(hidden: Tensor, one: Tensor, other: Tensor) -> list[Tensor]:
    """The vectors [B, D] of the first and last tokens of both texts, without what frames them.

    For a text that is not there, those of the nearest token that is.
    """
    rows = torch.arange(len(hidden), device=hidden.device)
    middle, end = one.sum(1), one.sum(1) + other.sum(1)
    places = (torch.ones_like(middle), middle - 2, middle, end - 2)
    return [hidden[rows, place.clamp(min=0).minimum(end - 1)] for place in places]


def _shares(weights: Tensor, chosen: Tensor) -> Tensor:
    """Weights [B, T] -> what each chosen position counts in a mean, summing to 1 over each row, or 0 for none."""
    return weights.masked_fill(~chosen, torch.finfo(weights.dtype).min).softmax(-1) * chosen
