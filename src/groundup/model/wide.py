"""The wide part of a head: what is told of a token has a say of its own, past all layers (arXiv 1606.07792).

Layers take many examples to find out what a log-linear model knows after a few: that an answer to `when` is a number
near the question's words, and that it begins where capitals do. So numbers that are told of a token have an entry for
each pair of them in a table that is added to the logits: a number with itself, which stands for it alone, with the
other numbers of its token, and with that of its own kind one token before and one behind, which tells where something
begins and ends. The deep part learns what these leave over.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Of one token, with the one before, with the one behind.
_PLACES = 3


class Wide(nn.Module):
    """Logits from the numbers that are told of each token; all 0 at first."""

    def __init__(self, segments: int, outputs: int) -> None:
        """`segments`: the numbers told are below it."""
        super().__init__()
        self.segments = segments
        self.table = nn.Embedding(_PLACES * segments**2, outputs)
        nn.init.zeros_(self.table.weight)

    def forward(self, told: Tensor) -> Tensor:
        """Numbers [B, T, K], the k-th of them of kind k -> logits [B, T, outputs] in full precision.

        Beyond a row's ends stand zeros, as they do in padding.
        """
        one, other = torch.triu_indices(told.shape[-1], told.shape[-1], device=told.device)
        wider = F.pad(told, (0, 0, 1, 1))
        pairs = ((told[..., one], told[..., other]), (told, wider[:, :-2]), (told, wider[:, 2:]))
        rows = [(place * self.segments + a) * self.segments + b for place, (a, b) in enumerate(pairs)]
        logits: Tensor = self.table(torch.cat(rows, -1)).sum(2)
        return logits
