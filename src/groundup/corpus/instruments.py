"""What is made before documents are read, and held against each of them: an index of evaluation texts, a filter.

Both are made once, in a folder; whoever reads documents opens it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundup.corpus.contamination import Index
    from groundup.corpus.quality.linear import LinearFilter

INDEX, FILTER = "evaluation", "filter"


@dataclass(frozen=True)
class Instruments:
    """None where one is not asked for."""

    folder: Path | None = None
    index: Index | None = None
    filter: LinearFilter | None = None

    def __reduce__(self) -> tuple[Callable[[Path | None], Instruments], tuple[Any]]:
        # Another process gets the folder's name, and maps what lies there, before its memory is limited.
        return open_instruments, (self.folder,)


NONE = Instruments()


def open_instruments(folder: Path | None) -> Instruments:
    """What lies in the folder. Raises DamagedError for what is not as it was written."""
    if folder is None:
        return NONE
    index = filter = None
    if (folder / INDEX).is_dir():
        from groundup.corpus.contamination import open_index

        index = open_index(folder / INDEX)
    if (folder / FILTER).is_dir():
        from groundup.corpus.quality.linear import load_filter

        filter = load_filter(folder / FILTER)
    return Instruments(folder, index, filter)
