"""One model, two tasks: the next token, and hidden tokens of a text seen whole (GPT-BERT, arXiv 2410.24159).

Both are predicted one position early, so that they share all weights, the output layer too. A row that is seen whole
is a row whose prefix has no end: rows of both kinds stand side by side in one batch.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

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
    """Rows of T+1 tokens -> T inputs and targets one step ahead; `causal_share` of the rows are causal.

    The others are as `masked_next` makes them. As published, each kind counts by its share of the rows and not by its
    number of scored tokens, of which a causal row has several times as many: the loss is `causal_share` times the mean
    over causal rows and the rest times the mean over masked ones.
    """
    count = len(rows.tokens)
    # As many rows as the share says, or one more, so that hardly a batch is without one.
    causal_rows = int(settings.causal_share * count + draws.random())
    is_masked = draws.random(count).argsort()[:, None] >= causal_rows
    example = _of_both(rows, is_masked, symbols, settings, draws, stage, device)
    return replace(example, emphasis=_emphasis(example.targets, is_masked, settings.causal_share))


def _emphasis(targets: Tensor, is_masked: Booleans, causal_share: float) -> Tensor | None:
    """[B, T] what each target counts, 1 in the mean; None where all rows are of one kind."""
    is_scored = targets != UNSCORED
    of_masked = torch.as_tensor(is_masked, device=targets.device)
    masked, causal_ones = (int((is_scored & kind).sum()) for kind in (of_masked, ~of_masked))
    if not masked or not causal_ones:
        return None
    each = (1 - causal_share) / masked, causal_share / causal_ones
    counts = torch.where(of_masked, each[0], each[1]) * (masked + causal_ones)
    return counts.to(torch.float32).expand(targets.shape)


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
