"""Folders that are whole or absent: what a kill leaves half done is never under the final name."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from groundup.store.files import room_checked


@contextmanager
def whole_or_absent(folder: Path, *, is_alone: bool = False) -> Iterator[Path]:
    """An empty folder to write in, which becomes `folder` when all is written.

    A `folder` that is there by then stays: a worker that outlives a killed build for a moment, or a piece of work that
    is done twice, wrote the same bytes, and somebody may be reading them. After an error or a kill there is none. Where
    no other process can be writing the same folder (`is_alone`), what kills left of earlier tries is removed. Raises
    NoRoomError where the disk is full.
    """
    new = folder.with_name(f".{folder.name}-{os.getpid()}")
    if is_alone:
        remove_halves(folder.parent, folder.name)
    shutil.rmtree(new, ignore_errors=True)
    with room_checked(folder):
        try:
            new.mkdir(parents=True)
            yield new
            try:
                new.rename(folder)
            except OSError:
                # A folder with something in it cannot be renamed over.
                if not folder.is_dir():
                    raise
        finally:
            shutil.rmtree(new, ignore_errors=True)


def remove_halves(parent: Path, name: str = "") -> None:
    """Remove what kills left in `parent` of the folder `name`, or of any, that never became whole.

    Only where no other process can be writing there.
    """
    for left in parent.glob(f".{glob.escape(name) or '*'}-*"):
        shutil.rmtree(left, ignore_errors=True)
