"""What training costs, from the settings alone: parameters, operations, memory and disk. No tensor is made."""

from __future__ import annotations

from dataclasses import dataclass

from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape, shape_of


def mixer_parameters(name: str, settings: ModelSettings, shape: Shape) -> int:
    """Trained values of one mixer."""
    groups = shape.key_value_heads * shape.head_width
    gated = max(8, round(shape.hidden * 2 / 3 / 8) * 8)
    return {
        "attention": 2 * shape.width**2 + 2 * shape.width * groups,
        "relu_squared": 2 * shape.width * shape.hidden,
        "glu": 3 * shape.width * gated,
    }[name]


def layer_parameters(settings: ModelSettings, shape: Shape) -> int:
    """Trained values of all layers."""
    each = sum(mixer_parameters(name, settings, shape) for name in settings.decoder)
    return shape.depth * (each + (2 if settings.embedding_skip else 0))


def parameters(settings: ModelSettings, vocabulary: int) -> int:
    """Trained values of a model."""
    shape = shape_of(settings)
    tables = 1 if settings.tied else 2
    return layer_parameters(settings, shape) + tables * vocabulary * shape.width


def training_flops(settings: ModelSettings, vocabulary: int, tokens: float) -> float:
    """Operations of training on `tokens`: 6 a parameter that multiplies, and 12 x depth x width x context a token.

    Kaplan et al. (arXiv 2001.08361) and the appendix of PaLM (arXiv 2204.02311); the embedding table is looked
    up, not multiplied.
    """
    shape = shape_of(settings)
    multiplied = layer_parameters(settings, shape) + vocabulary * shape.width
    looks = settings.decoder.count("attention")
    seen = min(settings.window or settings.context, settings.context)
    return tokens * (6 * multiplied + 12 * looks * shape.depth * shape.width * seen)


@dataclass(frozen=True)
class Needs:
    """What a training run will take, in bytes."""

    memory: int
    disk: int


def needs(settings: ModelSettings, vocabulary: int, rows: int, *, is_averaged: bool, activation_bytes: int) -> Needs:
    """Memory and disk of training with `rows` rows at once.

    Weights, gradients and at most two numbers of optimizer state a weight, in four bytes each; activations that the
    backward pass needs: about 16 widths and the attention scores of every layer (measured; see the tests), and the
    logits three times over. Disk: two checkpoints, one in the making, and the final weights.
    """
    shape, count = shape_of(settings), parameters(settings, vocabulary)
    states = 4 * count * (5 if is_averaged else 4)
    tokens = rows * settings.context
    layer = 16 * shape.width + 4 * shape.hidden + 3 * shape.heads * settings.context
    activations = tokens * (shape.depth * layer * activation_bytes + 3 * 4 * vocabulary)
    checkpoint = 4 * count * (4 if is_averaged else 3)
    return Needs(memory=states + activations, disk=3 * checkpoint + 4 * count)
