"""What a search may ask of a model: three verbs, the same for every architecture."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from groundup.decoding.states import reorder
from groundup.model.context import Context
from groundup.model.model import Model

# A cache of many short pieces of work: a longer prompt goes through in parts, so that its scores fit in memory.
PREFILL = 512


class Engine(Protocol):
    """`start`, `step`, `reorder`: all that greedy search, sampling and beam search need to know."""

    def start(self) -> Any:
        """The state before the first token."""

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Tokens [B, T] after `state` -> logits [B, V] of what comes next, and the new state."""

    def reorder(self, state: Any, rows: Tensor) -> Any:
        """The state of these rows [N]."""


class DecoderEngine:
    """The engine of a model that continues text. Puts the model into evaluation mode."""

    def __init__(self, model: Model) -> None:
        self.model = model.eval()
        self.device = model.embedding.weight.device

    def start(self) -> Any:
        """Nothing seen yet."""
        return 0, None

    @torch.inference_mode()
    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Tokens [B, T] -> logits [B, V] float32, and (number of positions seen, layer states)."""
        place, layers = state
        hidden = torch.empty(0)
        for part in torch.split(tokens.to(self.device), PREFILL, dim=1):
            positions = torch.arange(place, place + part.shape[1], device=self.device)
            hidden, layers = self.model(part, Context(positions, keep_state=True), layers)
            place += part.shape[1]
        return self.model.score(hidden[:, -1]), (place, layers)

    def reorder(self, state: Any, rows: Tensor) -> Any:
        """The state of these rows."""
        return state[0], reorder(state[1], rows.to(self.device))
