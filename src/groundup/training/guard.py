"""Keeps bad numbers from training: a loss or gradient that is not finite, or that jumps a hundredfold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from groundup.errors import GroundupError

SPIKE = 100.0
# The usual size of a gradient is a slow average; a jump is judged only once it has settled.
MEMORY = 0.98
SETTLED = 20
# One bad batch is the batch's fault; so many in a row are not.
MOST_IN_A_ROW = 10


class BadNumberError(GroundupError):
    """Training met a number it must not learn from."""

    exit_code = 1


@dataclass
class Guard:
    """What a run's losses and gradients usually look like. Saved with each checkpoint."""

    loss: float = 0.0
    norm: float = 0.0
    seen: int = 0

    def fault(self, loss: float, norm: float) -> str:
        """What is wrong with this step's loss (nats a token) and gradient norm; empty when nothing is."""
        for name, value, usual in (("loss", loss, self.loss), ("gradient norm", norm, self.norm)):
            if not math.isfinite(value):
                return f"the {name} is {value}"
            if self.seen >= SETTLED and value > SPIKE * max(usual, 1e-8):
                return f"the {name} is {value:.4g}, a hundred times its usual {usual:.4g}"
        return ""

    def learn(self, loss: float, norm: float) -> None:
        """Take a sound step into the averages."""
        memory = MEMORY if self.seen else 0.0
        self.loss = memory * self.loss + (1 - memory) * loss
        self.norm = memory * self.norm + (1 - memory) * norm
        self.seen += 1


def is_lost(skipped: Sequence[int]) -> bool:
    """Whether the last of the batches left out stand in one unbroken row: then the weights are at fault."""
    last = skipped[-MOST_IN_A_ROW:]
    return len(last) == MOST_IN_A_ROW and last[-1] - last[0] == MOST_IN_A_ROW - 1
