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
    cosine, sine = angles.cos().to(x.dtype)[:, None], angles.sin().to(x.dtype)[:, None]
    first, second = x[..., :half], x[..., half:]
    return torch.cat((first * cosine - second * sine, first * sine + second * cosine), -1)
