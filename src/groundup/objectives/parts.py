"""A text in two parts, what an encoder reads and what a decoder writes, as padded rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from groundup.objectives.arrays import Booleans, Integers, laid_out, moved, moved_unless_all
from groundup.objectives.example import Example, Source
from groundup.objectives.rows import UNSCORED, Symbols
from groundup.objectives.settings import ObjectiveSettings


@dataclass(frozen=True)
class Part:
    """Tokens [M] in the order of their rows, and what each belongs to."""

    rows: Integers
    """[M] ascending."""
    runs: Integers
    """[M] the document in a row, numbered through the batch."""
    tokens: Integers
    width: int
    """The length of the padded rows; what does not fit makes them longer."""


def example_of(
    batch: int,
    read: Part,
    written: Part,
    is_scored: Booleans,
    symbols: Symbols,
    settings: ObjectiveSettings,
    *,
    is_packed: bool,
    device: torch.device | str,
) -> Example:
    """`batch` rows in which the encoder sees `read` and the decoder, from the end token on, writes `written`.

    Packed documents are written one after another, each from an end token of its own, and each sees its own source.
    """
    is_first = np.diff(written.runs, prepend=-1) != 0
    inputs = np.where(is_first, symbols.end, np.roll(written.tokens, 1))
    targets = np.where(is_scored, written.tokens, UNSCORED)
    from_shape, to_shape = _shape(batch, read), _shape(batch, written)
    from_runs = laid_out(read.rows, read.runs, from_shape, -1)
    to_runs = laid_out(written.rows, written.runs, to_shape, -1)
    return Example(
        inputs=moved(laid_out(written.rows, inputs, to_shape, symbols.padding), device),
        targets=moved(laid_out(written.rows, targets, to_shape, UNSCORED), device),
        documents=moved(to_runs, device) if is_packed else None,
        real=moved_unless_all(to_runs >= 0, device),
        source=Source(
            moved(laid_out(read.rows, read.tokens, from_shape, symbols.padding), device),
            real=moved_unless_all(from_runs >= 0, device),
            documents=moved(from_runs, device) if is_packed else None,
        ),
        smoothing=settings.smoothing,
        r_drop=settings.r_drop,
    )


def _shape(batch: int, part: Part) -> tuple[int, int]:
    longest = int(np.bincount(part.rows, minlength=batch).max())
    # Longer rows come in steps of 8, so that compiled models meet few shapes.
    return batch, part.width if longest <= part.width else -8 * (-longest // 8)
