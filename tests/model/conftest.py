"""Random layouts of packed and padded rows, for the properties that every mixer and every model must have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor


@dataclass(frozen=True)
class Side:
    """Rows of documents: those of a decoder, or those of its source."""

    documents: Tensor
    """[B, T] int: numbered alike on both sides."""
    real: Tensor
    """[B, T] bool."""


@dataclass(frozen=True)
class Layout:
    """Some rows, with a source for each of their documents."""

    target: Side
    source: Side

    def pairs(self) -> Iterator[tuple[int, slice, slice]]:
        """Every document: its row, and where it lies in the target's and in the source's row."""
        for row in range(len(self.target.documents)):
            for number in self.target.documents[row][self.target.real[row]].unique().tolist():
                yield row, _where(self.target, row, number), _where(self.source, row, number)


@pytest.fixture(scope="session")
def random_layout() -> Callable[..., Layout]:
    """Makes a layout of one to four rows; they hold one document each, or are packed, the first always."""

    def make(seed: int, is_packed: bool = True) -> Layout:
        draws = torch.Generator().manual_seed(seed)

        def number(least: int, most: int) -> int:
            return int(torch.randint(least, most + 1, (), generator=draws))

        counts = [number(1 if row else 2, 3) if is_packed else 1 for row in range(number(1, 4))]
        lengths = [[(number(1, 5), number(1, 4)) for _ in range(count)] for count in counts]
        target, source = (_side([[pair[side] for pair in row] for row in lengths], number(0, 2)) for side in (0, 1))
        return Layout(target, source)

    return make


def _side(lengths: list[list[int]], padding: int) -> Side:
    time = max(map(sum, lengths)) + padding
    documents = torch.zeros(len(lengths), time, dtype=torch.long)
    real = torch.zeros(len(lengths), time, dtype=torch.bool)
    for row, parts in enumerate(lengths):
        # Numbers need not rise; that of padding is met in documents too.
        filled = torch.tensor([(7 - index) % 7 for index, part in enumerate(parts) for _ in range(part)])
        documents[row, : len(filled)] = filled
        real[row, : len(filled)] = True
    return Side(documents, real)


def _where(side: Side, row: int, number: int) -> slice:
    places = ((side.documents[row] == number) & side.real[row]).nonzero()[:, 0]
    return slice(int(places[0]), int(places[-1]) + 1)
