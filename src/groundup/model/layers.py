"""The small parts every mixer is made of: a matrix product, a norm, a dropout.

Parameters are kept in full precision and cast where they are used, so that the type of the activations alone
decides the precision of the arithmetic; compiled, the cast costs nothing.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Linear(nn.Module):
    """`x @ weight.T` for x [..., inputs] -> [..., outputs], without a bias, in the type of `x`."""

    def __init__(self, inputs: int, outputs: int, *, is_zero: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs))
        if not is_zero:
            # Variance 1/inputs keeps the size of activations through the layer.
            nn.init.normal_(self.weight, std=inputs**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Product in the type of `x`."""
        return F.linear(x, self.weight.to(x.dtype))


def rms_norm(x: Tensor) -> Tensor:
    """Divide each position [..., D] by its root mean square (arXiv 1910.07467), without a gain.

    The matrix behind every norm can learn the gain, so none is kept.
    """
    return F.rms_norm(x, (x.shape[-1],))


def dropout(x: Tensor, share: float, is_training: bool) -> Tensor:
    """Set a `share` of `x` to zero and scale the rest up so that the mean stays.

    On a processor drawing random numbers is the cost, so one byte is drawn for each element, eight at a time;
    `share` is thereby rounded to 1/256, and never to all.
    """
    dropped = min(round(share * 256), 255)
    if not is_training or dropped == 0:
        return x
    count = x.numel()
    # From the least number on: `random_()` alone draws no negative ones, and every eighth byte would lack its top bit.
    draws = torch.empty((count + 7) // 8, dtype=torch.int64, device=x.device).random_(-(2**63), None)
    keep = draws.view(torch.uint8)[:count].view(x.shape) >= dropped
    return x * keep.to(x.dtype) * (256 / (256 - dropped))
