"""The size dial: each dimension of a model as a small function of its number of layers.

One number then says how large a model is, and models of different size stay alike in shape, so that rates
found on a small one serve a larger one (nanochat drives everything from depth in the same spirit).
"""

from __future__ import annotations

from dataclasses import dataclass

from groundup.errors import GroundupError
from groundup.model.settings import ModelSettings

HEAD_WIDTH = 64
# A choice, not a law: it keeps models of a few layers cheap enough for minutes on a processor.
WIDTH_PER_LAYER = 48


@dataclass(frozen=True)
class Shape:
    """A model's dimensions with nothing left open."""

    depth: int
    encoder_depth: int
    width: int
    heads: int
    key_value_heads: int
    head_width: int
    hidden: int
    """Width of the feed-forward's inner layer."""
    gated: int
    """The same where the layer is gated: two thirds, so that three matrices hold as many parameters as two."""


def width_for(depth: int) -> int:
    """Width grows in step with depth, in multiples of 64 so that matrix products fill vector registers.

    Kaplan et al. (arXiv 2001.08361, section 3.2) found loss nearly indifferent to the ratio over a wide range.
    """
    return max(1, round(depth * WIDTH_PER_LAYER / 64)) * 64


def heads_for(width: int) -> int:
    """Heads of 64 numbers, usual since Vaswani et al. (arXiv 1706.03762), or wider ones that share `width` evenly."""
    return next((heads for heads in range(width // HEAD_WIDTH, 0, -1) if width % (2 * heads) == 0), 1)


def shape_of(settings: ModelSettings) -> Shape:
    """Every dimension of the model that `settings` describe.

    Raises GroundupError when the values said outright do not fit together.
    """
    depth = settings.depth or settings.size
    width = settings.width or width_for(depth)
    heads = settings.heads or heads_for(width)
    groups = settings.key_value_heads or heads
    if settings.head_width is None and width % heads:
        raise GroundupError(
            f"model.width {width} cannot be shared evenly among model.heads {heads}.",
            _multiple(width, 2 * heads),
        )
    head_width = settings.head_width or width // heads
    if settings.positions == "rotary" and head_width % 2:
        raise GroundupError(
            f"A head of {head_width} numbers (model.width {width} over {heads} heads) cannot be rotated in pairs.",
            _multiple(width, 2 * heads) if settings.head_width is None else "Choose an even model.head_width.",
        )
    if heads % groups:
        raise GroundupError(
            f"model.heads {heads} is not a multiple of model.key_value_heads {groups}.",
            "Each head of keys and values must serve the same number of query heads: choose a divisor of "
            f"{heads}, or set model.heads too.",
        )
    hidden = settings.hidden or _eights(settings.expansion * width)
    return Shape(
        depth=depth,
        encoder_depth=settings.encoder_depth or depth,
        width=width,
        heads=heads,
        key_value_heads=groups,
        head_width=head_width,
        hidden=hidden,
        gated=settings.hidden or _eights(hidden * 2 / 3),
    )


def _eights(width: float) -> int:
    """Multiples of 8 keep the inner layer friendly to vector units."""
    return max(8, round(width / 8) * 8)


def _multiple(width: int, unit: int) -> str:
    return f"Choose a width that is a multiple of {unit}, such as {-(-width // unit) * unit}."
