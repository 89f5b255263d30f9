"""The wide part of a head: what is told of a token has a say of its own, past all layers (arXiv 1606.07792).

Layers take many examples to find out what a log-linear model knows after a few: that an answer to `when` is a number
near the question's words. So each pair of the numbers that are told of a token has an entry in a table, which is added
to the logits; a number with itself stands for it alone. The deep part learns what these leave over.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Wide(nn.Module):
    """Logits from the numbers that are told of each token; all 0 at first."""

    def __init__(self, segments: int, outputs: int) -> None:
        """`segments`: the numbers told are below it."""
        super().__init__()
        self.segments = segments
        self.table = nn.Embedding.from_pretrained(torch.zeros(segments**2, outputs), freeze=False)

    def forward(self, told: Tensor) -> Tensor:
        """Numbers [B, T, K], the k-th of them of kind k -> logits [B, T, outputs] in full precision."""
        one, other = torch.triu_indices(told.shape[-1], told.shape[-1], device=told.device)
        logits: Tensor = self.table(told[..., one] * self.segments + told[..., other]).sum(2)
        return logits
