"""A short convolution in each number of the stream alone: the few nearest positions, weighed the same everywhere.

Before a minGRU it gives the gates, which see one position each, a little of what surrounds it (as in Griffin, arXiv
2402.19427, and in the minGRU paper's language model, arXiv 2410.01201).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.model.context import Context
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape

State = dict[str, Tensor]

BEHIND = 3
"""Positions before a position that it sees; in an encoder as many after it."""


class Convolution(nn.Module):
    """Depthwise convolution over a position and the `BEHIND` before it; in an encoder also those after it."""

    def __init__(self, settings: ModelSettings, shape: Shape, is_causal: bool) -> None:
        super().__init__()
        # How many positions back each weight looks; a negative number looks ahead.
        self.lags = tuple(range(0 if is_causal else -BEHIND, BEHIND + 1))
        # Three dimensions keep the optimizer from taking it for a matrix. Beside a stream it begins with nothing, like
        # the other mixers: held-out loss 1.729 after 150 updates where beginning as the identity gave 1.795.
        self.weight = nn.Parameter(torch.zeros(shape.width, 1, len(self.lags)))
        if not settings.residual:
            with torch.no_grad():
                self.weight[:, :, self.lags.index(0)] = 1.0

    def forward(self, x: Tensor, context: Context, state: State | None) -> tuple[Tensor, State | None]:
        """X [B, T, D] -> [B, T, D]; the state holds the `BEHIND` inputs before, [B, 3, D], zeros at a beginning."""
        time = x.shape[1]
        if context.real is not None:
            x = x * context.real[..., None]
        before = x.new_zeros(x.shape[0], BEHIND, x.shape[2]) if state is None else state["inputs"]
        around = F.pad(torch.cat((before, x), 1), (0, 0, 0, max(0, -self.lags[0])))
        y = torch.zeros_like(x)
        for weight, lag in zip(self.weight.to(x.dtype)[:, 0].unbind(1), self.lags, strict=True):
            if context.is_causal and lag < 0:
                continue
            seen = around[:, BEHIND - lag : BEHIND - lag + time]
            if context.documents is not None and lag:
                seen = seen * _is_same(context.documents, lag)[..., None]
            y = y + weight * seen
        return y, ({"inputs": _last(around, time, context.real)} if context.keep_state else None)


def _last(around: Tensor, time: int, real: Tensor | None) -> Tensor:
    """The last `BEHIND` inputs [B, 3, D] of each row, not counting the padding behind them."""
    if real is None:
        return around[:, time : time + BEHIND]
    places = real.sum(1)[:, None] + torch.arange(BEHIND, device=around.device)
    return around.gather(1, places[..., None].expand(-1, -1, around.shape[2]))


def _is_same(documents: Tensor, lag: int) -> Tensor:
    """Whether the position `lag` before each of [B, T] belongs to the same document."""
    other = documents.roll(lag, 1)
    # What came round from the other end of the row meets zeros.
    return other == documents
