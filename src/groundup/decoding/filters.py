"""From logits to the probabilities that a token is drawn from."""

from __future__ import annotations

import torch
from torch import Tensor

from groundup.decoding.settings import SamplingSettings

NEVER = float("-inf")


def probabilities(logits: Tensor, seen: Tensor, settings: SamplingSettings) -> Tensor:
    """Logits [B, V] -> probabilities [B, V] in float64; `seen` [B, V] bool marks the tokens already there."""
    logits = logits.double()
    if settings.repetition_penalty != 1:
        penalty = settings.repetition_penalty
        logits = torch.where(seen, torch.where(logits > 0, logits / penalty, logits * penalty), logits)
    if settings.temperature == 0:
        return torch.zeros_like(logits).scatter_(1, logits.argmax(1, keepdim=True), 1.0)
    # Relative to the likeliest, so that no temperature is too small to divide by.
    logits = (logits - logits.amax(1, keepdim=True)) / settings.temperature
    if 0 < settings.top_k < logits.shape[1]:
        least = logits.topk(settings.top_k).values[:, -1:]
        logits = logits.masked_fill(logits < least, NEVER)
    if settings.top_p < 1:
        logits = _nucleus(logits, settings.top_p)
    if settings.min_p > 0:
        shares = logits.softmax(1)
        logits = logits.masked_fill(shares < settings.min_p * shares.amax(1, keepdim=True), NEVER)
    return logits.softmax(1)


def _nucleus(logits: Tensor, share: float) -> Tensor:
    ordered, order = logits.sort(dim=1, descending=True, stable=True)
    shares = ordered.softmax(1)
    # A token stays when those before it do not hold the share yet, so the likeliest always stays.
    outside = shares.cumsum(1) - shares >= share
    return logits.masked_fill(torch.zeros_like(outside).scatter_(1, order, outside), NEVER)


def draw(shares: Tensor, uniform: Tensor) -> Tensor:
    """Probabilities [B, V] and one number in [0, 1) a row [B] -> one token a row [B] (inverse transform)."""
    cumulated = shares.cumsum(1)
    # Scaled by the total, so that rounding can never point beyond the last token of any probability.
    target = uniform[:, None] * cumulated[:, -1:]
    return torch.searchsorted(cumulated, target, right=True).squeeze(1).clamp(max=shares.shape[1] - 1)
