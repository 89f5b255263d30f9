"""Fingerprints: the SHA-256 of what a result depends on, the same on every machine and in any key order.

Equal fingerprints mean that a stage need not be run again, so equal values must have equal text: settings go
through `plain`, then through one canonical JSON.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from groundup.errors import GroundupError
from groundup.progress import SILENT, Progress

# None, bool, int, float, str, and lists and dicts of them: what JSON gives back as it was.
Plain: TypeAlias = Any


def plain(value: object) -> Plain:
    """`value` as JSON holds it: dataclasses become dicts, tuples lists, value classes (with `parse`) text.

    Raises TypeError for anything else (paths too, which differ between machines) and ValueError for NaN and
    infinity.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if value - value != 0:
            raise ValueError(f"{value} cannot be recorded: only finite numbers can")
        return value
    if hasattr(type(value), "parse"):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("keys must be text to be recorded")
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"a {type(value).__name__} cannot be recorded in a manifest or a fingerprint")


def fingerprint(*parts: object) -> str:
    """64 hexadecimal digits that depend on the values of `parts` and their order, and on nothing else."""
    text = json.dumps(_even(plain(parts)), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_fingerprint(path: Path, *, progress: Progress = SILENT) -> str:
    """The fingerprint of a file or of all files below a folder: their names, relative to `path`, and bytes.

    A file goes by its own name. Where `path` lies does not matter; a renamed or changed file does.
    """
    if path.is_file():
        return fingerprint([[path.name, file_sha256(path)]])
    if not path.is_dir():
        raise GroundupError(f"There is no file or folder {path}.", "Check the path for a typo.")
    files = sorted((file.relative_to(path).as_posix(), file) for file in path.rglob("*") if file.is_file())
    entries = []
    for number, (name, file) in enumerate(files):
        progress(f"hashing {path}", number, len(files))
        entries.append([name, file_sha256(file)])
    progress(f"hashing {path}", len(files), len(files))
    return fingerprint(entries)


def _even(value: Plain) -> Plain:
    """Plain data with whole floats as integers: 1 and 1.0 are equal, so they must have equal text."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _even(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_even(item) for item in value]
    return value
