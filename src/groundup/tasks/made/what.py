"""What a made data set is: what it needs, and a function that writes its three parts as plain files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from groundup.progress import Progress
from groundup.tasks.settings import Columns


@dataclass(frozen=True)
class MadeFiles:
    """What was written: `folder / train` and so on are paths as `read_examples` takes them."""

    train: str
    """The name of a file, what parallel files have in common, or a pattern of bAbI files."""
    validation: str
    test: str
    account: dict[str, Any]
    """Sizes, what was left out and why, what parts share, and a baseline where there is one; plain JSON."""


# The folders of the fetched data sets by name, an empty folder to write into, a seed, and who hears of it.
Maker = Callable[[Mapping[str, Path], Path, int, Progress], MadeFiles]


@dataclass(frozen=True)
class Made:
    """One data set that is made; the same needs and the same seed give the same bytes."""

    name: str
    what: str
    licence: str
    needs: tuple[str, ...]
    """Names in the catalogue."""
    kind: Literal["translation", "classification", "questions"]
    make: Maker
    columns: Columns = Columns()
    """What `read_examples` has to be told."""
