"""What training costs: operations, memory and disk, worked out from a model that need not have weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from groundup.model.generator import Generator
from groundup.model.model import Model, parameter_count
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape
from groundup.model.stack import Layer
from groundup.objectives.heads import generator_for, heads_for
from groundup.objectives.settings import ObjectiveSettings

PLAIN = ObjectiveSettings()
# Tokens for each position of an encoder that reads sentences; those of simple stories have about so many.
SENTENCE = 10


def sketch(settings: ModelSettings, vocabulary: int, objective: ObjectiveSettings = PLAIN) -> Model:
    """The model that learns `objective`, without memory behind its weights: enough to count, at any size."""
    with torch.device("meta"):
        return Model(settings, vocabulary, heads=heads_for(objective), generator=generator_for(objective))


def passes(objective: ObjectiveSettings) -> int:
    """How often each row goes through the model in an update: R-Drop compares two passes."""
    return 2 if objective.r_drop else 1


def training_flops(model: Model, tokens: float, read: float | None = None) -> float:
    """Operations of training on `tokens`: 6 a weight that multiplies, and 12 x width x reach for each attention.

    Kaplan et al. (arXiv 2001.08361) and appendix B of PaLM (arXiv 2204.02311). The embedding table is looked up,
    not multiplied, unless it is the output layer too.

    `read`: how many of the tokens go through the encoder alone, and the others through all else, as of a source and
    its target; None: each goes through everything.
    """
    reading, writing = (tokens, tokens) if read is None else (read, tokens - read)
    looked_up = 0 if model.settings.tied else model.embedding.weight.numel()
    elsewhere = parameter_count(model) - looked_up
    inside: float = 0
    for stack, shape, layers, share in _stacks(model):
        seen = reading if stack is model.encoder else writing
        for layer in layers:
            elsewhere -= parameter_count(layer)
            reach = sum(getattr(part, "reach", 0) for part in layer.modules())
            # Layers multiply with their weights each time they are gone through.
            each = 6 * parameter_count(layer) + 12 * shape.width * reach * share
            inside += seen * model.settings.repeats * share * each
    return writing * 6 * elsewhere + inside


def _stacks(model: Model) -> Iterator[tuple[nn.Module, Shape, list[Layer], float]]:
    """Each stack and the generator, if there is one, with their sizes, their layers and their positions a token."""
    sentences = 1 if model.sentences is None else 1 / SENTENCE
    for stack, share in ((model.encoder, sentences), (model.decoder, 1), (model.generator, 1)):
        if stack is not None:
            shape = stack.shape if isinstance(stack, Generator) else model.shape
            yield stack, shape, [layer for layer in stack.layers if isinstance(layer, Layer)], share


@dataclass(frozen=True)
class Needs:
    """What a training run will take, in bytes."""

    memory: int
    disk: int


def needs(model: Model, rows: int, *, is_averaged: bool, activation_bytes: int) -> Needs:
    """Memory and disk of training with `rows` rows in one forward pass.

    Memory: weights, gradients and at most two moments, four bytes each; what the backward pass keeps of every
    layer, about 16 widths, 4 inner widths and 3 rows of attention scores a token (measured, see the tests); the
    logits three times over. Disk: two checkpoints, a third in the making, and the final weights.
    """
    count = parameter_count(model)
    states = 4 * count * (5 if is_averaged else 4)
    tokens = rows * model.settings.context
    values = model.settings.repeats * sum(
        len(layers) * share * (16 * shape.width + 4 * shape.hidden + 3 * shape.heads * model.settings.context * share)
        for _, shape, layers, share in _stacks(model)
    )
    activations = tokens * round(values * activation_bytes + 3 * 4 * model.vocabulary)
    checkpoint = 4 * count * (4 if is_averaged else 3)
    return Needs(memory=states + activations, disk=3 * checkpoint + 4 * count)
