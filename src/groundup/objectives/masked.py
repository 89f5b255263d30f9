"""Masked language modelling: tokens are hidden in a text that is otherwise seen whole (BERT, arXiv 1810.04805).

What is hidden is drawn anew for every batch (arXiv 1907.11692): single tokens, whole words, or spans of a few words
(SpanBERT, arXiv 1907.10529), in the way of GPT-BERT (arXiv 2410.24159): the text is cut into spans, and spans are taken
in random order until their share is reached.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from groundup.objectives.arrays import Booleans, Integers, moved, moved_unless_all
from groundup.objectives.example import Example
from groundup.objectives.heads import OF_PAIRS
from groundup.objectives.rows import UNSCORED, Pairs, Rows, Symbols
from groundup.objectives.settings import ObjectiveSettings

# A word of more tokens is hidden piece by piece. Text without spaces, such as Chinese or a long address, would else be
# one word, and to hide it would leave nothing to read.
LONGEST_WORD = 16

# BERT's replacement: the mask in 80 of 100 cases, a random token in 10, the token itself in 10.
MASKED, RANDOM = 0.8, 0.1


def masked(
    rows: Rows | Pairs,
    symbols: Symbols,
    settings: ObjectiveSettings,
    draws: np.random.Generator,
    *,
    stage: float = 0.0,
    device: torch.device | str = "cpu",
) -> Example:
    """Rows, or pairs with their labels -> inputs [B, T] with hidden tokens, and those tokens as targets.

    Of running rows the T tokens behind the first take part, so that each token does so once an epoch. Where the
    labels of pairs go follows from `settings.pairs`.
    """
    segments, documents = None, None
    labels: dict[str, Tensor] = {}
    if isinstance(rows, Pairs):
        tokens, is_real = rows.tokens, rows.real
        may_hide = is_real & (tokens >= symbols.special)
        segments, labels = moved(rows.segments, device), {OF_PAIRS[settings.pairs][0]: moved(rows.labels, device)}
    else:
        tokens, may_hide = rows.tokens[:, 1:], rows.targets >= symbols.special
        is_real, documents = tokens >= 0, None if rows.documents is None else rows.documents[:, 1:]
    is_hidden = hidden(tokens, may_hide, documents, symbols, settings, draws, stage)
    return Example(
        inputs=moved(covered(tokens, is_hidden, symbols, settings, draws), device),
        targets=moved(np.where(is_hidden, tokens, UNSCORED), device),
        is_causal=False,
        documents=None if documents is None else moved(documents, device),
        real=moved_unless_all(is_real, device),
        segments=segments,
        labels=labels,
        smoothing=settings.smoothing,
        label_smoothing=settings.label_smoothing,
        r_drop=settings.r_drop,
    )


def hidden(
    tokens: Any,
    may_hide: Booleans,
    documents: Any,
    symbols: Symbols,
    settings: ObjectiveSettings,
    draws: np.random.Generator,
    stage: float,
) -> Booleans:
    """Which tokens [B, T] of those that may be hidden are: whole units, in random order.

    In each row their number differs from rate x number that may be by at most half a unit (a token, or the longest
    word of the row; a last span is cut to whole words to come so near), save that one unit is always hidden where any
    may be. Spans lie within a document and between special tokens.
    """
    count = may_hide.sum(1)
    place = np.flatnonzero(may_hide)
    row, token = place // tokens.shape[1], tokens.ravel()[place]
    # What cannot be hidden, the end of a row and the end of a document part words.
    is_parted = np.diff(place, prepend=-2) > 1
    is_parted |= np.diff(row, prepend=-1) != 0
    if documents is not None:
        is_parted |= np.diff(documents.ravel()[place], prepend=-2) != 0
    begins = _begins(token, is_parted, symbols, settings)
    first = np.flatnonzero(begins)
    size, row_of_word = np.diff(first, append=len(place)), row[first]
    span = _spans(is_parted[first], settings, draws)
    # Rows stay in order, and the words of a span together; half a unit keeps rounding from reaching the next row.
    rank = (row_of_word + draws.random(len(first))[span] / 2).argsort(kind="stable")
    size = size[rank]
    before = size.cumsum() - size - (count.cumsum() - count)[row_of_word]
    rate = settings.mask_rate + (settings.mask_rate_end - settings.mask_rate) * stage
    is_taken = np.empty(len(first), dtype=np.bool_)
    is_taken[rank] = (before + size / 2 <= rate * count[row_of_word]) | (before == 0)
    is_hidden = np.zeros(tokens.shape, dtype=np.bool_)
    is_hidden.ravel()[place] = is_taken[begins.cumsum() - 1]
    return is_hidden


def _begins(token: Any, is_parted: Booleans, symbols: Symbols, settings: ObjectiveSettings) -> Booleans:
    """Which of the tokens that may be hidden begin a unit that is hidden whole."""
    if settings.mask_unit == "tokens":
        return np.ones(len(token), dtype=np.bool_)
    begins: Booleans = is_parted | symbols.begins_word[token]
    order = np.arange(len(token))
    behind = order - np.maximum.accumulate(np.where(begins, order, 0))
    begins |= behind % LONGEST_WORD == 0
    return begins


def _spans(is_parted: Booleans, settings: ObjectiveSettings, draws: np.random.Generator) -> Integers:
    """The number of the span that each unit lies in; those that are parted from the one before begin a span."""
    if settings.mask_unit != "spans":
        return np.arange(len(is_parted))
    begins = is_parted.copy()
    edges = draws.integers(1, settings.mask_words + 1, len(begins)).cumsum()
    begins[edges[edges < len(begins)]] = True
    return begins.cumsum() - 1


def covered(
    tokens: Any, is_hidden: Booleans, symbols: Symbols, settings: ObjectiveSettings, draws: np.random.Generator
) -> Integers:
    """Tokens [B, T] with the hidden ones replaced, and padding where there is none."""
    inputs: Integers = np.where(tokens < 0, symbols.padding, tokens)
    number = int(is_hidden.sum())
    shown = np.full(number, symbols.mask)
    if settings.replacement == "mixed" and number:
        chance = draws.random(number)
        is_random = chance >= 1 - RANDOM
        shown = np.where(chance < MASKED, shown, inputs[is_hidden])
        shown[is_random] = draws.integers(symbols.special, symbols.vocabulary, int(is_random.sum()))
    inputs[is_hidden] = shown
    return inputs
