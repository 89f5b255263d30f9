"""Rotary positions (Su et al., arXiv 2104.09864): a position is an angle, so a product of two sees their distance."""

from __future__ import annotations

import torch
from torch import Tensor

# The slowest pair of numbers turns once in this many radians; 10,000 is the paper's choice.
BASE = 10_000.0


def rotate(x: Tensor, positions: Tensor) -> Tensor:
    """Turn x [B, T, H, W] pairwise by angles that grow with `positions` [T]; W is even."""
    half = x.shape[-1] // 2
    rates = BASE ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angles = positions[:, None].float() * rates
    cosine = torch.cat((angles.cos(), angles.cos()), -1).to(x.dtype)[:, None]
    sine = torch.cat((-angles.sin(), angles.sin()), -1).to(x.dtype)[:, None]
    # Number i is turned with number i + W/2; rolling by half brings each beside its partner.
    return x * cosine + x.roll(half, -1) * sine
