"""Where fetched data sets are kept, so that each is fetched once.

CACHE/data/NAME/files/ holds the files, CACHE/data/NAME/receipt.json what they are: the pins they were fetched
by and their fingerprint. The whole folder is renamed into place, so it is there in full or not at all; a
folder that no longer fits its receipt, or whose pins the catalogue has changed since, counts as absent.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from groundup.catalogue.dataset import DataSet
from groundup.errors import GroundupError
from groundup.store.fingerprint import folder_fingerprint

RECEIPT = "receipt.json"
DRAFT = ".draft-"
# A draft older than this was left by a killed fetch: no transfer takes so long.
SECONDS_OF_A_LEFTOVER = 24 * 3600.0


def cache_folder() -> Path:
    """`GROUNDUP_CACHE`, or .cache/groundup in the home folder; data sets lie in its folder `data`."""
    named = os.environ.get("GROUNDUP_CACHE", "")
    return (Path(named).expanduser() if named else Path.home() / ".cache" / "groundup") / "data"


def is_cached(dataset: DataSet) -> bool:
    """Whether the data set is in the cache, by its receipt alone."""
    return bool(_receipt(dataset))


def cached(dataset: DataSet) -> Path | None:
    """The folder of its files, where the cache has them whole; they are read to make sure."""
    files = cache_folder() / dataset.name / "files"
    receipt = _receipt(dataset)
    if not receipt or receipt.get("fingerprint") != folder_fingerprint(files):
        return None
    return files


@contextmanager
def drafted(dataset: DataSet) -> Iterator[Path]:
    """An empty folder to fill; published into the cache when the block ends well, removed when not."""
    root = cache_folder()
    try:
        root.mkdir(parents=True, exist_ok=True)
        _sweep(root)
        draft = Path(tempfile.mkdtemp(prefix=f"{DRAFT}{dataset.name}-", dir=root))
    except OSError as error:
        raise GroundupError(
            f"The cache folder {root} cannot be written ({error.strerror}).",
            "Let GROUNDUP_CACHE name a folder that can.",
        ) from error
    try:
        files = draft / "files"
        files.mkdir()
        yield files
        receipt = {"pins": _pins(dataset), "fingerprint": folder_fingerprint(files)}
        (draft / RECEIPT).write_text(json.dumps(receipt, indent=1) + "\n", encoding="utf-8")
        _replace(draft, root / dataset.name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _replace(draft: Path, final: Path) -> None:
    draft.chmod(0o755)  # mkdtemp makes it private
    if final.exists():
        old = Path(tempfile.mkdtemp(prefix=DRAFT, dir=final.parent))
        final.replace(old / "old")
        draft.replace(final)
        shutil.rmtree(old, ignore_errors=True)
    else:
        draft.replace(final)


def _sweep(root: Path) -> None:
    for draft in root.glob(f"{DRAFT}*"):
        if time.time() - draft.stat().st_mtime > SECONDS_OF_A_LEFTOVER:
            shutil.rmtree(draft, ignore_errors=True)


def _receipt(dataset: DataSet) -> dict[str, str]:
    folder = cache_folder() / dataset.name
    try:
        receipt = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    is_ours = isinstance(receipt, dict) and receipt.get("pins") == _pins(dataset)
    return receipt if is_ours and (folder / "files").is_dir() else {}


def _pins(dataset: DataSet) -> str:
    """What the files were fetched by; a changed entry is fetched anew."""
    return repr(dataset.origins)
