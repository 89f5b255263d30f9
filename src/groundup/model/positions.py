"""How a model knows where a position stands: turned queries and keys, waves, tables, or biases by distance."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

# How many radians pass before the slowest pair of numbers has turned by one; the choice of both papers below.
BASE = 10_000.0
# T5 tells this many distances apart, one by one at first, then in growing steps up to the farthest.
BUCKETS, FARTHEST = 32, 128


def rotate(x: Tensor, positions: Tensor, base: float = BASE) -> Tensor:
    """Turn x [B, T, H, W] pairwise by angles that grow with `positions` [T]; W is even.

    Rotary positions (Su et al., arXiv 2104.09864): a position is an angle, so a product of two sees their distance.
    """
    half = x.shape[-1] // 2
    kind = torch.promote_types(x.dtype, torch.float32)
    rates = base ** (-torch.arange(half, device=x.device, dtype=kind) / half)
    angles = positions[:, None].to(kind) * rates
    cosine = torch.cat((angles.cos(), angles.cos()), -1).to(x.dtype)[:, None]
    sine = torch.cat((-angles.sin(), angles.sin()), -1).to(x.dtype)[:, None]
    # Number i is turned with number i + W/2; rolling by half brings each beside its partner.
    return x * cosine + x.roll(half, -1) * sine


def waves(places: Tensor, width: int) -> Tensor:
    """Places [...] -> [..., width] float32: sines, then cosines, of `width` / 2 wavelengths (arXiv 1706.03762)."""
    half = (width + 1) // 2
    rates = BASE ** (-2 * torch.arange(half, device=places.device, dtype=torch.float32) / width)
    angles = places[..., None].float() * rates
    return torch.cat((angles.sin(), angles.cos()), -1)[..., :width]


class RelativeBias(nn.Module):
    """What each head adds for the distance of two positions (Raffel et al., arXiv 1910.10683)."""

    def __init__(self, heads: int, is_causal: bool) -> None:
        super().__init__()
        self.is_causal = is_causal
        self.table = nn.Embedding(BUCKETS, heads)
        nn.init.normal_(self.table.weight, std=0.02)

    def forward(self, positions: Tensor, seen: Tensor) -> Tensor:
        """Positions [T] and seen positions [S], neither with gaps -> [H, T, S]."""
        time, count = positions.shape[0], seen.shape[0]
        # A distance is the same all along a diagonal, so each is looked up once: forward and backward of 256 x 256
        # take 0.8 ms instead of 10, which an embedding needs to add up the gradients of all pairs one by one.
        distances = torch.arange(1 - time, count, device=seen.device) + (seen[0] - positions[0])
        biases: Tensor = self.table(_bucket(distances, self.is_causal)).T
        return biases.unfold(1, count, 1).flip(1)


def _bucket(distance: Tensor, is_causal: bool) -> Tensor:
    """Seen minus own position, any shape -> the number of its bucket.

    Half of the buckets are for single distances, the other half grow geometrically up to FARTHEST and hold all
    beyond. What looks both ways has half of them for positions ahead.
    """
    buckets, first = (BUCKETS, 0) if is_causal else (BUCKETS // 2, (distance > 0).long() * (BUCKETS // 2))
    distance = (-distance).clamp(min=0) if is_causal else distance.abs()
    exact = buckets // 2
    growth = torch.log(distance.clamp(min=1).float() / exact) / math.log(FARTHEST / exact)
    far = (exact + (growth * (buckets - exact)).long()).clamp(max=buckets - 1)
    return first + torch.where(distance < exact, distance, far)
