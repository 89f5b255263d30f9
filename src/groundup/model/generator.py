"""ELECTRA's generator: a narrow encoder that guesses masked tokens, and the model learns to tell its guesses from text.

It is there while training and is not kept.
Narrow, because guesses that are too good teach the detector less (arXiv 2003.10555, section 3.2: a quarter to a half
of the width, the depth kept). It reads and writes through the model's own embeddings, as section 3.2 found best.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from torch import Tensor, nn

from groundup.errors import GroundupError
from groundup.model.context import Context
from groundup.model.layers import Linear
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape, shape_of
from groundup.model.stack import Layer, Stack


class Generator(nn.Module):
    """Embedded tokens [B, T, D] -> vectors [B, T, D] through an encoder of a `share` of the width."""

    def __init__(self, settings: ModelSettings, share: float) -> None:
        super().__init__()
        if not settings.encoder or settings.decoder:
            raise GroundupError(
                "Detection is learned by a model that has an encoder and no decoder, "
                f"but model.encoder is {list(settings.encoder)} and model.decoder {list(settings.decoder)}.",
                "Name the encoder's mixers, such as [attention, glu], and set model.decoder to [].",
            )
        width, narrow = shape_of(settings).width, narrowed(settings, share)
        self.shape = shape = shape_of(narrow)
        self.down = Linear(width, shape.width, has_bias=settings.biases)
        self.stack = Stack(narrow.encoder, narrow, shape, is_causal=False)
        self.up = Linear(shape.width, width, has_bias=settings.biases)

    @property
    def layers(self) -> Iterator[Layer]:
        """Its layers."""
        for layer in self.stack.layers:
            assert isinstance(layer, Layer)
            yield layer

    def forward(self, embedded: Tensor, context: Context) -> Tensor:
        """Embedded tokens [B, T, D] -> [B, T, D]."""
        hidden: Tensor = self.stack(self.down(embedded), context, None)[0]
        y: Tensor = self.up(hidden)
        return y


def narrowed(settings: ModelSettings, share: float) -> ModelSettings:
    """Settings of a model of about a `share` of the width: fewer heads as wide as before, as many layers."""
    shape = shape_of(settings)
    heads = max(1, round(shape.heads * share))
    return replace(
        settings,
        depth=shape.depth,
        encoder_depth=shape.encoder_depth,
        width=_narrow_width(shape, heads, share),
        heads=heads,
        key_value_heads=heads,
        head_width=shape.head_width,
        hidden=None if settings.hidden is None else max(8, round(settings.hidden * share)),
    )


def _narrow_width(shape: Shape, heads: int, share: float) -> int:
    """What the heads take together, where they take the whole width in the model; else the share itself."""
    if shape.heads * shape.head_width == shape.width:
        return heads * shape.head_width
    return max(2, round(shape.width * share / 2) * 2)
