"""The files within a zip as a source reads them: by name, into memory, never onto the disk.

What unpacks to far more than the zip's own size is a bomb, as for every other compressed file (`expand`).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from groundup.catalogue.archive import safe_parts
from groundup.catalogue.limits import Broken, Limits, Refused
from groundup.catalogue.zip import check_entry, opened_zip, zip_pieces
from groundup.corpus.sources.expand import ALWAYS_ALLOWED, LARGEST_RATIO, UnreadableError

# Pictures and sound are no text and are never unpacked, so what they would come to does not matter.
_LIMITS = Limits(total_bytes=2**62)


class ZippedFolder:
    """The files of an open zip. `names` are in the order of its directory, without folders."""

    def __init__(self, folder: zipfile.ZipFile, size: int, largest: int) -> None:
        self._folder = folder
        self._largest = largest
        self._size = size
        self._given = 0
        self._taken = 0
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in folder.infolist():
            name = entry.orig_filename
            safe_parts(name, _LIMITS)
            if name.endswith("/"):
                continue
            if name in self._entries:
                raise Refused(f"two of its members have the name {name[:100]!r}")
            self._entries[name] = entry
        self.names = tuple(self._entries)

    def is_encrypted(self, name: str) -> bool:
        """Whether the zip itself wants a password for a file."""
        return bool(self._entries[name].flag_bits & 1)

    def read(self, name: str) -> bytes:
        """The content of a file, which must be there. Raises Refused and Broken."""
        entry = self._entries[name]
        check_entry(entry)
        pieces = []
        length = 0
        for piece in zip_pieces(self._folder, entry):
            length += len(piece)
            # As far as the zip was read for it, so that a bomb is known by its beginning.
            assert self._folder.fp is not None, "the zip is open"
            taken = self._taken + self._folder.fp.tell() - entry.header_offset
            # Members may overlap: together they can take no more than the whole.
            most = max(ALWAYS_ALLOWED, LARGEST_RATIO * min(taken, self._size))
            if self._given + length > most:
                raise Refused(f"it unpacks to more than {LARGEST_RATIO} times its size, as bombs do and texts do not")
            if length > self._largest:
                raise Refused(
                    f"its member {name[:100]!r} has more than {self._largest / 1e6:,.0f} million bytes"
                    " (`largest_document`)"
                )
            pieces.append(piece)
        self._given += length
        self._taken += entry.compress_size
        return b"".join(pieces)


@contextmanager
def zipped(path: Path, largest: int) -> Iterator[ZippedFolder]:
    """The files of a zip, of which each may have at most `largest` bytes.

    Raises UnreadableError, also for what is refused or broken while it is read, with a sentence that lacks the
    file's name.
    """
    try:
        with opened_zip(path, _LIMITS) as folder:
            yield ZippedFolder(folder, path.stat().st_size, largest)
    except (Broken, Refused) as reason:
        raise UnreadableError(str(reason)) from reason
