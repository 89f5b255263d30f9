"""Small steps on NumPy rows that several objectives share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Runs:
    """The documents of packed rows, each as far as it lies within a row: [B, T] each."""

    number: Integers
    """Counted through the whole batch, so that no two rows share one; -1 where there is no token."""
    place: Integers
    """How far a token stands behind the first of its run."""
    length: Integers
    """Tokens in the run."""
    count: int
    """More than any number."""


def runs_of(tokens: Any, documents: Any) -> Runs:
    """The runs of rows [B, T] of tokens (below 0: none) and their documents, or None where each row lies in one."""
    is_real = tokens >= 0
    begins = np.ones(tokens.shape, dtype=np.bool_)
    begins[:, 1:] = is_real[:, 1:] != is_real[:, :-1]
    if documents is not None:
        begins[:, 1:] |= documents[:, 1:] != documents[:, :-1]
    first = np.flatnonzero(begins)
    number = np.cumsum(begins).reshape(tokens.shape) - 1
    place = np.arange(tokens.size).reshape(tokens.shape) - first[number]
    length = np.diff(first, append=tokens.size)[number]
    return Runs(np.where(is_real, number, -1), place, length, len(first))


def laid_out(rows: Integers, values: Any, shape: tuple[int, int], fill: int) -> Integers:
    """Values [M], ordered by their rows [M], one behind the other in an array of `shape`, and `fill` behind them."""
    counts = np.bincount(rows, minlength=shape[0])
    array = np.full(shape, fill, dtype=np.int64)
    array[rows, np.arange(len(rows)) - (counts.cumsum() - counts)[rows]] = values
    return array


def moved(array: Any, device: torch.device | str) -> Tensor:
    """A NumPy array as a tensor on `device`."""
    return torch.as_tensor(array).to(device, non_blocking=True)


def moved_unless_all(is_real: Booleans, device: torch.device | str) -> Tensor | None:
    """Which positions hold a token, as a tensor; None where all do, which spares the model a mask."""
    return None if is_real.all() else moved(is_real, device)
