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
    width: int
    heads: int
    key_value_heads: int
    hidden: int

    @property
    def head_width(self) -> int:
        """Numbers of one attention head."""
        return self.width // self.heads


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
    if width % heads:
        raise GroundupError(
            f"model.width {width} cannot be shared evenly among model.heads {heads}.",
            _multiple(width, 2 * heads),
        )
    if settings.positions == "rotary" and (width // heads) % 2:
        raise GroundupError(
            f"A head of {width // heads} numbers (model.width {width} over {heads} heads) cannot be rotated in pairs.",
            _multiple(width, 2 * heads),
        )
    if heads % groups:
        raise GroundupError(
            f"model.heads {heads} is not a multiple of model.key_value_heads {groups}.",
            "Each head of keys and values must serve the same number of query heads: choose a divisor of "
            f"{heads}, or set model.heads too.",
        )
    # Multiples of 8 keep the inner layer friendly to vector units.
    hidden = max(8, round(settings.expansion * width / 8) * 8)
    return Shape(depth=depth, width=width, heads=heads, key_value_heads=groups, hidden=hidden)


def _multiple(width: int, unit: int) -> str:
    return f"Choose a width that is a multiple of {unit}, such as {-(-width // unit) * unit}."
