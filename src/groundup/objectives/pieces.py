"""A loss over many positions and a large vocabulary, a piece of the positions at a time.

The logits of a batch are by far its largest tensor: 3,328 positions of a vocabulary of 4,000 take 53 MB, and each of a
dozen operations on them, forward and backward, goes through memory. A piece stays in the processor's cache, and its
gradient is taken at once, so that no logits are kept: 1.6 times as quick on one thread or two, and the memory of one
piece (`benchmarks/vocabulary_loss.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

# Logits of one piece: 4 MB. Twice and half as many are about as quick.
AT_ONCE = 2**20


@dataclass(frozen=True)
class Projected:
    """Logits that are not computed yet."""

    vectors: Tensor
    """[N, D], or [N, ..., D]."""
    score: Callable[[Tensor], Tensor]
    """[..., D] -> [..., classes], each position by itself."""
    parameters: Sequence[Tensor]
    """What `score` computes with."""
    classes: int

    @property
    def is_large(self) -> bool:
        """Whether the logits are worth being made in pieces."""
        return self.vectors[..., 0].numel() * self.classes > AT_ONCE

    @property
    def logits(self) -> Tensor:
        """[N, classes], all at once."""
        return self.score(self.vectors)


def summed(loss: Callable[[Tensor, slice], Tensor], projected: Projected) -> Tensor:
    """The sum of `loss(logits [n, classes], piece)` over pieces of the positions, where `piece` says which they are.

    Its gradient is what it would be all at once but for the order of sums.
    """
    each = projected.vectors[:1, ..., 0].numel() * projected.classes
    rows = max(1, AT_ONCE // max(1, each))
    arguments = (loss, projected, rows, projected.vectors, *projected.parameters)
    total: Tensor = _Summed.apply(*arguments)  # type: ignore[no-untyped-call]
    return total


class _Summed(torch.autograd.Function):
    """Takes the gradients on the way forward, while a piece's logits are at hand; backward they are only scaled."""

    @staticmethod
    def forward(
        ctx: Any,
        loss: Callable[[Tensor, slice], Tensor],
        projected: Projected,
        rows: int,
        vectors: Tensor,
        *parameters: Tensor,
    ) -> Tensor:
        is_needed = ctx.needs_input_grad[3:]
        total = torch.zeros((), device=vectors.device, dtype=torch.promote_types(vectors.dtype, torch.float32))
        # Of the vectors piece by piece, of the parameters added up.
        inputs = zip((vectors, *parameters), is_needed, strict=True)
        gradients = [torch.zeros_like(x) if needed else None for x, needed in inputs]
        for first in range(0, len(vectors), rows):
            piece = slice(first, first + rows)
            part = vectors[piece].detach().requires_grad_(is_needed[0])
            with torch.enable_grad():
                said = loss(projected.score(part), piece)
            total += said.detach()
            wanted = [x for x, needed in zip((part, *projected.parameters), is_needed, strict=True) if needed]
            found = iter(torch.autograd.grad(said, wanted, allow_unused=True) if wanted else ())
            for index, gradient in enumerate(gradients):
                if gradient is not None and (slope := next(found)) is not None:
                    if index:
                        gradient += slope
                    else:
                        gradient[piece] = slope
        ctx.save_for_backward(*gradients)
        return total

    @staticmethod
    def backward(ctx: Any, scale: Tensor) -> tuple[Tensor | None, ...]:
        gradients = [None if x is None else x * scale.to(x.dtype) for x in ctx.saved_tensors]
        return None, None, None, *gradients
