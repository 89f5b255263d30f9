"""Read a zip member by member, believing nothing it says.

The directory at a zip's end is read whole by Python's `zipfile`, so its size is bounded first; then every entry is
judged by its name, its kind and its way of compression before a byte of it is unpacked.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from groundup.catalogue.decompress import PIECE
from groundup.catalogue.limits import Broken, Limits, Refused
from groundup.catalogue.tar import Member

SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")


@contextmanager
def opened_zip(archive: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """A zip whose directory is within the limits. Raises Refused, and Broken for what is no zip."""
    with ExitStack() as stack:
        with _zip_errors():
            file = stack.enter_context(_Measured(archive, limits.directory_bytes))
            folder = stack.enter_context(zipfile.ZipFile(file))
        directory = folder.infolist()
        if len(directory) > limits.entries:
            raise Refused(f"it has more than {limits.entries:,} members")
        if sum(entry.file_size for entry in directory) > limits.total_bytes:
            raise Refused(f"it unpacks to more than {limits.total_bytes / 2**20:,.0f} MiB")
        yield folder


def check_entry(entry: zipfile.ZipInfo) -> None:
    """Raise Refused for a member that is encrypted, oddly compressed, a link or a device."""
    # zipfile cuts a name at a NUL; the name as it stands in the file is what we judge.
    shown = repr(entry.orig_filename[:100])
    if entry.flag_bits & 1:
        raise Refused(f"its member {shown} is encrypted")
    # bzip2 and LZMA members have no bound on what one read unpacks to in zipfile.
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused(f"its member {shown} is compressed in a way that zips rarely are")
    # The upper half of the attributes holds the Unix mode; 0o120000 and the like are no files.
    mode = entry.external_attr >> 16 & 0o170000
    if mode not in (0, 0o100000, 0o040000):
        raise Refused(f"its member {shown} is a link or a device")


def zip_members(archive: Path, limits: Limits) -> Iterator[Member]:
    """The files and folders of a zip, in the order of its directory."""
    with opened_zip(archive, limits) as folder:
        for entry in folder.infolist():
            check_entry(entry)
            yield Member(entry.orig_filename, entry.file_size, zip_pieces(folder, entry))


def zip_pieces(folder: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of one member, in pieces."""
    # zipfile never hands out more than the entry's `file_size`, and checks the CRC at the end.
    with _zip_errors(), folder.open(entry) as file:
        while piece := file.read(PIECE):
            yield piece


class _Measured(io.FileIO):
    """A file that gives no more than `most` bytes at once: zipfile reads the whole directory in one go."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(path)
        self.most = most
        self.length = path.stat().st_size

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self.length - self.tell())
        if (left if size is None or size < 0 else min(size, left)) > self.most:
            raise Refused(f"its directory takes more than {self.most / 2**20:,.0f} MiB")
        return super().read(-1 if size is None else size)


@contextmanager
def _zip_errors() -> Iterator[None]:
    """All the ways in which zipfile says that a zip is damaged; some only mutated files bring out."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        ValueError,
        OSError,
        struct.error,
        LookupError,
        OverflowError,
    ) as error:
        raise Broken(str(error) or "it ends in the middle") from error
