"""Unpack the wanted members of a tar or zip from outside into a folder of ours, and nothing else.

Never `extractall`: its filter was bypassed on this Python. Members are read one by one; only files whose name
fits a pattern are written, flat, under a name that we choose; and one unsafe member refuses the whole
archive, because no honest collection of texts has one.
"""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from groundup.catalogue.decompress import Unpacked
from groundup.catalogue.limits import Broken, Limits, Refused
from groundup.catalogue.tar import tar_members
from groundup.catalogue.zip import SIGNATURES, zip_members
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
        is_zip = raw.read(4) in SIGNATURES
        raw.seek(0)
        members = zip_members(archive, limits) if is_zip else tar_members(Unpacked(raw, limits), limits)
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
