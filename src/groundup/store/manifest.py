"""The manifest: what an artefact holds, what it was made from, and a seal over all of it.

It is stored as the one canonical JSON text of its content, sealed by its own SHA-256, so that a flipped bit
anywhere in it is noticed: the file must be exactly what would be written again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from groundup.errors import DamagedError
from groundup.store.fingerprint import plain

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class FileEntry:
    """What one file of an artefact must be."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """All that is known of an artefact: `files` by POSIX name below its folder, `parents` by stage name."""

    stage: str
    fingerprint: str
    settings: dict[str, Any]
    seed: int
    parents: dict[str, str]
    versions: dict[str, str]
    files: dict[str, FileEntry]
    facts: dict[str, Any]

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(entry.bytes for entry in self.files.values())


def dump_manifest(manifest: Manifest) -> bytes:
    """The one text of a manifest."""
    return _sealed(plain(manifest))


def parse_manifest(raw: bytes, path: Path) -> Manifest:
    """The manifest whose text is `raw`; DamagedError, naming `path`, unless every byte is as written."""
    try:
        content = json.loads(raw)
        content.pop("seal")
        if _sealed(content) != raw:
            raise ValueError("its seal does not match")
        files = {name: FileEntry(**entry) for name, entry in content.pop("files").items()}
        manifest = Manifest(files=files, **content)
        if not all(map(_stays_inside, files)):
            raise ValueError("it names a file outside its folder")
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise DamagedError(
            f"The manifest {path} is damaged: it is not what Groundup wrote.",
            f"Delete the folder {path.parent} and start again.",
        ) from error
    return manifest


def _sealed(content: dict[str, Any]) -> bytes:
    seal = hashlib.sha256(_canonical(content)).hexdigest()
    return _canonical({**content, "seal": seal})


def _canonical(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name
