"""Data sets of the Hugging Face hub on this machine: fetched when the user says so, found again by everything else.

CACHE/hub/OWNER--NAME/COMMIT-PART/files/ holds the files of one part (configuration, split, patterns) of a data set at
one commit, receipt.json beside it what they are. CACHE/hub/OWNER--NAME/revisions/ says which commit a branch or tag was
when it was last fetched; so `hf://OWNER/NAME` is what was fetched under that name, until it is fetched again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundup.catalogue.cache import DRAFT, RECEIPT, SECONDS_OF_A_LEFTOVER, cache_folder
from groundup.catalogue.download import Unreachable
from groundup.catalogue.hub_choice import choose
from groundup.catalogue.hub_download import fetch_file, sha256_if_whole
from groundup.catalogue.hub_listing import HubFile, HubListing, cannot_fetch, file_address, list_files
from groundup.catalogue.hub_reference import HubReference
from groundup.errors import DamagedError, GroundupError, existing_parent, no_room
from groundup.progress import SILENT, Progress
from groundup.store.files import room_checked, write_durably
from groundup.store.fingerprint import fingerprint, folder_fingerprint
from groundup.store.lock import locked

MOST = 10_000_000_000
"""Bytes that one fetch may come to unless the user allows more."""


@dataclass(frozen=True)
class HubFolder:
    """A fetched part of a data set."""

    files: Path
    """The folder of its files."""
    repository: str
    commit: str
    licence: str
    fingerprint: str
    """Of the files' names and content, as they were fetched."""

    def pinned(self, reference: HubReference) -> HubReference:
        """The reference that means these files for ever."""
        return HubReference(self.repository, self.commit, reference.config, reference.split, reference.files)


def fetch(reference: HubReference, *, most: int = MOST, progress: Progress = SILENT) -> HubFolder:
    """Ask the hub what the revision is now and fetch the files of it that are meant, unless they are here.

    What a broken fetch left is gone on with. Raises GroundupError where the hub has no such thing or cannot be reached,
    and where it is more than `most` bytes; DamagedError for files that are not what the hub lists.
    """
    progress(f"asking {reference.repository}")
    listing = list_files(reference)
    files = choose(listing, reference)
    size = sum(file.size for file in files)
    if size > most:
        raise GroundupError(
            f"{reference} is {size / 1e9:,.1f} GB in {len(files):,} files, more than the {most / 1e9:,.1f} GB allowed.",
            "Fetch a part of it (--config, --split, --files PATTERN), or allow it with --most GB.",
        )
    root = _root(reference)
    pinned = HubReference(reference.repository, listing.commit, reference.config, reference.split, reference.files)
    final = root / _name(pinned)
    with locked(root):
        if _read(final) is None or folder_fingerprint(final / "files") != _read(final, "fingerprint"):
            _fill(root, final, listing, files, pinned, progress)
        if not reference.is_pinned:
            note = _revision_note(reference)
            note.parent.mkdir(exist_ok=True)
            write_durably(note, f"{listing.commit}\n".encode())
    found = find(reference)
    assert found is not None, "what was just published is here"
    return found


def find(reference: HubReference) -> HubFolder | None:
    """What was fetched of a data set, by its receipt; None where nothing was. Opens no connection."""
    commit = reference.revision
    if not reference.is_pinned:
        try:
            commit = _revision_note(reference).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
    pinned = HubReference(reference.repository, commit, reference.config, reference.split, reference.files)
    folder = _root(reference) / _name(pinned)
    receipt = _read(folder)
    if receipt is None:
        return None
    return HubFolder(folder / "files", reference.repository, commit, receipt["licence"], receipt["fingerprint"])


def found(reference: HubReference, progress: Progress = SILENT) -> HubFolder:
    """What was fetched, read to make sure that it is whole. Fetches nothing.

    Raises GroundupError, with the command that fetches it, where it is not here, DamagedError where it has changed.
    """
    folder = find(reference)
    if folder is None:
        raise missing(reference)
    if folder_fingerprint(folder.files, progress=progress) != folder.fingerprint:
        raise DamagedError(
            f"The files of {reference} in {folder.files} are not as they were fetched.",
            f"Fetch them again: {reference.command}",
        )
    return folder


def missing(reference: HubReference) -> GroundupError:
    """The error for a part of a data set that is not here."""
    return GroundupError(
        f"{reference} is not on this machine, and nothing is fetched while a recipe runs.",
        f"Fetch it first: {reference.command}",
    )


def _fill(
    root: Path, final: Path, listing: HubListing, files: Sequence[HubFile], pinned: HubReference, progress: Progress
) -> None:
    """Fetch the files into a draft, which a later fetch of the same goes on with, and publish it."""
    draft = root / f"{DRAFT}{final.name}"
    _sweep(root, draft)
    target = draft / "files"
    with room_checked(draft):
        target.mkdir(parents=True, exist_ok=True)
    _remove_strangers(target, {file.name for file in files})
    hashes = {file.name: sha256_if_whole(target / file.name, file) for file in files}
    needed = sum(file.size for file in files if hashes[file.name] is None)
    if needed > shutil.disk_usage(existing_parent(target)).free:
        raise no_room(target, needed)
    for number, file in enumerate(files, 1):
        if hashes[file.name] is not None:
            continue
        progress(f"file {number:,} of {len(files):,}")
        part = draft / f"part-{hashlib.sha256(file.name.encode()).hexdigest()[:16]}"
        try:
            address = file_address(listing.repository, listing.commit, file.name)
            hashes[file.name] = fetch_file(address, file, part, progress)
        except Unreachable as reason:
            raise cannot_fetch(pinned, reason) from reason
        path = target / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        part.replace(path)
    receipt = {
        "reference": str(pinned),
        "licence": listing.licence,
        "files": [{"name": file.name, "bytes": file.size, "sha256": hashes[file.name]} for file in files],
        "fingerprint": folder_fingerprint(target),
    }
    for left in draft.glob("part-*"):
        left.unlink()
    write_durably(draft / RECEIPT, (json.dumps(receipt, indent=1) + "\n").encode())
    if final.exists():
        shutil.rmtree(final)
    draft.replace(final)


def _remove_strangers(folder: Path, names: set[str]) -> None:
    """Take out of a draft what is no file of the data set; nothing puts it there but another hand."""
    for path in list(folder.rglob("*")):
        if path.is_symlink() or (path.is_file() and path.relative_to(folder).as_posix() not in names):
            path.unlink()


def _sweep(root: Path, draft: Path) -> None:
    for left in root.glob(f"{DRAFT}*"):
        if left != draft and time.time() - left.stat().st_mtime > SECONDS_OF_A_LEFTOVER:
            shutil.rmtree(left, ignore_errors=True)


def _root(reference: HubReference) -> Path:
    # -- stands in no name on the hub, so no two data sets share a folder.
    return cache_folder().parent / "hub" / reference.repository.replace("/", "--")


def _name(pinned: HubReference) -> str:
    return f"{pinned.revision}-{fingerprint(pinned.part)[:12]}"


def _revision_note(reference: HubReference) -> Path:
    return _root(reference) / "revisions" / fingerprint(reference.revision, reference.part)[:32]


def _read(folder: Path, key: str | None = None) -> Any:
    """The receipt of a fetched folder, or one of its entries; None where there is none."""
    try:
        receipt = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_ours = isinstance(receipt, dict) and {"licence", "fingerprint", "files"} <= set(receipt)
    if not is_ours or not (folder / "files").is_dir():
        return None
    return receipt if key is None else receipt[key]
