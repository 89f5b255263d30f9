"""Prefix language modelling: a beginning is seen whole, and what follows is predicted (arXiv 1804.10198)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from groundup.objectives.arrays import moved, runs_of
from groundup.objectives.causal import causal
from groundup.objectives.example import Example
from groundup.objectives.rows import UNSCORED, Rows, Symbols
from groundup.objectives.settings import ObjectiveSettings


def prefix(
    rows: Rows,
    symbols: Symbols,
    settings: ObjectiveSettings,
    draws: np.random.Generator,
    *,
    stage: float = 0.0,
    device: torch.device | str = "cpu",
) -> Example:
    """Rows of T+1 tokens -> T inputs, of which those before a cut are visible to all of their document.

    The cut is drawn for each document in a row, evenly from before its first token to before its last one, so that
    something is left to predict. The token behind position t is scored where it is no part of a prefix.
    """
    runs = runs_of(rows.tokens, rows.documents)
    cut = np.floor(draws.random(runs.count)[runs.number] * runs.length)
    is_prefix = (runs.number >= 0) & (runs.place < cut)
    return replace(
        causal(rows, device),
        targets=moved(np.where(is_prefix[:, 1:], UNSCORED, rows.targets), device),
        prefix=moved(is_prefix[:, :-1], device),
        smoothing=settings.smoothing,
        r_drop=settings.r_drop,
    )
