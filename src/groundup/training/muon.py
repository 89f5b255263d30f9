"""Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon): momentum whose update is made orthogonal.

Matrices of equal shape are stacked and orthogonalised in one batched product: a small model's step is then a
dozen calls instead of hundreds.
"""

from __future__ import annotations

from collections import defaultdict

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

# Coefficients of the quintic Newton-Schulz iteration from Jordan's post: steep at 0, bounded near 1.
QUINTIC = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay for matrices [rows, columns], or groups of them."""

    def __init__(self, matrices: ParamsT, lr: float, momentum: float = 0.95, weight_decay: float = 0.0) -> None:
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update of every matrix that has a gradient."""
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for matrix in group["params"]:
                if matrix.grad is not None:
                    by_shape[matrix.shape].append(matrix)
            for matrices in by_shape.values():
                self._update(matrices, group["lr"], group["momentum"], group["weight_decay"])

    def _update(self, matrices: list[Tensor], rate: float, momentum: float, decay: float) -> None:
        gradients = [matrix.grad for matrix in matrices if matrix.grad is not None]
        averages = [self._average(matrix) for matrix in matrices]
        torch._foreach_lerp_(averages, gradients, 1 - momentum)
        updates = torch.stack(torch._foreach_lerp(gradients, averages, momentum))
        rows, columns = updates.shape[-2:]
        # An orthogonal update has unit gain whatever the size; tall matrices are stretched to keep their share.
        scale = max(1.0, rows / columns) ** 0.5
        torch._foreach_mul_(matrices, 1 - rate * decay)
        torch._foreach_add_(matrices, list(orthogonal(updates).unbind()), alpha=-rate * scale)

    def _average(self, matrix: Tensor) -> Tensor:
        state: dict[str, Tensor] = self.state[matrix]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(matrix)
        return state["momentum"]


def orthogonal(matrices: Tensor) -> Tensor:
    """The nearest (semi-)orthogonal matrix, roughly, of each of [N, rows, columns], in the input's type.

    Singular values end between about .7 and 1.2, which serves as well as exactly 1 (Jordan's post). The products
    run in bfloat16, which the iteration forgives.
    """
    a, b, c = QUINTIC
    is_tall = matrices.shape[-2] > matrices.shape[-1]
    x: Tensor = matrices.bfloat16()
    if is_tall:
        x = x.mT
    x = (x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)).contiguous()
    for _ in range(ITERATIONS):
        square = x @ x.mT
        polynomial = torch.baddbmm(square, square, square, beta=b, alpha=c)
        x = torch.baddbmm(x, polynomial, x, beta=a)
    return (x.mT if is_tall else x).to(matrices.dtype)
