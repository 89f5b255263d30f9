"""A moving average of the weights, which often predicts better than the weights themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

from groundup.model.model import Model


def begin_average(model: Model, decay: float) -> dict[str, Tensor] | None:
    """The average before the first update; None where the decay is 0."""
    if not decay:
        return None
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


@torch.no_grad()
def follow(average: Mapping[str, Tensor], model: Model, decay: float, step: int) -> None:
    """Move the average a little towards the weights after update `step`, counted from 1."""
    # A young average forgets faster, so that it is not held back by the first random weights.
    decay = min(decay, (1 + step) / (10 + step))
    weights: list[Tensor] = list(model.parameters())
    torch._foreach_lerp_(list(average.values()), weights, 1 - decay)


@contextmanager
def averaged(model: Model, average: Mapping[str, Tensor] | None) -> Iterator[None]:
    """The model with its averaged weights inside a `with` block, where there are any."""
    if average is None:
        yield
        return
    _swap(model, average)
    try:
        yield
    finally:
        _swap(model, average)


@torch.no_grad()
def _swap(model: Model, average: Mapping[str, Tensor]) -> None:
    for name, weight in model.named_parameters():
        kept = weight.detach().clone()
        weight.copy_(average[name])
        average[name].copy_(kept)
