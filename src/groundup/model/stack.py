"""A stack: a few mixers in a row, repeated. Each reads a normed copy of the stream and adds to it (pre-norm)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from groundup.errors import GroundupError, did_you_mean
from groundup.model.context import Context
from groundup.model.layers import dropout, rms_norm
from groundup.model.mixers import MIXERS
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape

LayerState = tuple[Any, ...]
StackState = tuple[LayerState, ...]


class Layer(nn.Module):
    """The mixers of one layer, each with its norm and its residual connection."""

    def __init__(self, names: tuple[str, ...], settings: ModelSettings, shape: Shape) -> None:
        super().__init__()
        self.mixers = nn.ModuleList(_mixer(name, settings, shape) for name in names)
        self.dropout = settings.dropout
        # How much of the stream goes on, and how much of the embeddings joins it.
        self.shares = nn.Parameter(torch.tensor([1.0, 0.0])) if settings.embedding_skip else None

    def forward(
        self, x: Tensor, embedded: Tensor, context: Context, state: LayerState | None
    ) -> tuple[Tensor, LayerState]:
        """X [B, T, D] -> [B, T, D] and the states that its mixers return, one each."""
        if self.shares is not None:
            shares = self.shares.to(x.dtype)
            x = shares[0] * x + shares[1] * embedded
        states = []
        for index, mixer in enumerate(self.mixers):
            y, left = mixer(rms_norm(x), context, None if state is None else state[index])
            x = x + dropout(y, self.dropout, self.training)
            states.append(left)
        return x, tuple(states)


class Stack(nn.Module):
    """`depth` layers of the named mixers."""

    def __init__(self, names: tuple[str, ...], settings: ModelSettings, shape: Shape) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(names, settings, shape) for _ in range(shape.depth))

    def forward(self, x: Tensor, context: Context, state: StackState | None) -> tuple[Tensor, StackState]:
        """X [B, T, D] -> normed output [B, T, D] and a state for each layer."""
        x = embedded = rms_norm(x)
        states = []
        for index, layer in enumerate(self.layers):
            x, left = layer(x, embedded, context, None if state is None else state[index])
            states.append(left)
        return rms_norm(x), tuple(states)


def _mixer(name: str, settings: ModelSettings, shape: Shape) -> nn.Module:
    if name not in MIXERS:
        raise GroundupError(f"model.decoder: there is no mixer {name!r}. {did_you_mean(name, MIXERS)}")
    return MIXERS[name](settings, shape)
