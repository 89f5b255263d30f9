"""A stack: positions for its input, then a few mixers in a row, repeated. Encoders and decoders are both stacks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from groundup.errors import GroundupError, did_you_mean
from groundup.model.context import Context, places
from groundup.model.layers import Norm, dropout, kept
from groundup.model.mixers import MIXERS
from groundup.model.positions import RelativeBias, waves
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape

LayerState = tuple[Any, ...]
StackState = tuple[LayerState, ...]


class Layer(nn.Module):
    """The mixers of one layer, each with its norm and its residual connection."""

    skipped: Tensor

    def __init__(
        self, names: tuple[str, ...], settings: ModelSettings, shape: Shape, is_causal: bool, skipped: float
    ) -> None:
        super().__init__()
        self.mixers = nn.ModuleList(_mixer(name, settings, shape, is_causal) for name in names)
        self.norms = nn.ModuleList(Norm(settings, shape.width) for _ in names)
        self.is_post = settings.norm_place == "post"
        self.is_residual = settings.residual
        self.dropout, self.is_locked = settings.dropout, settings.locked_dropout
        # In 256ths; a tensor, because a plain number that differs from layer to layer would have each of them
        # compiled for itself. It is made in memory even where the weights are only sketched.
        self.can_skip = settings.stochastic_depth > 0
        self.register_buffer("skipped", torch.tensor(min(round(skipped * 256), 255), device="cpu"), persistent=False)
        # How much of the stream goes on, and how much of the embeddings joins it.
        self.shares = nn.Parameter(torch.tensor([1.0, 0.0])) if settings.embedding_skip else None

    def forward(
        self, x: Tensor, embedded: Tensor, context: Context, state: LayerState | None
    ) -> tuple[Tensor, LayerState]:
        """X [B, T, D] -> [B, T, D] and the states that its mixers return, one each."""
        if self.shares is not None:
            shares = self.shares.to(x.dtype)
            x = shares[0] * x + shares[1] * embedded
        going = None
        if self.training and self.can_skip:
            going = kept((x.shape[0], 1, 1), self.skipped, x.device).to(x.dtype) * (256 / (256 - self.skipped))
        states = []
        for index, (mixer, norm) in enumerate(zip(self.mixers, self.norms, strict=True)):
            y, left = mixer(x if self.is_post else norm(x), context, None if state is None else state[index])
            y = dropout(y, self.dropout, self.training, is_locked=self.is_locked)
            if going is not None:
                y = y * going
            x = x + y if self.is_residual else y
            x = norm(x) if self.is_post else x
            states.append(left)
        return x, tuple(states)


class Stack(nn.Module):
    """Layers of the named mixers over embedded tokens; one that `is_causal` never looks ahead."""

    def __init__(self, names: tuple[str, ...], settings: ModelSettings, shape: Shape, *, is_causal: bool) -> None:
        super().__init__()
        depth = shape.depth if is_causal else shape.encoder_depth
        self.is_causal, self.positions = is_causal, settings.positions
        self.table = _table(settings.context, shape.width) if self.positions == "learned" else None
        self.relative = RelativeBias(shape.heads, is_causal) if self.positions == "relative" else None
        self.segments = _table(settings.segments, shape.width) if settings.segments else None
        self.input_norm = Norm(settings, shape.width) if settings.embedding_norm else None
        self.dropout = settings.dropout if settings.embedding_dropout is None else settings.embedding_dropout
        self.is_locked = settings.locked_dropout
        self.layers = nn.ModuleList(
            Layer(names, settings, shape, is_causal, settings.stochastic_depth * (index + 1) / depth)
            for index in range(depth)
        )
        self.repeats = settings.repeats
        # What says which time through the layers it is; they have nothing else to tell it by.
        self.times = _table(self.repeats, shape.width) if self.repeats > 1 else None
        # Behind norms after each mixer there is nothing left to norm.
        self.output_norm = Norm(settings, shape.width) if settings.norm_place == "pre" else None

    def forward(self, x: Tensor, context: Context, state: StackState | None) -> tuple[Tensor, StackState]:
        """Embedded tokens [B, T, D] -> output [B, T, D] and a state for each layer, each time it is gone through."""
        x = embedded = self._placed(x, context)
        if self.relative is not None:
            context = replace(context, position_bias=self.relative)
        states: list[LayerState] = []
        for time in range(self.repeats):
            if self.times is not None:
                x = x + self.times.weight[time].to(x.dtype)
            for layer in self.layers:
                x, left = layer(x, embedded, context, None if state is None else state[len(states)])
                states.append(left)
        return x if self.output_norm is None else self.output_norm(x), tuple(states)

    def _placed(self, x: Tensor, context: Context) -> Tensor:
        """The embedded tokens with what tells where and in which segment they stand."""
        if self.table is not None:
            x = x + self.table(places(context)).to(x.dtype)
        elif self.positions == "sinusoidal":
            x = x + waves(places(context), x.shape[-1]).to(x.dtype)
        if self.segments is not None:
            # A row of one text is all of the first segment, as in BERT.
            first = context.positions.new_zeros(1)
            added = self.segments(first if context.segments is None else context.segments).to(x.dtype)
            x = x + (added.sum(2) if added.ndim == 4 else added)
        if self.input_norm is not None:
            x = self.input_norm(x)
        return dropout(x, self.dropout, self.training, is_locked=self.is_locked)


def _table(rows: int, width: int) -> nn.Embedding:
    table = nn.Embedding(rows, width)
    nn.init.normal_(table.weight, std=0.02)
    return table


def _mixer(name: str, settings: ModelSettings, shape: Shape, is_causal: bool) -> nn.Module:
    if name not in MIXERS:
        raise GroundupError(
            f"model.{'decoder' if is_causal else 'encoder'}: there is no mixer {name!r}. {did_you_mean(name, MIXERS)}"
        )
    return MIXERS[name](settings, shape, is_causal)
