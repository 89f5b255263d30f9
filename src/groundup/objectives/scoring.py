"""Measuring a model on text: loss in nats a token, perplexity, and bits per byte of the text itself.

Bits per byte compare models whatever their tokenizers: all nats of the text, over its bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch

from groundup.model.model import Model
from groundup.objectives.example import Example, loss

# Tokens in one forward pass: enough to keep a processor busy, few enough for a large vocabulary's logits to fit.
TOKENS_AT_ONCE = 8192


@dataclass(frozen=True)
class Score:
    """How well a model predicts a text."""

    loss: float
    """Nats a token."""
    tokens: int
    bits_per_byte: float

    @property
    def perplexity(self) -> float:
        """exp(loss): between how many equally likely tokens the model hesitates."""
        # Beyond e^700 the number no longer fits and means nothing.
        return math.exp(min(self.loss, 700.0))


@torch.inference_mode()
def score(model: Model, examples: Iterable[Example], bytes_per_token: float) -> Score:
    """The score over all scored targets of `examples`; `bytes_per_token` is the text's own, for bits per byte."""
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    try:
        for example in examples:
            nats, scored = loss(model, example)
            total, count = total + nats.item(), count + scored
    finally:
        model.train(was_training)
    mean = total / max(count, 1)
    return Score(mean, count, mean / math.log(2) / bytes_per_token)
