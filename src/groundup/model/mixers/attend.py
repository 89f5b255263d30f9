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


def settle(query: Linear, settings: ModelSettings, shape: Shape) -> None:
    """Begin with queries so small that first logits are of the usual size, whatever the scale of attention.

    T5, whose scale is 1, does so too (arXiv 1910.10683); query-key norm would undo it.
    """
    if settings.attention_scale is not None:
        with torch.no_grad():
            query.weight.mul_(shape.head_width**-0.5 / settings.attention_scale)


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
    heads, groups = q.shape[1], k.shape[1]
    if groups != heads:
        k = k.repeat_interleave(heads // groups, dim=1)
        v = v.repeat_interleave(heads // groups, dim=1)
    # Written out, because at short contexts on a processor it takes half the time of the fused kernel. The
    # softmax sums in full precision whatever the type of its input.
    logits = q @ k.mT
    if added is not None:
        logits = logits.add_(added)
    weights = logits.softmax(-1)
    if maps is not None:
        maps.append(weights)
    return dropout(weights, dropped, True) @ v


def normed(q: Tensor, k: Tensor, is_normed: bool) -> tuple[Tensor, Tensor]:
    """Queries and keys [..., W], normalised where the model does so."""
    return (rms_norm(q), rms_norm(k)) if is_normed else (q, k)


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
