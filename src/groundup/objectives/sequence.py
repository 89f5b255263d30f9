"""Sequence to sequence: an encoder reads one text, a decoder writes another (arXiv 1409.3215)."""

from __future__ import annotations

import numpy as np
import torch

from groundup.objectives.arrays import moved, runs_of
from groundup.objectives.example import Example, Source
from groundup.objectives.parts import Part, example_of
from groundup.objectives.rows import UNSCORED, Rows, Sequences, Symbols
from groundup.objectives.settings import ObjectiveSettings


def sequence(
    rows: Rows | Sequences,
    symbols: Symbols,
    settings: ObjectiveSettings,
    draws: np.random.Generator,
    *,
    stage: float = 0.0,
    device: torch.device | str = "cpu",
) -> Example:
    """Pairs of source and target as they are; running text is cut at a place drawn for each document in a row.

    Of running rows the T tokens behind the first take part. What stands before the cut is read, one token at the
    least, the rest is written; both come as [B, T], padded. A document of one token in a row is only read.
    """
    if isinstance(rows, Sequences):
        return _as_they_are(rows, symbols, settings, device)
    tokens, is_packed = rows.tokens[:, 1:], rows.documents is not None
    documents = None
    if is_packed:
        # What is written is closed by the end token, which elsewhere counts with the document that it begins.
        documents = np.where(tokens == symbols.end, rows.documents[:, :-1], rows.documents[:, 1:])
    runs = runs_of(tokens, documents)
    cut = 1 + np.floor(draws.random(runs.count)[runs.number] * (runs.length - 1))
    is_real, is_first = runs.number >= 0, runs.place < cut
    read, written = (
        Part(np.nonzero(chosen)[0], runs.number[chosen], tokens[chosen], tokens.shape[1])
        for chosen in (is_real & is_first, is_real & ~is_first)
    )
    is_scored = rows.targets[is_real & ~is_first] != UNSCORED
    return example_of(
        len(tokens),
        read,
        written,
        is_scored,
        symbols,
        settings,
        is_packed=is_packed,
        device=device,
    )


def _as_they_are(rows: Sequences, symbols: Symbols, settings: ObjectiveSettings, device: torch.device | str) -> Example:
    inputs, targets = rows.tokens[:, :-1], rows.tokens[:, 1:]
    documents, source_documents = rows.documents, rows.source_documents
    if documents is not None:
        # The first token of a pair, its end token, is given and not foretold by the pair before.
        targets = np.where(documents[:, 1:] == documents[:, :-1], targets, UNSCORED)
    return Example(
        inputs=moved(np.where(inputs < 0, symbols.padding, inputs), device),
        targets=moved(targets, device),
        documents=None if documents is None else moved(documents[:, :-1], device),
        source=Source(
            moved(np.where(rows.source < 0, symbols.padding, rows.source), device),
            real=None if rows.source_real is None else moved(rows.source_real, device),
            documents=None if source_documents is None else moved(source_documents, device),
        ),
        smoothing=settings.smoothing,
        r_drop=settings.r_drop,
    )
