"""Rows cut where their documents end: each run of one document becomes a row of its own, and is put back afterwards.

What carries a state from position to position can thereby treat packed and padded rows as plain ones: a state begins
with its run and never meets padding.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from groundup.model.context import Context


@dataclass(frozen=True)
class Runs:
    """Where N runs of a batch [B, T] lie."""

    first: Tensor
    """[N] int64: the first position of each, counted through the whole batch."""
    lengths: Tensor
    """[N] int64, 1 or more."""
    begins_row: Tensor
    """[N] bool: no run of its row comes before it."""
    ends_row: Tensor
    """[N] bool: none comes after it."""
    shape: tuple[int, int]
    """B and T."""

    @property
    def rows(self) -> Tensor:
        """[N] int64: the row that each run is part of."""
        return self.first // self.shape[1]


def runs_of(context: Context, shape: tuple[int, int]) -> Runs | None:
    """The runs of new positions of `shape` [B, T]; None: every row is one run from end to end."""
    documents, real = context.documents, context.real
    if documents is None and real is None:
        return None
    inside = torch.ones(shape, dtype=torch.bool, device=context.positions.device) if real is None else real
    begins = inside.clone()
    begins[:, 1:] &= ~inside[:, :-1] if documents is None else ~inside[:, :-1] | (documents[:, 1:] != documents[:, :-1])
    number = begins.flatten().cumsum(0) - 1
    lengths = torch.bincount(number[inside.flatten()])
    if len(lengths) == shape[0] and bool((lengths == shape[1]).all()):
        return None
    first = begins.flatten().nonzero()[:, 0]
    is_another_row = (first // shape[1]).diff() != 0
    end = is_another_row.new_ones(1)
    return Runs(first, lengths, torch.cat((end, is_another_row)), torch.cat((is_another_row, end)), shape)


def alike(runs: Runs) -> list[Runs]:
    """The runs in groups, in each of which the longest is at most about twice as long as the shortest.

    Runs that are computed side by side idle until the longest is done.
    """
    group = (runs.lengths.max() / runs.lengths).log2().floor()
    return [chosen(runs, group == number) for number in sorted(set(group.tolist()))]


def chosen(runs: Runs, which: Tensor) -> Runs:
    """Those runs for which `which` [N] bool holds."""
    return Runs(runs.first[which], runs.lengths[which], runs.begins_row[which], runs.ends_row[which], runs.shape)


def cut(x: Tensor, runs: Runs, *, is_reversed: bool = False) -> Tensor:
    """X [B, T, D] -> [N, longest run, D]; behind the end of a run its last position is repeated."""
    steps = torch.arange(int(runs.lengths.max()), device=x.device)
    steps = torch.minimum(steps, runs.lengths[:, None] - 1)
    return x.flatten(0, 1)[_places(runs, steps, is_reversed)]


def joined(parts: list[Tensor], groups: list[Runs], *, is_reversed: bool = False) -> Tensor:
    """What `cut` took apart, for each group [N, longest run, D], -> [B, T, D]; 0 where there was padding."""
    places, values = [], []
    for y, runs in zip(parts, groups, strict=True):
        steps = torch.arange(y.shape[1], device=y.device).expand(y.shape[:2])
        is_inside = steps < runs.lengths[:, None]
        places.append(_places(runs, steps, is_reversed)[is_inside])
        values.append(y[is_inside])
    rows, time = groups[0].shape
    flat = parts[0].new_zeros(rows * time, parts[0].shape[2])
    return flat.index_copy(0, torch.cat(places), torch.cat(values)).view(rows, time, -1)


def _places(runs: Runs, steps: Tensor, is_reversed: bool) -> Tensor:
    """Where the given steps of each run, [N, L], lie in the whole batch."""
    first = runs.first[:, None]
    return first + runs.lengths[:, None] - 1 - steps if is_reversed else first + steps
