"""Feed-forward mixers: each position on its own through a wider inner layer."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from groundup.model.context import Context
from groundup.model.layers import Linear
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape


class ReluSquared(nn.Module):
    """`W2 relu(W1 x)^2` (Primer, arXiv 2109.08668)."""

    def __init__(self, settings: ModelSettings, shape: Shape) -> None:
        super().__init__()
        self.inner = Linear(shape.width, shape.hidden)
        self.output = Linear(shape.hidden, shape.width, is_zero=True)

    def forward(self, x: Tensor, context: Context, state: None) -> tuple[Tensor, None]:
        """X [B, T, D] -> [B, T, D]; there is no state."""
        return self.output(F.relu(self.inner(x)).square()), None


class GatedFeedForward(nn.Module):
    """`W2 (silu(Wg x) * W1 x)`, SwiGLU (Shazeer, arXiv 2002.05202).

    Its inner layer is two thirds as wide, so that its three matrices hold as many parameters as two.
    """

    def __init__(self, settings: ModelSettings, shape: Shape) -> None:
        super().__init__()
        hidden = max(8, round(shape.hidden * 2 / 3 / 8) * 8)
        self.gate = Linear(shape.width, hidden)
        self.inner = Linear(shape.width, hidden)
        self.output = Linear(hidden, shape.width, is_zero=True)

    def forward(self, x: Tensor, context: Context, state: None) -> tuple[Tensor, None]:
        """X [B, T, D] -> [B, T, D]; there is no state."""
        return self.output(F.silu(self.gate(x)) * self.inner(x)), None
