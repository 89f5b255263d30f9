"""Several models that write one text together: what comes next is the mean of what they expect.

They may be of any kind, one with an encoder and one without, recurrent and not; all they must share is what their
token ids mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from groundup.decoding.engine import Engine, Sources
from groundup.errors import GroundupError


class Ensemble(Engine):
    """An engine whose probabilities are the mean of those of several engines (arXiv 1409.3215)."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        """Raises GroundupError without members, and where some want their sources ended and others do not."""
        if not engines:
            raise GroundupError("An ensemble has no members.", "Give it at least one model.")
        self.engines = tuple(engines)
        readers = [engine for engine in engines if engine.reads_sources]
        self.reads_sources, self.ends_sources = bool(readers), any(engine.ends_sources for engine in readers)
        if not all(engine.ends_sources == self.ends_sources for engine in readers):
            raise GroundupError(
                "Some members of an ensemble learned to read sources that end with the end token, and others did not.",
                "Put together models that were trained alike, all on pairs of texts or none.",
            )
        self.sees_prompts_whole = any(engine.sees_prompts_whole for engine in engines)
        self.longest = min((engine.longest for engine in engines if engine.longest is not None), default=None)

    def start(self, sources: Sources | None = None) -> Any:
        """A state for each member; the sources are for those that read them."""
        return tuple(engine.start(sources if engine.reads_sources else None) for engine in self.engines)

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Tokens [B, T] -> logarithms [B, V] of the mean probabilities, and the members' states.

        Raises GroundupError where the members' vocabularies differ in size.
        """
        steps = [engine.step(tokens, own) for engine, own in zip(self.engines, state, strict=True)]
        sizes = [logits.shape[1] for logits, _ in steps]
        if len(set(sizes)) > 1:
            raise GroundupError(
                f"The members of an ensemble have vocabularies of {', '.join(f'{size:,}' for size in sizes)} tokens.",
                "Put together models that were trained with the same tokenizer.",
            )
        device = steps[0][0].device
        # In logarithms throughout, so that no small probability becomes zero on the way.
        said = torch.stack([logits.to(device).log_softmax(1) for logits, _ in steps])
        return said.logsumexp(0) - math.log(len(steps)), tuple(left for _, left in steps)

    def reorder(self, state: Any, rows: Tensor) -> Any:
        """The members' states of these rows."""
        return tuple(engine.reorder(own, rows) for engine, own in zip(self.engines, state, strict=True))
