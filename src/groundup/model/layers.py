"""The small parts every mixer is made of: a matrix product, a norm, a dropout.

Parameters are kept in full precision and cast where they are used, so that the type of the activations alone
decides the precision of the arithmetic; compiled, the cast costs nothing.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.model.settings import ModelSettings


class Linear(nn.Module):
    """`x @ weight.T + bias` for x [..., inputs] -> [..., outputs], in the type of `x`."""

    def __init__(self, inputs: int, outputs: int, *, has_bias: bool = False, is_zero: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs)) if has_bias else None
        if not is_zero:
            # Variance 1/inputs keeps the size of activations through the layer.
            nn.init.normal_(self.weight, std=inputs**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Product in the type of `x`."""
        return F.linear(x, self.weight.to(x.dtype), None if self.bias is None else self.bias.to(x.dtype))


class Norm(nn.Module):
    """The norm of [..., D] that the settings name, with the gain and bias that they ask for."""

    def __init__(self, settings: ModelSettings, width: int) -> None:
        super().__init__()
        self.kind, self.epsilon = settings.norm, settings.norm_epsilon
        has_gain = settings.norm_gain and self.kind != "none"
        self.gain = nn.Parameter(torch.ones(width)) if has_gain else None
        self.bias = nn.Parameter(torch.zeros(width)) if has_gain and settings.biases and self.kind == "layer" else None

    def forward(self, x: Tensor) -> Tensor:
        """X [..., D] -> [..., D] in its type."""
        if self.kind == "none":
            return x
        gain = None if self.gain is None else self.gain.to(x.dtype)
        if self.kind == "rms":
            return F.rms_norm(x, (x.shape[-1],), gain, self.epsilon)
        bias = None if self.bias is None else self.bias.to(x.dtype)
        return F.layer_norm(x, (x.shape[-1],), gain, bias, self.epsilon or torch.finfo(x.dtype).eps)


def full(x: Tensor) -> Tensor:
    """X in full precision: float32, or float64 where it is that already."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def rms_norm(x: Tensor) -> Tensor:
    """Divide each position [..., D] by its root mean square (arXiv 1910.07467), without a gain.

    The matrix behind every norm can learn the gain, so none is kept.
    """
    return F.rms_norm(x, (x.shape[-1],))


def dropout(x: Tensor, share: float, is_training: bool, *, is_locked: bool = False) -> Tensor:
    """Set a `share` of x [B, T, ...] to zero and scale the rest up so that the mean stays.

    `is_locked` drops the same numbers at every position T. On a processor drawing random numbers is the cost, so one
    byte is drawn for each element, eight at a time; `share` is thereby rounded to 1/256, and never to all.
    """
    dropped = min(round(share * 256), 255)
    if not is_training or dropped == 0:
        return x
    drawn_for = (x.shape[0], 1, *x.shape[2:]) if is_locked else x.shape
    return x * kept(drawn_for, dropped, x.device).to(x.dtype) * (256 / (256 - dropped))


def kept(shape: tuple[int, ...], dropped: int | Tensor, device: torch.device) -> Tensor:
    """A mask of `shape`, bool: each element is False in `dropped` of 256 cases."""
    count = 1
    for size in shape:
        count *= size
    # From the least number on: without negative ones every eighth byte would lack its top bit. Not `random_`, which
    # keeps a layer from being compiled.
    draws = torch.randint(-(2**63), 2**63 - 1, ((count + 7) // 8,), device=device)
    return draws.view(torch.uint8)[:count].view(shape) >= dropped
