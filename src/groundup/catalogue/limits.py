"""How much an archive may be, and the two ways in which one can be wrong.

An archive comes from outside, so what it claims about itself is never believed: names, counts and sizes are
held against these limits while it is read, not after.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What an archive may hold before it is refused."""

    entries: int = 20_000
    """Members, whether wanted or not."""
    total_bytes: int = 256 * 2**20
    """Bytes after decompression, whether wanted or not."""
    header_bytes: int = 64 * 2**10
    """Bytes of one long name or extended header of a tar."""
    directory_bytes: int = 8 * 2**20
    """Bytes of the central directory of a zip, which is read whole; one entry takes 46 and its name."""
    xz_memory: int = 96 * 2**20
    """Memory of the xz decoder; `xz -9` needs 65 MiB."""
    name_length: int = 1024
    """Characters of a member's whole name."""
    depth: int = 32
    """Folders within folders."""


class Refused(Exception):  # noqa: N818  # a verdict; `unpack` makes an error of it
    """The archive is readable, but holds something that no honest collection of texts does."""


class Broken(Exception):  # noqa: N818
    """The archive is cut short or damaged."""
