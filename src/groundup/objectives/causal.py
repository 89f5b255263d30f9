"""Causal language modelling: predict each token from those before it (Bengio et al. 2003)."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from groundup.objectives.example import Example


class Rows(Protocol):
    """Rows of token ids as arrays: all that an objective needs of a batch."""

    @property
    def tokens(self) -> Any:
        """[B, T+1] ids; -100 behind the end of a row that is not full."""

    @property
    def targets(self) -> Any:
        """[B, T] ids one step ahead, -100 where not scored."""

    @property
    def documents(self) -> Any:
        """[B, T+1] document numbers, or None."""


def causal(rows: Rows, device: torch.device | str = "cpu") -> Example:
    """Rows of T+1 tokens -> T inputs and, one step ahead, T targets, as tensors on `device`.

    What stands behind the end of a row becomes token 0 as an input: no scored position sees it.
    """

    def moved(array: Any) -> Tensor:
        return torch.as_tensor(array).to(device, non_blocking=True)

    return Example(
        inputs=moved(rows.tokens[:, :-1]).clamp(min=0),
        targets=moved(rows.targets),
        documents=None if rows.documents is None else moved(rows.documents[:, :-1]),
    )
