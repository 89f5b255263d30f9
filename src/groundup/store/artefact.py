"""Artefacts: folders that are whole or absent, whatever kills the process that writes them.

A stage writes into a draft beside the final name. `publish` hashes every file, adds the manifest, waits for
the disk, and renames. A folder that is replaced is moved aside first; `sweep` puts it back if the kill came
just then. So there are four kinds of name in a folder of artefacts, and only the first is ever read:

    NAME             whole
    .draft-NAME      being written
    .replaced-NAME   whole, moved aside for an instant while a new NAME takes its place
    .discarded-NAME  being deleted
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundup.errors import DamagedError, GroundupError, is_disk_full, no_room
from groundup.progress import SILENT, Progress
from groundup.store.files import NEW, room_checked, sync
from groundup.store.fingerprint import file_sha256, plain
from groundup.store.manifest import MANIFEST, FileEntry, Manifest, dump_manifest, parse_manifest
from groundup.versions import versions

DRAFT = ".draft-"
REPLACED = ".replaced-"
DISCARDED = ".discarded-"


@dataclass(frozen=True)
class Artefact:
    """A published folder and its manifest."""

    path: Path
    manifest: Manifest

    def file(self, name: str) -> Path:
        """Where the file or folder `name` of this artefact lies."""
        return self.path / name


def open_artefact(path: Path, *, verify: bool | Collection[str] = True, progress: Progress = SILENT) -> Artefact:
    """The artefact at `path`, with every listed file's size and SHA-256 checked.

    `verify` names the files that will be read, where they are a small part of it: all others are checked by size only,
    and so is each of them with False. Raises GroundupError where there is no such folder, and DamagedError, naming the
    file, where one is missing or is not what was written. Files that the manifest does not list are ignored: nothing
    reads them.
    """
    if not path.is_dir():
        raise GroundupError(f"There is no folder {path}.", "Check the path, or build it first: groundup build --help")
    manifest = _read_manifest(path)
    verified = manifest.files.keys() & (verify if isinstance(verify, Collection) else manifest.files if verify else ())
    done, total = 0, sum(manifest.files[name].bytes for name in verified)
    for name, entry in manifest.files.items():
        if name in verified:
            progress(f"checking {path.name}", done, total)
            done += entry.bytes
        _check(path / name, entry, name in verified)
    if verified:
        progress(f"checking {path.name}", done, total)
    return Artefact(path, manifest)


@contextmanager
def drafting(final: Path, needed: int | None = None) -> Iterator[Path]:
    """An empty folder to write what `publish` will put at `final`; removed if anything goes wrong.

    `needed` bytes, if known, are named in the NoRoomError that a full disk becomes.
    """
    draft = final.with_name(DRAFT + final.name)
    _remove(draft)
    with room_checked(final, needed):
        try:
            draft.mkdir(parents=True)
            yield draft
        except BaseException:
            _remove(draft)
            raise


def publish(
    draft: Path,
    final: Path,
    *,
    stage: str,
    fingerprint: str,
    settings: object,
    seed: int,
    parents: Mapping[str, str],
    facts: Mapping[str, Any],
    keep_draft: bool = False,
) -> Artefact:
    """Make the folder `draft` the artefact `final`, in the place of any that was there.

    A kill at any instant leaves the old or the new artefact, whole, under the final name once `sweep` has
    run. A full disk raises NoRoomError, leaves the old one untouched, and removes the draft unless
    `keep_draft` (a stage that took hours can then be finished once there is room).
    """
    needed = None
    try:
        manifest = Manifest(
            stage=stage,
            fingerprint=fingerprint,
            settings=plain(settings),
            seed=seed,
            parents=dict(parents),
            versions=versions(),
            files=_hashed(draft),
            facts=plain(facts),
        )
        text = dump_manifest(manifest)
        needed = manifest.bytes + len(text)
        (draft / MANIFEST).write_bytes(text)
        for path in (draft, *draft.rglob("*")):
            sync(path)
        _take_the_place_of(final, draft)
    except OSError as error:
        if not is_disk_full(error):
            raise
        if not keep_draft:
            _remove(draft)
        raise no_room(final, needed) from error
    return Artefact(final, parse_manifest(text, final / MANIFEST))


def discard(folder: Path) -> None:
    """Delete an artefact so that a kill half-way leaves none of it under its name."""
    gone = folder.with_name(DISCARDED + folder.name)
    _remove(gone)
    folder.rename(gone)
    _remove(gone)


def sweep(folder: Path, *, drafts: bool = True) -> None:
    """Mend what kills left in a folder of artefacts: put back what was moved aside, remove the rest.

    Call it while nothing else writes there. With `drafts=False` drafts stay, for work that goes on in them.
    """
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(REPLACED):
            final = folder / path.name.removeprefix(REPLACED)
            if final.exists():
                discard(path)
            else:
                path.rename(final)
        elif path.name.startswith((DISCARDED, NEW)) or (drafts and path.name.startswith(DRAFT)):
            _remove(path)


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DamagedError(
            f"The manifest {path} cannot be read ({error.strerror}): is the folder whole?",
            f"Delete the folder {folder} and start again.",
        ) from error
    return parse_manifest(raw, path)


def _check(file: Path, entry: FileEntry, verify: bool) -> None:
    """Raise DamagedError unless `file` has the size, and if `verify` the SHA-256, of its entry."""
    try:
        found = file.stat().st_size
        if found != entry.bytes:
            problem = f"it has {found:,} bytes, {entry.bytes:,} were written"
        elif verify and file_sha256(file) != entry.sha256:
            problem = "its SHA-256 is not the one in the manifest"
        else:
            return
    except OSError as error:
        problem = f"it cannot be read ({error.strerror})"
    raise DamagedError(
        f"The file {file} is damaged: {problem}.",
        "Check the disk, then delete the folder that holds it and start again.",
    )


def _hashed(draft: Path) -> dict[str, FileEntry]:
    """An entry for every file below `draft`, in the order of their names."""
    names = sorted(path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file())
    files = ((name, draft / name) for name in names if name != MANIFEST)
    return {name: FileEntry(file_sha256(path), path.stat().st_size) for name, path in files}


def _take_the_place_of(final: Path, draft: Path) -> None:
    """Rename `draft` to `final`. Each step leaves a state that `sweep` understands."""
    old = final.with_name(REPLACED + final.name)
    if final.exists():
        if old.exists():
            discard(old)
        final.rename(old)
        try:
            draft.rename(final)
        except BaseException:
            old.rename(final)
            raise
        sync(final.parent)
        discard(old)
    else:
        draft.rename(final)
        sync(final.parent)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
