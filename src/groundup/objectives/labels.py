"""Labels that people gave: of a whole text, of each token, or where a span begins and ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from groundup.objectives.arrays import moved, moved_unless_all
from groundup.objectives.example import Example
from groundup.objectives.rows import UNSCORED, Labelled, Symbols
from groundup.objectives.settings import ObjectiveSettings


def labels(
    rows: Labelled,
    symbols: Symbols,
    settings: ObjectiveSettings,
    draws: np.random.Generator,
    *,
    stage: float = 0.0,
    device: torch.device | str = "cpu",
) -> Example:
    """The rows as they are, or with some tokens hidden: no token is predicted, every label is."""
    inputs = moved(_thinned(rows, symbols, settings.token_dropout, draws), device)
    return Example(
        inputs=inputs,
        targets=torch.full_like(inputs, UNSCORED),
        is_causal=rows.is_causal,
        real=moved_unless_all(rows.real, device),
        segments=None if rows.segments is None else moved(rows.segments, device),
        labels={name: moved(wanted, device) for name, wanted in rows.labels.items()},
        label_smoothing=settings.label_smoothing,
        r_drop=settings.r_drop,
    )


def _thinned(rows: Labelled, symbols: Symbols, rate: float, draws: np.random.Generator) -> Any:
    """Tokens [B, T], each with that chance under the mask, save special ones."""
    if not rate:
        return rows.tokens
    is_hidden = (rows.tokens >= symbols.special) & (draws.random(rows.tokens.shape) < rate)
    return np.where(is_hidden, symbols.mask, rows.tokens)
