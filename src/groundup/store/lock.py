"""One process at a time in a run folder.

The lock is the operating system's, so it is gone with the process that held it, however that ended.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from groundup.errors import GroundupError, is_disk_full, no_room

LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` (made if need be) for this process, or raise GroundupError naming the one that has it."""
    number = _open(folder)
    held = [number]

    def let_go() -> None:
        while held:
            os.close(held.pop())

    # A forked worker that outlives its killed parent must not keep the folder locked.
    os.register_at_fork(after_in_child=let_go)
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = os.pread(number, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise GroundupError(
                f"Another process (number {other}) is working in {folder}.",
                "Wait until it has finished or stop it, or choose another --out.",
            ) from None
        os.ftruncate(number, 0)
        os.pwrite(number, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        let_go()


def refuse_held(folder: Path) -> None:
    """Raise GroundupError, as `locked` does, where another process is in `folder`, which is not made."""
    if (folder / LOCK).is_file():
        with locked(folder):
            pass


def _open(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except FileExistsError as error:
        raise GroundupError(
            f"{folder} is a file, not a folder.",
            "Choose with --out a folder for the run, new or used before.",
        ) from error
    except OSError as error:
        if is_disk_full(error):
            raise no_room(folder) from error
        raise GroundupError(
            f"{folder} cannot be used as a run folder: {error.strerror}.",
            "Choose with --out a folder that can be made or written to.",
        ) from error
