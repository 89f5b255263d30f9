"""Scaled dot-product attention itself, which self-attention and cross-attention share."""

from __future__ import annotations

import torch
from torch import Tensor

from groundup.model.layers import Linear, dropout, rms_norm
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape

# Normalised queries and keys, each with a gain of 1.2, let attention become sharp enough (modded-nanogpt's finding).
QUERY_KEY_GAIN = 1.2


def scale_of(settings: ModelSettings, shape: Shape) -> float:
    """What products of queries and keys are multiplied by."""
    scale = shape.head_width**-0.5 if settings.attention_scale is None else settings.attention_scale
    return scale * QUERY_KEY_GAIN**2 if settings.query_key_norm else scale


def projections(settings: ModelSettings, shape: Shape) -> tuple[Linear, Linear, Linear, Linear]:
    """What makes queries, keys and values of the stream, for all heads, and what brings their findings back to it."""
    inner, grouped = shape.heads * shape.head_width, shape.key_value_heads * shape.head_width
    query = Linear(shape.width, inner, has_bias=settings.biases)
    if settings.attention_scale is not None:
        # So small that first logits are of the usual size, whatever the scale of attention. T5, whose scale is 1, does
        # so too (arXiv 1910.10683); query-key norm would undo it.
        with torch.no_grad():
            query.weight.mul_(shape.head_width**-0.5 / settings.attention_scale)
    key, value = (Linear(shape.width, grouped, has_bias=settings.biases) for _ in range(2))
    return query, key, value, Linear(inner, shape.width, has_bias=settings.biases, is_zero=settings.residual)


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    added: Tensor | None,
    *,
    maps: list[Tensor] | None = None,
    dropped: float = 0.0,
) -> Tensor:
    """Scaled queries [B, H, T, W] over k and v [B, G, S, W] -> [B, H, T, W]; `added` goes onto the logits.

    `maps` receives the weights [B, H, T, S]; `dropped` is the share of them that is set to zero.
    """
    # Written out, because at short contexts on a processor it takes half the time of the fused kernel. The
    # softmax sums in full precision whatever the type of its input.
    logits = _shared(q, k.mT)
    if added is not None:
        logits = logits.add_(added)
    weights = logits.softmax(-1)
    if maps is not None:
        maps.append(weights)
    return _shared(dropout(weights, dropped, True), v)


def _shared(x: Tensor, y: Tensor) -> Tensor:
    """X [B, H, T, I] @ y [B, G, I, O] -> [B, H, T, O]: each of the G serves H / G neighbours of the H.

    These are to it as many more positions, so that it is not copied for each of them: for 8 heads on 2 groups a step
    over 512 positions takes 0.2 ms instead of 0.6, and whole rows of 256, forward and backward, 37 instead of 58.
    """
    if x.shape[1] == y.shape[1]:
        # Not through the views below: adding to one in place costs a copy on the way back.
        return x @ y
    batch, heads, time, inner = x.shape
    return (x.reshape(batch, y.shape[1], -1, inner) @ y).view(batch, heads, time, -1)


def normed(x: Tensor, is_normed: bool) -> Tensor:
    """Queries or keys [..., W], normalised where the model does so."""
    return rms_norm(x) if is_normed else x


def sum_of(*parts: Tensor | None) -> Tensor | None:
    """The sum of what is there."""
    total: Tensor | None = None
    for part in parts:
        if part is not None:
            total = part if total is None else total + part
    return total


def joined(parts: list[Tensor | None]) -> Tensor | None:
    """Several biases side by side, or None where there are none."""
    there = [part for part in parts if part is not None]
    return torch.cat(there) if there else None
