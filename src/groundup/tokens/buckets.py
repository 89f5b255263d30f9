"""Which texts make a batch where texts differ in length: those of about one length, so that little is padding."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from groundup.tokens.order import shuffled

# Texts are sorted by length within pools of about so many batches: enough to find their like, few enough to mix.
_POOL = 100

Places = NDArray[np.int64]
Unit = TypeVar("Unit")


class Epochs(Generic[Unit]):
    """Epochs of unlike numbers of units (batches, rows), one behind the other; the last two asked for are kept."""

    def __init__(self, draw: Callable[[int], Sequence[Unit]]) -> None:
        self._draw = draw
        self._firsts = [0]
        self._kept: dict[int, Sequence[Unit]] = {}

    def unit(self, number: int) -> Unit:
        """Unit `number` of all epochs."""
        epoch = self.epoch(number)
        return self.units(epoch)[number - self._firsts[epoch]]

    def epoch(self, number: int) -> int:
        """The epoch that unit `number` is of."""
        while self._firsts[-1] <= number:
            self._firsts.append(self._firsts[-1] + len(self.units(len(self._firsts) - 1)))
        return bisect_right(self._firsts, number) - 1

    def passed(self, number: int) -> float:
        """Epochs before unit `number`."""
        epoch = self.epoch(number)
        first, last = self._firsts[epoch], self._firsts[epoch + 1]
        return epoch + (number - first) / (last - first)

    def units(self, epoch: int) -> Sequence[Unit]:
        """The units of an epoch, in order."""
        if epoch not in self._kept:
            if len(self._kept) == 2:
                self._kept.pop(next(iter(self._kept)))
            self._kept[epoch] = self._draw(epoch)
        return self._kept[epoch]


class Buckets:
    """Numbers of texts, a batch each, as a pure function of (fingerprint, seed, step): `at(step)`.

    An epoch shuffles the texts, sorts them by length within pools of about 100 batches, fills batches in that order and
    shuffles the batches. Batches have unlike numbers of texts; a step is one batch.
    """

    def __init__(self, sides: Sequence[Places], *, tokens: int, fingerprint: str, seed: int) -> None:
        """`sides`: the lengths [texts] by which to sort, first by the first; texts of several sides have several.

        No side of a batch has more than `tokens` positions, padding among them (texts times the longest); a longer
        text is a batch of its own.
        """
        self.sides, self.tokens, self.fingerprint, self.seed = tuple(sides), tokens, fingerprint, seed
        self._longest = np.maximum.reduce(self.sides)
        self._pool = max(1, round(_POOL * tokens / max(side.mean() for side in self.sides)))
        self._epochs = Epochs(self._draw)

    @cached_property
    def size(self) -> int:
        """Tokens of a batch, all sides together, in the mean over an epoch."""
        return max(1, round(sum(int(side.sum()) for side in self.sides) / len(self._epochs.units(0))))

    def at(self, step: int) -> Places:
        """The texts of the batch of `step`, counted from 0."""
        return self._epochs.unit(step)

    def epoch(self, step: int) -> float:
        """How many times the texts have been seen before `step`."""
        return self._epochs.passed(step)

    def held_out(self) -> list[Places]:
        """All texts once, from short to long: for validation."""
        return self._cut(np.lexsort(self.sides[::-1]))

    def _draw(self, epoch: int) -> list[Places]:
        key = ("length buckets", self.fingerprint, self.seed, epoch)
        order = shuffled(len(self._longest), *key)
        pools = np.arange(len(order)) // self._pool
        batches = self._cut(order[np.lexsort((*(side[order] for side in self.sides[::-1]), pools))])
        return [batches[i] for i in shuffled(len(batches), *key, "batches")]

    def _cut(self, order: Places) -> list[Places]:
        """Texts in order, as many to a batch as it holds."""
        cuts, first, longest = [], 0, 0
        for i, length in enumerate(self._longest[order].tolist()):
            longest = max(longest, length)
            if longest * (i + 1 - first) > self.tokens and i > first:
                cuts.append(i)
                first, longest = i, length
        return np.split(order, cuts)
