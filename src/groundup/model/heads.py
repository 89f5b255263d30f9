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
from groundup.model.layers import Linear


@dataclass(frozen=True)
class HeadSettings:
    """What a head decides."""

    kind: Literal["sequence", "pair", "token", "span"]
    """One label a row, one for how two texts in a row belong together, one a token, or the first and last position of
    a span."""
    labels: int = 2
    """Number of labels to choose among; a span chooses among the positions."""
    pool: Literal["first", "mean", "last"] = "first"
    """Which vector stands for a row: that of its first token (BERT), the mean, or that of its last."""


class SequenceHead(nn.Module):
    """One label a row: a dense layer and tanh over the pooled vector, then the labels (arXiv 1810.04805)."""

    def __init__(self, width: int, settings: HeadSettings) -> None:
        super().__init__()
        self.pool = settings.pool
        self.dense = Linear(width, width, has_bias=True)
        self.output = Linear(width, settings.labels, has_bias=True, is_zero=True)

    def forward(self, hidden: Tensor, context: Context) -> Tensor:
        """Hidden [B, T, D] -> logits [B, labels]."""
        logits: Tensor = self.output(torch.tanh(self.dense(_pooled(hidden, context.real, self.pool))))
        return logits


class PairHead(nn.Module):
    """One label for two texts, from the row's first vector and from the means of both texts put side by side.

    The means a and b enter as a, b, |a - b| and a * b (InferSent, arXiv 1705.02364): what the two have in common can
    then be read off, which the first vector alone, as in BERT, has to gather through attention before it learns.
    """

    def __init__(self, width: int, settings: HeadSettings) -> None:
        super().__init__()
        self.dense = Linear(5 * width, width, has_bias=True)
        self.output = Linear(width, settings.labels, has_bias=True, is_zero=True)

    def forward(self, hidden: Tensor, context: Context) -> Tensor:
        """Hidden [B, T, D] -> logits [B, labels]; the context's segments tell the two texts apart."""
        assert context.segments is not None, "a pair head reads rows of two segments"
        real = torch.ones_like(context.segments, dtype=torch.bool) if context.real is None else context.real
        one, other = (_mean(hidden, real & (context.segments == segment)) for segment in (0, 1))
        features = torch.cat((hidden[:, 0], one, other, (one - other).abs(), one * other), -1)
        logits: Tensor = self.output(torch.tanh(self.dense(features)))
        return logits


class TokenHead(nn.Module):
    """One label a token."""

    def __init__(self, width: int, settings: HeadSettings) -> None:
        super().__init__()
        self.output = Linear(width, settings.labels, has_bias=True, is_zero=True)

    def forward(self, hidden: Tensor, context: Context) -> Tensor:
        """Hidden [B, T, D] -> logits [B, T, labels]."""
        logits: Tensor = self.output(hidden)
        return logits


class SpanHead(nn.Module):
    """Where a span begins and where it ends, each a choice among the row's real positions."""

    def __init__(self, width: int, settings: HeadSettings) -> None:
        super().__init__()
        self.output = Linear(width, 2, has_bias=True, is_zero=True)

    def forward(self, hidden: Tensor, context: Context) -> Tensor:
        """Hidden [B, T, D] -> logits [B, 2, T]."""
        logits: Tensor = self.output(hidden).mT
        if context.real is None:
            return logits
        return logits.masked_fill(~context.real[:, None], torch.finfo(logits.dtype).min)


HEADS: dict[str, Callable[[int, HeadSettings], nn.Module]] = {
    "sequence": SequenceHead,
    "pair": PairHead,
    "token": TokenHead,
    "span": SpanHead,
}


def _pooled(hidden: Tensor, real: Tensor | None, pool: str) -> Tensor:
    if pool == "first":
        return hidden[:, 0]
    if real is None:
        return hidden.mean(1) if pool == "mean" else hidden[:, -1]
    if pool == "last":
        return hidden[torch.arange(len(hidden), device=hidden.device), real.sum(1) - 1]
    return _mean(hidden, real)


def _mean(hidden: Tensor, chosen: Tensor) -> Tensor:
    """The mean over the chosen positions [B, T] of [B, T, D]; 0 where there is none."""
    weights = chosen.to(hidden.dtype)[..., None]
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
