"""Models of every kind: what a search must never notice."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor

from groundup.model.context import Memory, all_at_once
from groundup.model.mixers import MIXERS
from groundup.model.model import Model, build_model
from groundup.model.settings import ModelSettings

ENCODERS = [("attention", "relu_squared"), ("lstm",), ("gru",), ("mingru", "glu")]
DECODERS = [("attention", "cross", "relu_squared"), ("lstm", "additive"), ("gru", "luong"), ("mingru", "cross", "glu")]
WRITERS = [("attention", "relu_squared"), ("lstm",), ("gru",), ("mingru", "attention", "glu"), ("convolution", "lstm")]

# Encoder (or none) and decoder.
PAIRS = [(encoder, decoder) for encoder in ENCODERS for decoder in DECODERS]
KINDS = [((), decoder) for decoder in WRITERS] + PAIRS
# Mixers that are not there yet are left out, and taken up as soon as they are.
PAIRS, KINDS = ([(e, d) for e, d in kinds if {*e, *d} <= MIXERS.keys()] for kinds in (PAIRS, KINDS))

Kind = tuple[tuple[str, ...], tuple[str, ...]]
Rows = list[list[int]]


@cache
def random_kind(kind: Kind, vocabulary: int, seed: int = 0, **settings: Any) -> Model:
    """A tiny model with all weights random: those of new models are zero where it matters."""
    encoder, decoder = kind
    values = {"encoder": encoder, "decoder": decoder, "depth": 1, "width": 8, "heads": 2, "context": 32} | settings
    model = build_model(ModelSettings(**values), vocabulary, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=2 * weight.shape[-1] ** -0.5, generator=generator)
    return model.eval()


def texts(vocabulary: int, longest: int, least: int = 1, most: int = 1) -> st.SearchStrategy[Rows]:
    """Rows of token ids, of any lengths."""
    row = st.lists(st.integers(0, vocabulary - 1), min_size=1, max_size=longest)
    return st.lists(row, min_size=least, max_size=most)


def sources_of(model: Model, rows: Rows) -> Rows | None:
    """The rows, where the model reads any."""
    return rows if model.encoder is not None else None


@torch.no_grad()
def memory_of(model: Model, source: list[int] | None, rows: int) -> Memory | None:
    """What the encoder makes of one source, for several rows."""
    if source is None:
        return None
    tokens = torch.tensor([source] * rows)
    return model.read(tokens, all_at_once(tokens, is_causal=False))


@torch.no_grad()
def expected(model: Model, tokens: Tensor, source: list[int] | None = None) -> Tensor:
    """Log probabilities [B, T, V] of what comes behind each of the tokens [B, T], all at once and without a cache."""
    context = all_at_once(tokens, memory=memory_of(model, source, len(tokens)))
    return model.score(model(tokens, context)[0]).log_softmax(-1)
