"""What a search may ask of a model: three verbs, the same for every architecture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from groundup.decoding.states import reorder
from groundup.errors import GroundupError
from groundup.model.context import Context, Memory, all_at_once
from groundup.model.model import Model

# A cache of many short pieces of work: a longer prompt goes through in parts, so that its scores fit in memory.
PREFILL = 512

Sources = Sequence[Sequence[int]]


class Engine(Protocol):
    """`start`, `step`, `reorder`: all that greedy search, sampling and beam search need to know."""

    reads_sources: bool = False
    """What is written is written of a source, which `start` must be given."""
    ends_sources: bool = False
    """It learned to read sources with the end token behind them, as training pairs are (tokens/sequences.py), so texts
    get one when they become sources. Sources of ids are taken as they are."""
    longest: int | None = None
    """Most positions of a source, and of a text; None: as many as you like."""
    sees_prompts_whole: bool = False
    """The tokens of the first step all see each other, so a row's whole prompt must be in it."""

    def start(self, sources: Sources | None = None) -> Any:
        """The state before the first token: of one row for each source, where there are sources."""

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Tokens [B, T] after `state` -> logits [B, V] of what comes next, and the new state."""

    def reorder(self, state: Any, rows: Tensor) -> Any:
        """The state of these rows [N]."""


class DecoderEngine(Engine):
    """The engine of a model with a decoder, alone or behind an encoder. Puts the model into evaluation mode."""

    def __init__(self, model: Model, *, sees_prompts_whole: bool = False, ends_sources: bool = False) -> None:
        """`sees_prompts_whole`: for prefix language models (arXiv 1804.10198). `ends_sources`: for pairs of texts.

        Raises GroundupError for a model without a decoder.
        """
        if model.decoder is None:
            raise GroundupError(
                "This model has an encoder only: it reads texts, but cannot write one.",
                "Write with a model that has a decoder; ask this one with groundup evaluate.",
            )
        self.model = model.eval()
        self.device = model.embedding.weight.device
        self.reads_sources, self.ends_sources = model.encoder is not None, ends_sources
        self.sees_prompts_whole = sees_prompts_whole
        self.longest = model.longest

    @torch.inference_mode()
    def start(self, sources: Sources | None = None) -> Any:
        """Nothing seen yet, and what the encoder made of the sources, which it reads once.

        Raises GroundupError for sources that are missing, empty, too long, or not asked for.
        """
        if sources is None and self.reads_sources:
            raise GroundupError("This model writes of sources, and was given none.", "Give a source for each prompt.")
        if sources is not None and not self.reads_sources:
            raise GroundupError(
                "This model has no encoder that could read a source.", "Give the text to go on from as its prompt."
            )
        return 0, None, None if sources is None else self._read(sources)

    @torch.inference_mode()
    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Tokens [B, T] -> logits [B, V] float32, and (number of positions seen, layer states, None).

        Raises GroundupError before a model with a table of positions would run past its end.
        """
        place, layers, memory = state
        self.check_length(place + tokens.shape[1], "text, with what it goes on from,")
        hidden = torch.empty(0)
        for part in torch.split(tokens.to(self.device), tokens.shape[1] if self.sees_prompts_whole else PREFILL, dim=1):
            positions = torch.arange(place, place + part.shape[1], device=self.device)
            prefix = torch.ones_like(part, dtype=torch.bool) if self.sees_prompts_whole and place == 0 else None
            context = Context(positions, prefix=prefix, memory=memory, keep_state=True)
            hidden, layers = self.model(part, context, layers)
            place += part.shape[1]
            # The states of the layers hold what they need of it from here on.
            memory = None
        return self.model.score(hidden[:, -1]), (place, layers, memory)

    def reorder(self, state: Any, rows: Tensor) -> Any:
        """The state of these rows."""
        return reorder(state, rows.to(self.device))

    def _read(self, sources: Sources) -> Memory:
        if not all(sources):
            raise GroundupError("A source has no tokens.", "Give at least one, such as the end token.")
        longest = max(map(len, sources))
        self.check_length(longest, "source")
        # What stands in the place of padding is never seen.
        tokens = torch.tensor([[*source, *[0] * (longest - len(source))] for source in sources], device=self.device)
        real = None
        if any(len(source) < longest for source in sources):
            lengths = torch.tensor([len(source) for source in sources], device=self.device)
            real = torch.arange(longest, device=self.device) < lengths[:, None]
        return self.model.read(tokens, all_at_once(tokens, real=real, is_causal=False))

    def check_length(self, length: int, what: str) -> None:
        """Raise GroundupError where `what`, of so many tokens, runs past the model's table of positions."""
        longest = self.model.longest
        if longest is not None and length > longest:
            raise GroundupError(
                f"The {what} came to {length:,} tokens, but this model has learned positions for {longest:,}.",
                "Give a shorter text or ask for fewer tokens, or train with a larger model.context.",
            )


def marches(engine: Engine, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
    """The rows that can go through the engine together: all, or those with prompts of one length."""
    lengths = [len(prompt) if engine.sees_prompts_whole else 0 for prompt in prompts]
    return [[row for row, own in enumerate(lengths) if own == length] for length in sorted(set(lengths))]
