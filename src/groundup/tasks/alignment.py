"""Which pieces of two versions of one text say the same: lines or sentences paired in order by what they share.

Dynamic programming over beads of one to three pieces a side is the frame of Gale and Church (1993, A Program for
Aligning Sentences in Bilingual Corpora), who had lengths to go by. Two spellings of one language share most of
their letters, so here a bead is judged by the runs of three letters that both sides have once spelling is folded.
Pieces that are alike and stand once on either side are matched beforehand; what lies between two such anchors is
mostly a few pieces, so that a play takes tenths of a second instead of minutes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundup.corpus.duplicates import folded

# How many pieces of either side make one bead.
SHAPES = ((1, 1), (1, 2), (2, 1), (2, 2), (1, 3), (3, 1), (2, 3), (3, 2))
# A bead below this similarity is no better than leaving its pieces alone.
THRESHOLD = 0.35
# Letters of a piece that may serve as an anchor: "no more" stands anywhere.
ANCHOR_LETTERS = 12
# Runs of letters that a bead must gain for each further piece, or chance would glue neighbours together.
COST_OF_A_PIECE = 3.0
# Pieces to either side of the straight way through a gap that are tried.
BAND = 150

Runs = frozenset[str]
NONE: Runs = frozenset()


@dataclass(frozen=True)
class Bead:
    """Pieces `source.start` to `source.stop` of one side say what those of `target` say on the other."""

    source: range
    target: range
    similarity: float
    """0 to 1: twice the runs of three letters that both have, as a share of all (Dice)."""


def letters(text: str) -> str:
    """The letters of a text with old and new spelling folded together and without spaces ("to day", "today")."""
    return folded(text, fold_spelling=True).replace(" ", "")


def similarity(one: str, other: str) -> float:
    """0 to 1: the Dice coefficient of the three-letter runs of two texts; 0 where either has no letter."""
    return _dice(_runs(letters(one)), _runs(letters(other)))


def align(source: Sequence[str], target: Sequence[str], threshold: float = THRESHOLD) -> list[Bead]:
    """The beads of the best alignment in order; pieces in none of them have no partner.

    The best alignment is the one with the greatest sum of shared runs beyond what `threshold` asks for. Time and
    memory grow with the gaps between anchors, at most with (pieces of `source`) x (2 BAND + 1).
    """
    sides = [letters(text) for text in source], [letters(text) for text in target]
    beads: list[Bead] = []
    here = (0, 0)
    for place in [*_anchors(*sides), (len(source), len(target))]:
        beads.extend(_between(sides, here, place, threshold))
        if place[0] < len(source):
            beads.append(Bead(range(place[0], place[0] + 1), range(place[1], place[1] + 1), 1.0))
        here = (place[0] + 1, place[1] + 1)
    return beads


def _anchors(source: Sequence[str], target: Sequence[str]) -> list[tuple[int, int]]:
    """Places of pieces that are alike and stand once on either side: the longest chain that rises on both."""
    counts = Counter(source), Counter(target)
    places = {text: place for place, text in enumerate(target) if counts[1][text] == 1}
    alike = [
        (place, places[text])
        for place, text in enumerate(source)
        if len(text) >= ANCHOR_LETTERS and counts[0][text] == 1 and text in places
    ]
    # Patience sorting: ends[n] is the lowest end of a chain of n + 1, last[n] the pair that ends it.
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (_, end) in enumerate(alike):
        length = bisect_left(ends, end)
        ends[length:] = [end, *ends[length + 1 :]]
        last[length:] = [number, *last[length + 1 :]]
        before.append(last[length - 1] if length else -1)
    chain: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        chain.append(alike[number])
        number = before[number]
    return chain[::-1]


def _between(
    sides: tuple[list[str], list[str]], start: tuple[int, int], stop: tuple[int, int], threshold: float
) -> Iterator[Bead]:
    """The best beads among the pieces from `start` up to, not including, `stop`."""
    rows, columns = stop[0] - start[0], stop[1] - start[1]
    if rows <= 0 or columns <= 0:
        return
    source = _Pieces(sides[0][start[0] : stop[0]])
    target = _Pieces(sides[1][start[1] : stop[1]])
    gains: dict[tuple[int, int], float] = {}
    steps: dict[tuple[int, int], tuple[int, int]] = {}
    single: dict[tuple[int, int], int] = {}
    for row in range(rows + 1):
        middle = row * columns // rows
        for column in range(max(0, middle - BAND), min(columns, middle + BAND) + 1):
            gain, step = 0.0, (0, 0)
            for skip in ((1, 0), (0, 1)):
                other = gains.get((row - skip[0], column - skip[1]))
                if other is not None and (other > gain or step == (0, 0)):
                    gain, step = other, skip
            shared = source.last(row) & target.last(column) if row and column else NONE
            if shared:
                single[row, column] = len(shared)
            # The last pieces of the two sides of a bead have something in common.
            for shape in SHAPES if shared else ():
                first, second = row - shape[0], column - shape[1]
                other = gains.get((first, second))
                if other is None:
                    continue
                pieces = sum(shape) - 2
                # Runs across a seam add at most two for each seam.
                most = 2 * pieces + sum(
                    single.get((up, left), 0)
                    for up in range(first + 1, row + 1)
                    for left in range(second + 1, column + 1)
                )
                size = source.size(first, row) + target.size(second, column)
                if 2 * most <= threshold * size + COST_OF_A_PIECE * pieces:
                    continue
                ones, others = source.runs(first, row), target.runs(second, column)
                value = 2 * len(ones & others) - threshold * (len(ones) + len(others)) - COST_OF_A_PIECE * pieces
                if value > 0 and other + value > gain:
                    gain, step = other + value, shape
            gains[row, column], steps[row, column] = gain, step
    yield from _walked(source, target, steps, start)


def _walked(
    source: _Pieces, target: _Pieces, steps: dict[tuple[int, int], tuple[int, int]], start: tuple[int, int]
) -> list[Bead]:
    """The beads on the way that was taken, from its end back to its beginning, in order."""
    beads: list[Bead] = []
    row, column = max(steps)
    while row or column:
        step = steps[row, column]
        first, second = row - step[0], column - step[1]
        if all(step):
            beads.append(
                Bead(
                    range(start[0] + first, start[0] + row),
                    range(start[1] + second, start[1] + column),
                    _dice(source.runs(first, row), target.runs(second, column)),
                )
            )
        row, column = first, second
    return beads[::-1]


class _Pieces:
    """Pieces of one side in a gap, and the runs of neighbours joined together, each worked out once."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._singles = [_runs(text) for text in texts]
        self._known: dict[tuple[int, int], Runs] = {}

    def runs(self, start: int, stop: int) -> Runs:
        place = (start, stop)
        if place not in self._known:
            self._known[place] = _runs("".join(self._texts[start:stop]))
        return self._known[place]

    def last(self, stop: int) -> Runs:
        """The runs of the piece before `stop`."""
        return self._singles[stop - 1]

    def size(self, start: int, stop: int) -> int:
        """No more than the number of runs of the joined pieces: the greatest of theirs, less the two at its ends."""
        return max(map(len, self._singles[start:stop])) - 2


def _runs(text: str) -> Runs:
    """The different runs of three letters, with marks at both ends so that short texts have some too."""
    if not text:
        return frozenset()
    marked = f"<{text}>"
    return frozenset(marked[place : place + 3] for place in range(len(marked) - 2))


def _dice(one: Runs, other: Runs) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0
