"""A model: an embedding, a decoder stack, and a head that scores the next token.

Encoders join here as a second stack; which stacks are given is all that tells model families apart.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.model.context import Context
from groundup.model.layers import Linear
from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of
from groundup.model.stack import Stack, StackState


class Model(nn.Module):
    """Token ids in, one vector a position out; `score` turns vectors into logits over the vocabulary (V)."""

    def __init__(self, settings: ModelSettings, vocabulary: int) -> None:
        super().__init__()
        self.settings, self.vocabulary, self.shape = settings, vocabulary, shape_of(settings)
        self.precision = torch.float32
        self.embedding = nn.Embedding(vocabulary, self.shape.width)
        self.decoder = Stack(settings.decoder, settings, self.shape)
        # A head of zeros begins with the uniform guess, ln V nats, and learns from there.
        self.head = None if settings.tied else Linear(self.shape.width, vocabulary, is_zero=True)
        if settings.tied:
            nn.init.normal_(self.embedding.weight, std=self.shape.width**-0.5)

    def forward(self, tokens: Tensor, context: Context, state: StackState | None = None) -> tuple[Tensor, StackState]:
        """Tokens [B, T] -> hidden [B, T, D] in `precision`, and the state of every layer."""
        x = self.embedding(tokens).to(self.precision)
        hidden, state = self.decoder(x, context, state)
        return hidden, state

    def score(self, hidden: Tensor) -> Tensor:
        """Hidden [..., D] -> logits [..., V] in full precision."""
        weight = self.embedding.weight if self.head is None else self.head.weight
        logits = F.linear(hidden, weight.to(hidden.dtype)).float()
        cap = self.settings.soft_cap
        return cap * torch.tanh(logits / cap) if cap else logits


def build_model(settings: ModelSettings, vocabulary: int, seed: int) -> Model:
    """A new model whose first weights depend on `seed` alone; the caller's random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return Model(settings, vocabulary)


def parameter_count(model: nn.Module) -> int:
    """Number of trained values."""
    return sum(parameter.numel() for parameter in model.parameters())
