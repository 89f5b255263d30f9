"""Writing that survives a power cut and says plainly when the disk is full."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from groundup.errors import is_disk_full, no_room

# A file that is being written beside its final name; `sweep` removes what a kill leaves of it.
NEW = ".new-"

# Libraries written in Rust (tokenizers, safetensors) say a full disk (28), quota (122) or size limit (27) in
# the text of an error only.
_RUST_DISK_FULL = re.compile(r"\(os error (?:28|122|27)\)")


@contextmanager
def room_checked(path: Path, needed: int | None = None) -> Iterator[None]:
    """Turn any library's way of saying that the disk is full into `NoRoomError` for `path`."""
    try:
        yield
    except Exception as error:
        if _says_full(error):
            raise no_room(path, needed) from error
        raise


def _says_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return is_disk_full(error)
    return _RUST_DISK_FULL.search(str(error)) is not None


def write_durably(path: Path, data: bytes) -> None:
    """Write a single file so that after a kill or a power cut it is the old one or the new one, whole."""
    new = path.with_name(NEW + path.name)
    try:
        with room_checked(path, len(data)):
            with new.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, have reached the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
