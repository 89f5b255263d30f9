"""Unpack the wanted members of a tar or zip from outside into a folder of ours, and nothing else.

Never `extractall`: its filter was bypassed on this Python. Members are read one by one; only files whose name
fits a pattern are written, flat, under a name that we choose; and one unsafe member refuses the whole
archive, because no honest collection of texts has one.
"""

from __future__ import annotations

import fnmatch
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from groundup.catalogue.decompress import PIECE, Unpacked
from groundup.catalogue.limits import Broken, Limits, Refused
from groundup.catalogue.tar import Member, tar_members
from groundup.errors import DamagedError, GroundupError


@dataclass(frozen=True)
class Wanted:
    """Members to take: `pattern` is matched folder by folder (`*` stays inside one name)."""

    pattern: str
    name: str = ""
    """The name to write under; "" keeps the last part of the member's own name."""


def unpack(archive: Path, into: Path, wanted: Sequence[Wanted], limits: Limits | None = None) -> list[str]:
    """Write the wanted members of `archive` into the folder `into`; returns the names written, in order.

    Raises GroundupError where the archive is hostile or over its limits, DamagedError where it is damaged.
    Files already written stay behind then: `into` must be a draft that the caller throws away.
    """
    limits = limits or Limits()
    try:
        return _unpack(archive, into, wanted, limits)
    except Refused as reason:
        raise GroundupError(
            f"The archive {archive.name} is refused: {reason}.",
            "Nothing of it was kept. An honest collection of texts looks different: do not trust its source.",
        ) from reason
    except Broken as reason:
        raise DamagedError(
            f"The archive {archive.name} cannot be read: {reason}.",
            "Nothing of it was kept. Fetch it again, or take it from elsewhere.",
        ) from reason


def _unpack(archive: Path, into: Path, wanted: Sequence[Wanted], limits: Limits) -> list[str]:
    written: list[str] = []
    keys: set[str] = set()
    with archive.open("rb") as raw:
        is_zip = raw.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
        raw.seek(0)
        members = _zip_members(archive, limits) if is_zip else tar_members(Unpacked(raw, limits), limits)
        for count, member in enumerate(members, 1):
            if count > limits.entries:
                raise Refused(f"it has more than {limits.entries:,} members")
            parts = safe_parts(member.name, limits)
            name = None if member.name.endswith("/") else _name_for(parts, wanted)
            if name is None:
                continue
            # Some file systems cannot tell such names apart, and the later would replace the earlier.
            key = unicodedata.normalize("NFC", name).casefold()
            if key in keys:
                raise Refused(f"two of its members would be written as {name!r}")
            keys.add(key)
            with (into / name).open("xb") as file:
                for piece in member.pieces:
                    file.write(piece)
            written.append(name)
    return written


def safe_parts(name: str, limits: Limits) -> tuple[str, ...]:
    """The folders and the file of a member's name; `Refused` unless it stays inside and is plain text."""
    shown = repr(name[:100])
    if len(name) > limits.name_length:
        raise Refused(f"its member {shown}... has a name of {len(name):,} characters")
    if name.startswith("/"):
        raise Refused(f"its member {shown} has an absolute path")
    if re.search(r"[\x00-\x1f\x7f\\\ud800-\udfff]", name):
        raise Refused(f"its member {shown} has a backslash, a control character or no proper text in its name")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise Refused(f"its member {shown} climbs out of the folder")
    if any(re.match(r"[A-Za-z]:", part) for part in parts):
        raise Refused(f"its member {shown} names a drive")
    if len(parts) > limits.depth or any(len(part.encode()) > 255 for part in parts):
        raise Refused(f"its member {shown} has a name too deep or too long")
    return parts


def _name_for(parts: tuple[str, ...], wanted: Sequence[Wanted]) -> str | None:
    for want in wanted:
        patterns = want.pattern.split("/")
        if len(patterns) == len(parts) and all(map(fnmatch.fnmatchcase, parts, patterns)):
            return want.name or parts[-1]
    return None


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
    """All the ways in which zipfile says that a zip is damaged."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise Broken(str(error) or "it ends in the middle") from error


def _zip_members(archive: Path, limits: Limits) -> Iterator[Member]:
    with (
        _zip_errors(),
        _Measured(archive, limits.directory_bytes) as file,
        zipfile.ZipFile(file) as folder,
    ):
        directory = folder.infolist()
        if len(directory) > limits.entries:
            raise Refused(f"it has more than {limits.entries:,} members")
        if sum(entry.file_size for entry in directory) > limits.total_bytes:
            raise Refused(f"it unpacks to more than {limits.total_bytes / 2**20:,.0f} MiB")
        for entry in directory:
            # zipfile cuts a name at a NUL; the name as it stands in the file is what we judge.
            name = entry.orig_filename
            if entry.flag_bits & 1:
                raise Refused(f"its member {name[:100]!r} is encrypted")
            # bzip2 and LZMA members have no bound on what one read unpacks to in zipfile.
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Refused(f"its member {name[:100]!r} is compressed in a way that zips rarely are")
            # The upper half of the attributes holds the Unix mode; 0o120000 and the like are no files.
            mode = entry.external_attr >> 16 & 0o170000
            if mode not in (0, 0o100000, 0o040000):
                raise Refused(f"its member {name[:100]!r} is a link or a device")
            yield Member(name, entry.file_size, _zip_pieces(folder, entry))


def _zip_pieces(folder: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    # zipfile never hands out more than the `file_size` counted above, and checks the CRC at the end.
    with _zip_errors(), folder.open(entry) as file:
        while piece := file.read(PIECE):
            yield piece
