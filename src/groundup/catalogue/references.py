"""From a name, or whatever a recipe says, to a folder of files.

The network is touched by `fetch` alone, and by `resolve` only where it has to call it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from groundup.catalogue import hub
from groundup.catalogue.cache import cached, drafted, is_cached
from groundup.catalogue.crawl_folder import pages_of
from groundup.catalogue.dataset import DataSet, FromFolder
from groundup.catalogue.download import Unreachable
from groundup.catalogue.entries import DATA_SETS
from groundup.catalogue.hub_reference import HubReference, is_hub_reference
from groundup.catalogue.origins import collect, holds_files
from groundup.errors import GroundupError, did_you_mean
from groundup.progress import SILENT, Progress
from groundup.store.fingerprint import folder_fingerprint

MIRROR = "GROUNDUP_MIRROR"


@dataclass(frozen=True)
class Resolved:
    """What a reference stands for."""

    path: Path
    """A file or a folder that exists."""
    name: str
    licence: str
    """"" for a path of the user's own."""
    fingerprint: str
    """Of names and content; it does not depend on where the files lie."""


def find(name: str) -> DataSet:
    """The catalogue's entry of that name."""
    known = {dataset.name: dataset for dataset in DATA_SETS}
    if name not in known:
        raise GroundupError(
            f"The catalogue has no data set {name!r}. {did_you_mean(name, known)}", "See: groundup data list"
        )
    return known[name]


def where(dataset: DataSet) -> str:
    """Where its files are now: "mirror", "cache" or "" for not here. Asks no network."""
    if (mirror := _mirror(dataset)) and holds_files(mirror.path):
        return "mirror"
    return "cache" if is_cached(dataset) else ""


def fetch(name: str, progress: Progress = SILENT) -> Path:
    """A folder with the data set's files: the mirror's, else the cache's, else fetched into the cache.

    Raises GroundupError for an unknown name and where no origin can be reached, DamagedError for a wrong
    hash.
    """
    dataset = find(name)
    failures = []
    if mirror := _mirror(dataset):
        if holds_files(mirror.path):
            return mirror.path
        failures.append(f"{MIRROR}: there is no file in {mirror.path}")
    if folder := cached(dataset):
        return folder
    for origin in dataset.origins:
        try:
            with drafted(dataset) as draft:
                collect(origin, draft, progress)
        except Unreachable as reason:
            failures.append(str(reason) if str(origin) in str(reason) else f"{origin}: {reason}")
            continue
        folder = cached(dataset)
        assert folder is not None, "what was just published is whole"
        return folder
    raise _nowhere(dataset, failures)


def resolve(reference: str, base: Path | None = None, progress: Progress = SILENT) -> Resolved:
    """What a recipe's reference stands for: a path, or the name of a data set (fetched where it is not here).

    What holds a path separator or exists on disk is a path: absolute, from `~`, or relative to the current
    folder and then to `base`, the recipe's folder; of a crawl's folder its archives are meant. `hf://OWNER/NAME` is
    what was fetched from the Hugging Face hub; nothing is fetched from there but by command. Everything else is a name.
    """
    if is_hub_reference(reference):
        folder = hub.found(HubReference.parse(reference), progress)
        return Resolved(folder.files, folder.repository, folder.licence, folder.fingerprint)
    path = _path(reference, base)
    if path is not None:
        pages = pages_of(path)
        return Resolved(pages, path.name, "", folder_fingerprint(pages, progress=progress))
    files = fetch(reference, progress)
    licence = find(reference).licence
    return Resolved(files, reference, licence, folder_fingerprint(files, progress=progress))


def missing(reference: str, base: Path | None = None) -> GroundupError | None:
    """The error that `resolve` will raise for a data set that is not here and that it does not fetch, else None."""
    if is_hub_reference(reference):
        wanted = HubReference.parse(reference)
        return hub.missing(wanted) if hub.find(wanted) is None else None
    if local_path(reference, base) is not None or (dataset := find(reference)).origins:
        return None
    return _nowhere(dataset, [])


def local_path(reference: str, base: Path | None = None) -> Path | None:
    """Where the files of a reference lie now, or None for a data set that is not here. Fetches and hashes nothing.

    Raises GroundupError for what is neither a path nor a data set.
    """
    if is_hub_reference(reference):
        there = hub.find(HubReference.parse(reference))
        return there.files if there else None
    path = _path(reference, base)
    if path is not None:
        return pages_of(path)
    dataset = find(reference)
    if (mirror := _mirror(dataset)) and holds_files(mirror.path):
        return mirror.path
    return cached(dataset)


def _path(reference: str, base: Path | None) -> Path | None:
    """The path that a reference is, or None for a data set's name; GroundupError for what is neither."""
    tried = _paths(reference, base)
    for path in tried:
        if path.exists():
            return path
    places = " or ".join(str(path) for path in tried)
    if _looks_like_path(reference):
        raise GroundupError(f"There is no file or folder {places}.", "Check the path for a typo.")
    names = [dataset.name for dataset in DATA_SETS]
    if reference not in names:
        raise GroundupError(
            f"{reference!r} is neither a path nor a data set: nothing is at {places}, and the catalogue has "
            f"no such name. {did_you_mean(reference, names)}",
            "Give a path, or a name from: groundup data list",
        )
    return None


def _looks_like_path(reference: str) -> bool:
    separators = {"/", os.sep, os.altsep or os.sep}
    return reference.startswith("~") or any(separator in reference for separator in separators)


def _paths(reference: str, base: Path | None) -> list[Path]:
    """Where a reference may lie, in the order in which the places are asked."""
    if not reference.strip() or "\0" in reference:
        raise GroundupError(
            f"{reference!r} is no path and no name of a data set.",
            "Give a path, or a name from: groundup data list",
        )
    try:
        path = Path(reference).expanduser()
    except RuntimeError as error:
        raise GroundupError(f"{reference!r} names a home folder that is not known here.", "Write it out.") from error
    if path.is_absolute() or base is None:
        return [path.absolute()]
    # dict: once where the recipe lies in the current folder.
    return list(dict.fromkeys([path.absolute(), (base / path).absolute()]))


def _mirror(dataset: DataSet) -> FromFolder | None:
    named = os.environ.get(MIRROR, "")
    return FromFolder(Path(named).expanduser() / dataset.name) if named else None


def _nowhere(dataset: DataSet, failures: list[str]) -> GroundupError:
    tried = "".join(f" ({number}) {failure}." for number, failure in enumerate(failures, 1))
    if not dataset.origins:
        message = f"The data set {dataset.name!r} is not here, and is never downloaded: it must be put in place.{tried}"
        remedy = f"Its home is {dataset.home}: put its files into a folder {dataset.name!r} yourself"
    else:
        message = f"The data set {dataset.name!r} is not here and could not be fetched. Tried:{tried}"
        remedy = f"Check the network, or put its files into a folder {dataset.name!r} yourself"
    return GroundupError(
        message,
        f"{remedy}, and let {MIRROR} name the folder above it. Or give a recipe texts of your own: "
        "--corpus.sources '[{data: my-books}]' --corpus.validation '{fraction: 0.1}'",
    )
