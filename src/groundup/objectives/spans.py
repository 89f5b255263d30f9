"""Span denoising: an encoder reads a text with holes, a decoder writes what was in them (T5, arXiv 1910.10683).

Each hole is one sentinel token in the source; the target is each sentinel followed by what it stands for, closed by
the end token. The number of tokens taken out and of holes follow from the length alone, so that full rows without
special tokens all give one shape.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from groundup.errors import GroundupError
from groundup.objectives.arrays import Booleans, Integers, runs_of
from groundup.objectives.example import Example
from groundup.objectives.parts import Part, example_of
from groundup.objectives.rows import Rows, Symbols
from groundup.objectives.settings import ObjectiveSettings


def spans(
    rows: Rows,
    symbols: Symbols,
    settings: ObjectiveSettings,
    draws: np.random.Generator,
    *,
    stage: float = 0.0,
    device: torch.device | str = "cpu",
) -> Example:
    """Rows of T+1 tokens -> what is left of the T behind the first for the encoder, what was taken for the decoder.

    Documents in a row stay packed: a hole never reaches over the end of one, sentinels count from the first in each,
    and each decoder's part sees its own source. `GroundupError` where the tokenizer has too few sentinels.
    """
    tokens, is_packed = rows.tokens[:, 1:], rows.documents is not None
    batch, time = tokens.shape
    require_sentinels(symbols, settings, time)
    noise, holes = counts(time, settings)
    runs = runs_of(tokens, rows.documents[:, 1:] if is_packed else None)
    is_taken = taken(rows.targets >= symbols.special, settings, draws)
    begins, hole = _holes(is_taken, runs.number)
    # A hole is cut in two where a special token stands in it; should sentinels run out, what is left over stays.
    is_taken &= hole < len(symbols.sentinels)
    begins &= is_taken

    is_read = (runs.number >= 0) & (begins | ~is_taken)
    marks = np.asarray(symbols.sentinels)[hole * begins]
    read = Part(
        np.nonzero(is_read)[0],
        runs.number[is_read],
        np.where(begins, marks, tokens)[is_read],
        int(time - noise + holes),
    )
    written = _written(tokens, is_taken, begins, marks, runs.number, symbols, int(noise + holes) + 1)
    return example_of(
        batch,
        read,
        written,
        np.ones(len(written.rows), dtype=np.bool_),
        symbols,
        settings,
        is_packed=is_packed,
        device=device,
    )


def sentinels_needed(settings: ObjectiveSettings, tokens: int) -> int:
    """How many sentinels the holes in a row of so many tokens take."""
    return int(counts(tokens, settings)[1])


def require_sentinels(symbols: Symbols, settings: ObjectiveSettings, tokens: int) -> None:
    """`GroundupError` where the tokenizer has fewer sentinels than rows of so many tokens take."""
    needed, there = sentinels_needed(settings, tokens), len(symbols.sentinels)
    if there < needed:
        raise GroundupError(
            f"Span denoising takes {needed:,} pieces out of rows of {tokens:,} tokens and marks each with a sentinel "
            f"of its own, but the tokenizer has {there:,} {'sentinel' if there == 1 else 'sentinels'}.",
            f"Set tokenizer.sentinels to {needed:,} or more.",
        )


def taken(may_take: Booleans, settings: ObjectiveSettings, draws: np.random.Generator) -> Booleans:
    """Which tokens [B, T] are taken out, as spans that are even over all ways to choose and to place them.

    Lengths are the steps between distinct cuts through the tokens to be taken, places are distinct gaps between those
    that stay, so that spans never touch and their number is exact.
    """
    count = may_take.sum(1)
    noise, holes = counts(count, settings)
    gaps = _distinct(draws, count - noise + 1, holes, 0)
    cuts = _distinct(draws, noise - 1, holes - 1, noise) + 1
    edges = np.hstack([np.zeros_like(noise)[:, None], np.minimum(cuts, noise[:, None]), noise[:, None]])
    row, hole = np.nonzero(np.arange(gaps.shape[1]) < holes[:, None])
    steps = np.zeros((len(count), may_take.shape[1] + 1), dtype=np.int64)
    steps[row, gaps[row, hole] + edges[row, hole]] = 1
    steps[row, gaps[row, hole] + edges[row, hole + 1]] = -1
    # The spans were laid through the tokens that may be taken; back to where these stand.
    inside = steps.cumsum(1) > 0
    return may_take & np.take_along_axis(inside, np.maximum(may_take.cumsum(1) - 1, 0), 1)


def counts(tokens: Any, settings: ObjectiveSettings) -> tuple[Any, Any]:
    """How many of so many tokens are taken out, and in how many pieces; one at least, and not all if there are two."""
    tokens = np.asarray(tokens)
    noise = np.minimum(np.clip(np.rint(tokens * settings.noise), 1, np.maximum(tokens - 1, 1)), tokens)
    holes = np.minimum(np.maximum(np.rint(noise / settings.noise_span), 1), np.minimum(noise, tokens - noise + 1))
    return noise.astype(np.int64), holes.astype(np.int64)


def _distinct(draws: np.random.Generator, among: Integers, chosen: Integers, fill: Any) -> Integers:
    """For each row, `chosen` [B] of the numbers below `among` [B], ascending; behind them `fill`."""
    keys = draws.random((len(among), max(int(among.max()), 0)))
    keys[np.arange(keys.shape[1]) >= among[:, None]] = 2
    picked = keys.argsort(1)[:, : max(int(chosen.max()), 0)]
    is_chosen = np.arange(picked.shape[1]) < chosen[:, None]
    picked = np.sort(np.where(is_chosen, picked, np.iinfo(np.int64).max), 1)
    return np.where(is_chosen, picked, np.broadcast_to(fill, among.shape)[:, None])


def _holes(is_taken: Booleans, number: Integers) -> tuple[Booleans, Integers]:
    """Where holes begin, and for each taken token the hole that it is in, counted from 0 in every run."""
    begins = is_taken.copy()
    begins[:, 1:] &= ~(is_taken[:, :-1] & (number[:, 1:] == number[:, :-1]))
    hole = begins.cumsum().reshape(begins.shape) - 1
    place = np.flatnonzero(is_taken)
    counted, runs = hole.ravel()[place], number.ravel()[place]
    is_first = np.diff(runs, prepend=-1) != 0
    from_zero = np.zeros_like(hole)
    from_zero.ravel()[place] = counted - np.maximum.accumulate(np.where(is_first, counted, 0))
    return begins, from_zero


def _written(
    tokens: Any, is_taken: Booleans, begins: Booleans, marks: Integers, number: Integers, symbols: Symbols, width: int
) -> Part:
    """Each hole's sentinel and what was in it, and the end token behind the last of a document."""
    place = np.flatnonzero(is_taken)
    run, is_begin = number.ravel()[place], begins.ravel()[place]
    is_last = np.diff(run, append=-1) != 0
    size = 1 + is_begin + is_last
    end = size.cumsum()
    values = np.full(int(size.sum()), symbols.end)
    at = end - 1 - is_last
    values[at] = tokens.ravel()[place]
    values[at[is_begin] - 1] = marks.ravel()[place][is_begin]
    return Part(np.repeat(place // tokens.shape[1], size), np.repeat(run, size), values, width)
