"""What was decided with all documents in view, as files of numbers: a worker looks up what concerns its shard.

So memory grows by some bytes a document, and no piece of work carries more than the names of files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from groundup.corpus.document import Change
from groundup.corpus.duplicates import Clusters
from groundup.corpus.names import Names
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.substrings import Repeats, Span

Numbers = NDArray[numpy.int64]

STAYING, TRAINING = "staying.npy", "training.npy"
NAMES, REPEATS = "names", "repeats"
# More characters than a document can have.
ALL = 2**62


@dataclass(frozen=True)
class Likeness:
    """A way in which documents are duplicates, and the folder of its clusters."""

    folder: str
    rule: str
    words: str


EXACT = Likeness("exact", "exact duplicates", "the same as")
NEAR = Likeness("near", "near duplicates", "much like")


def write_training(work: Path, staying: Numbers, training: Numbers) -> None:
    """Note which documents stay, ascending, and how many characters of each train: the rest validates."""
    for name, values in ((STAYING, staying), (TRAINING, training)):
        numpy.save(work / name, values, allow_pickle=False)


def clusters_in(work: Path) -> list[tuple[Likeness, Clusters]]:
    """The duplicates that were found, exact ones first."""
    return [(like, Clusters.open(work / like.folder)) for like in (EXACT, NEAR) if (work / like.folder).is_dir()]


class Decided:
    """What was decided of the documents `start` to before `stop`; they are numbered from 0 here."""

    def __init__(self, work: Path, settings: CorpusSettings, start: int, stop: int) -> None:
        """`work` holds what `decide` wrote there."""
        self._staying, training = (
            numpy.load(work / name, allow_pickle=False, mmap_mode="r") for name in (STAYING, TRAINING)
        )
        begin, end = numpy.searchsorted(self._staying, [start, stop]).tolist()
        numbers = self._staying[begin:end] - start
        # By document: its place among all that stay, and how many of its characters train; -1 where it goes.
        self._places, self._training = numpy.full((2, stop - start), -1, numpy.int64)
        self._places[numbers] = numpy.arange(begin, end)
        self._training[numbers] = training[begin:end]
        self._duplicates: dict[int, tuple[Likeness, Any]] = {}
        for like, clusters in reversed(clusters_in(work)):
            rows = clusters.dropped(start, stop).tolist()
            self._duplicates |= {row[0] - start: (like, row) for row in rows}
        self._threshold = 1.0 if settings.near_duplicates is None else settings.near_duplicates.threshold
        self._names = Names(work / NAMES)
        self._repeats = Repeats.open(work / REPEATS) if (work / REPEATS).is_dir() else None

    def stays(self, number: int) -> bool:
        """Whether all that was decided lets the document stay."""
        return bool(self._places[number] >= 0)

    def training(self, number: int) -> int:
        """How many characters train of a document that stays."""
        return int(self._training[number])

    def drop(self, number: int, characters: int) -> Change | None:
        """The change that drops a document of so many characters as a duplicate; None: it is none."""
        if number not in self._duplicates:
            return None
        like, (_, kept, size, similarity) = self._duplicates[number]
        document, title = self._names[kept]
        return Change(
            "duplicates",
            like.rule,
            "drop",
            characters,
            0,
            round(similarity, 4),
            1.0 if like is EXACT else self._threshold,
            sample=f"{like.words} {title or document}",
            cluster=document,
            cluster_size=size,
        )

    def spans(self, number: int) -> list[Span]:
        """The passages of a document that stays which stood before; `original` is for `name`."""
        return [] if self._repeats is None else self._repeats.of(int(self._places[number]))

    def name(self, original: int) -> str:
        """The id of the document where a passage stood first."""
        return self._names[int(self._staying[original])][0]
