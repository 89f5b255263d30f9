"""Measuring a model on held-out text: loss in nats a token, perplexity, and bits per byte of the text itself.

Bits per byte compare models whatever their tokenizers: all nats of the text, over its bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from groundup.model.model import Model
from groundup.objectives.causal import causal
from groundup.objectives.example import loss
from groundup.progress import SILENT, Progress
from groundup.tokens.batches import scored_once
from groundup.tokens.shards import TokenStream
from groundup.training.rows import to_tensors

# Enough tokens to keep the processor busy, few enough for the scores of a large vocabulary to fit.
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
        """exp(loss): how many equally likely tokens the model hesitates between."""
        return math.exp(min(self.loss, 700.0))


@torch.inference_mode()
def score(
    model: Model,
    stream: TokenStream,
    *,
    most_tokens: int | None = None,
    progress: Progress = SILENT,
    is_over: Callable[[], bool] = lambda: False,
) -> Score:
    """Score the stream, or its first `most_tokens`, every token once, in windows of the model's context.

    `is_over` is asked after each batch and ends the scoring early.
    """
    was_training = model.training
    model.eval()
    context = model.settings.context
    rows = max(1, TOKENS_AT_ONCE // context)
    limit = stream.tokens.size if most_tokens is None else min(most_tokens, stream.tokens.size)
    total, count = 0.0, 0
    for batch in scored_once(stream, context, rows):
        example = causal(*to_tensors(batch, model.embedding.weight.device))
        nats, scored = loss(model, example)
        total, count = total + nats.item(), count + scored
        progress("scoring held-out text", min(count, limit), limit)
        if count >= limit or is_over():
            break
    model.train(was_training)
    # Bytes of the tokens that were scored; the whole text's where all were.
    scored_bytes = stream.bytes * count / stream.tokens.size
    return Score(total / count, count, total / math.log(2) / scored_bytes)
