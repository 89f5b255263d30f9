"""Which files a corpus reads, in which order, and how they are shared out into shards.

The order is that of the sources, then of the files' names; so it is the same on every machine, and nobody's
text lies before another's by the chance of a directory listing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from groundup.corpus.sources.expand import COMPRESSED
from groundup.corpus.sources.settings import SourceSettings
from groundup.errors import GroundupError

# A shard is what one worker takes at a time: small enough to share out a folder of books, large enough that a
# million small files do not make a million tables.
SHARD_BYTES = 8_000_000
SHARD_FILES = 1_000
# Text unpacks to about four times its size.
EXPANSION = 4


class Resolved(Protocol):
    """Where a source's data lies; `groundup.catalogue.resolve` gives it."""

    @property
    def path(self) -> Path:
        """A file or a folder."""

    @property
    def name(self) -> str:
        """The data set's name."""

    @property
    def licence(self) -> str:
        """Its licence, "" where unknown."""


@dataclass(frozen=True)
class InputFile:
    """One file to read. `name` is its path inside the source, with slashes; `root` is the source's folder."""

    source: str
    name: str
    path: Path
    root: Path
    bytes: int
    licence: str
    settings: SourceSettings
    is_chosen: bool
    """Whether the user named it, by itself or by a pattern: then it is read whatever its name ends in."""

    @property
    def id(self) -> str:
        """The id of the document that the file is, or the beginning of its rows' ids."""
        return f"{self.source}/{self.name}"


def list_files(sources: Sequence[SourceSettings], inputs: Sequence[Resolved]) -> list[InputFile]:
    """All files of all sources, in the order of the documents.

    Hidden files and folders, and linked folders, are no part of a source. Raises GroundupError for a source without
    files, and for a file that two sources name.
    """
    assert len(sources) == len(inputs), "each source needs its resolved input"
    names = distinct_names(inputs)
    files: list[InputFile] = []
    seen: dict[Path, int] = {}
    for number, (settings, found) in enumerate(zip(sources, inputs, strict=True)):
        for file in _files_of(settings, found, names[number]):
            before = seen.setdefault(file.path.resolve(), number)
            if before != number:
                raise GroundupError(
                    f"The file {file.path} belongs to two sources, number {before + 1} ({sources[before].data}) and"
                    f" number {number + 1} ({settings.data}).",
                    "Use `include` and `exclude` so that each file is read once.",
                )
            files.append(file)
    return files


def share_out(files: Sequence[InputFile]) -> list[tuple[InputFile, ...]]:
    """The files in shards: neighbours together until a shard is full. Depends on sizes only, never on workers."""
    shards: list[tuple[InputFile, ...]] = []
    waiting: list[InputFile] = []
    weight = 0
    for file in files:
        own = file.bytes * (EXPANSION if file.path.suffix.lower() in COMPRESSED else 1)
        if waiting and (weight + own > SHARD_BYTES or len(waiting) == SHARD_FILES):
            shards.append(tuple(waiting))
            waiting, weight = [], 0
        waiting.append(file)
        weight += own
    if waiting:
        shards.append(tuple(waiting))
    return shards


def _files_of(settings: SourceSettings, found: Resolved, source: str) -> Iterator[InputFile]:
    path = found.path
    if path.is_file():
        yield _input(settings, found, source, path.name, path, path.parent, is_chosen=True)
        return
    if not path.is_dir():
        raise GroundupError(
            f"There is no file or folder {path} (source {settings.data!r}).",
            "Check the path for a typo, or see the names of data sets with: groundup data list",
        )
    listed = sorted(
        (file.relative_to(path).as_posix(), file)
        for file in path.rglob("*")
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )
    if not listed:
        raise GroundupError(
            f"The folder {path} (source {settings.data!r}) is empty.",
            "Put files there (txt, md, html, epub, zip, tar, warc, jsonl, csv, tsv, parquet), or name another folder.",
        )
    chosen = [
        (name, file)
        for name, file in listed
        if (not settings.include or matches(name, settings.include)) and not matches(name, settings.exclude)
    ]
    if not chosen:
        raise GroundupError(
            f"None of the {len(listed):,} files in {path} fits include {list(settings.include)} and exclude"
            f" {list(settings.exclude)}; the first are {', '.join(name for name, _ in listed[:3])}.",
            "Patterns are matched against a file's name and its path inside the folder: `*.txt`, `poems/*`.",
        )
    for name, file in chosen:
        yield _input(settings, found, source, name, file, path, is_chosen=bool(settings.include))


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a path inside a source, or its last part, fits one of the patterns."""
    last = name.rsplit("/", 1)[-1]
    return any(fnmatchcase(name, pattern) or fnmatchcase(last, pattern) for pattern in patterns)


def _input(
    settings: SourceSettings,
    found: Resolved,
    source: str,
    name: str,
    path: Path,
    root: Path,
    *,
    is_chosen: bool,
) -> InputFile:
    # A name that is no proper text (bytes of another encoding) is written with its odd bytes escaped.
    proper = name.encode("utf-8", "backslashreplace").decode()
    return InputFile(source, proper, path, root, path.stat().st_size, found.licence, settings, is_chosen)


def distinct_names(inputs: Sequence[Resolved]) -> list[str]:
    """A name for each input; two places of the same name are told apart by a number."""
    places: dict[str, list[Path]] = {}
    names = []
    for found in inputs:
        same = places.setdefault(found.name, [])
        place = found.path.resolve()
        if place not in same:
            same.append(place)
        number = same.index(place)
        names.append(found.name if number == 0 else f"{found.name}-{number + 1}")
    return names
