"""Causal language modelling: predict each token from those before it (Bengio et al. 2003)."""

from __future__ import annotations

import torch

from groundup.objectives.arrays import moved
from groundup.objectives.example import Example
from groundup.objectives.rows import Rows


def causal(rows: Rows, device: torch.device | str = "cpu") -> Example:
    """Rows of T+1 tokens -> T inputs and, one step ahead, T targets, as tensors on `device`.

    What stands behind the end of a row becomes token 0 as an input: no scored position sees it.
    """
    return Example(
        inputs=moved(rows.tokens[:, :-1], device).clamp(min=0),
        targets=moved(rows.targets, device),
        documents=None if rows.documents is None else moved(rows.documents[:, :-1], device),
    )
