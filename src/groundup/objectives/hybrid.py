"""One model, two tasks: the next token, and hidden tokens of a text seen whole (GPT-BERT, arXiv 2410.24159).

Both are predicted one position early, so that they share all weights, the output layer too. A row that is seen whole
is a row whose prefix has no end: rows of both kinds stand side by side in one batch.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from groundup.objectives.arrays import Booleans, moved
from groundup.objectives.causal import causal
from groundup.objectives.example import Example
from groundup.objectives.masked import covered, hidden
from groundup.objectives.rows import UNSCORED, Rows, Symbols
from groundup.objectives.settings import ObjectiveSettings


def hybrid(
    rows: Rows,
    symbols: Symbols,
    settings: ObjectiveSettings,
    draws: np.random.Generator,
    *,
    stage: float = 0.0,
    device: torch.device | str = "cpu",
) -> Example:
    """Rows of T+1 tokens -> T inputs and targets one step ahead; about `causal_share` of the rows are causal.

    The others are as `masked_next` makes them.
    """
    is_masked = draws.random((len(rows.tokens), 1)) >= settings.causal_share
    return _of_both(rows, is_masked, symbols, settings, draws, stage, device)


def masked_next(
    rows: Rows,
    symbols: Symbols,
    settings: ObjectiveSettings,
    draws: np.random.Generator,
    *,
    stage: float = 0.0,
    device: torch.device | str = "cpu",
) -> Example:
    """`hybrid` without causal rows, to measure a model by.

    Tokens among the T targets of a row are hidden as `masked` hides them, and only they are scored. The last target is
    no input and so hidden by itself.
    """
    is_masked = np.ones((len(rows.tokens), 1), dtype=np.bool_)
    return _of_both(rows, is_masked, symbols, settings, draws, stage, device)


def _of_both(
    rows: Rows,
    is_masked: Booleans,
    symbols: Symbols,
    settings: ObjectiveSettings,
    draws: np.random.Generator,
    stage: float,
    device: torch.device | str,
) -> Example:
    tokens, documents = rows.tokens, rows.documents
    is_hidden = hidden(
        tokens[:, 1:],
        is_masked & (rows.targets >= symbols.special),
        None if documents is None else documents[:, 1:],
        symbols,
        settings,
        draws,
        stage,
    )
    # The first input is no target of its row.
    is_hidden_input = np.pad(is_hidden[:, :-1], ((0, 0), (1, 0)))
    return replace(
        causal(rows, device),
        inputs=moved(covered(tokens[:, :-1], is_hidden_input, symbols, settings, draws), device),
        targets=moved(np.where(is_masked & ~is_hidden, UNSCORED, rows.targets), device),
        prefix=moved(is_masked & (tokens[:, :-1] >= 0), device),
        smoothing=settings.smoothing,
        r_drop=settings.r_drop,
    )
