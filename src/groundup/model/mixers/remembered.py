"""What a mixer remembers of the sources while a text is written: one row a source, however many rows read it.

Beam search follows several texts of one source. They differ in what was written and not in what it was written of, so
the memory stays where it lies while they are chosen, ordered and dropped, and the texts of a source stand before it as
so many more positions. With a copy for each text, copying took 28 % of a search (3 + 3 layers of width 256, 200
sentences of 15 to 20 tokens, five beams); so it takes 2 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Readers:
    """Which source each of N rows reads, and where it stands when the rows of a source stand side by side."""

    sources: Tensor
    """[N] int64."""
    places: Tensor
    """[N] int64: source times `most`, and how many rows before it read the same source."""
    most: int
    """Rows of the source that has most of them."""


@dataclass(frozen=True)
class Remembered:
    """The memory as one mixer projected it."""

    parts: Mapping[str, Tensor]
    """[M, ...] each: a row a source."""
    readers: Readers | None = None
    """Who reads which source; None: row i reads source i, and N is M."""

    def chosen(self, rows: Tensor) -> Remembered:
        """What the `rows` [n] int64 remember, in that order; sources that none of them reads are forgotten."""
        sources = rows if self.readers is None else self.readers.sources[rows]
        if self.readers is not None and torch.equal(sources, self.readers.sources):
            return self
        read, sources = torch.unique(sources, return_inverse=True)
        parts = {name: part if len(part) == len(read) else part[read] for name, part in self.parts.items()}
        return Remembered(parts, _readers(sources))

    def gathered(self, x: Tensor) -> Tensor:
        """X [N, T, ...] -> [M, most * T, ...]: the rows of a source side by side, zeros where it has fewer."""
        if self.readers is None:
            return x
        sources = len(next(iter(self.parts.values())))
        spread = x.new_zeros(sources * self.readers.most, *x.shape[1:])
        return spread.index_copy_(0, self.readers.places, x).view(sources, -1, *x.shape[2:])

    def parted(self, y: Tensor, time: int) -> Tensor:
        """Y [M, most * T, ...] -> [N, T, ...]: each row of `time` positions by itself again."""
        if self.readers is None:
            return y
        return y.reshape(-1, time, *y.shape[2:]).index_select(0, self.readers.places)

    def of_each(self, name: str) -> Tensor:
        """A part as [N, ...], copied for each row that reads it."""
        part = self.parts[name]
        return part if self.readers is None else part.index_select(0, self.readers.sources)


def _readers(sources: Tensor) -> Readers:
    counts = sources.bincount()
    most = int(counts.max())
    order = sources.argsort(stable=True)
    firsts = (counts.cumsum(0) - counts)[sources[order]]
    numbers = torch.empty_like(sources)
    numbers[order] = torch.arange(len(sources), device=sources.device) - firsts
    return Readers(sources, sources * most + numbers, most)
