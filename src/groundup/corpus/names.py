"""Ids and titles of documents by their number, on disk: any shard may have to name a document of any other."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable
from pathlib import Path

import numpy

from groundup.corpus.whole import whole_or_absent
from groundup.errors import DamagedError

_NUMBERS, _ENDS, _NAMES = "numbers.npy", "ends.npy", "names.jsonl"

Name = tuple[str, str]
"""An id and a title."""


def write_names(rows: Iterable[tuple[int, Name]], into: Path) -> None:
    """Write names into the folder `into`, whole or not at all; their numbers ascend. 16 bytes of memory a name."""
    numbers, ends = array("q"), array("q", [0])
    with whole_or_absent(into, is_alone=True) as folder:
        with (folder / _NAMES).open("wb") as file:
            for number, name in rows:
                numbers.append(number)
                ends.append(ends[-1] + file.write(json.dumps(name, ensure_ascii=False).encode() + b"\n"))
        for column, values in ((_NUMBERS, numbers), (_ENDS, ends)):
            numpy.save(folder / column, numpy.array(values, numpy.int64), allow_pickle=False)


class Names:
    """What `write_names` wrote into a folder, looked up there."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _NAMES
        self._numbers, self._ends = (
            numpy.load(folder / name, allow_pickle=False, mmap_mode="r") for name in (_NUMBERS, _ENDS)
        )

    def __getitem__(self, number: int) -> Name:
        place = int(numpy.searchsorted(self._numbers, number))
        assert self._numbers[place : place + 1].tolist() == [number], f"document {number} was not named"
        start, end = int(self._ends[place]), int(self._ends[place + 1])
        with self._path.open("rb") as file:
            file.seek(start)
            line = file.read(end - start)
        try:
            document, title = json.loads(line)
        except ValueError as error:
            raise DamagedError(f"The file {self._path} is damaged ({error}).", "Build the corpus again.") from error
        return document, title
