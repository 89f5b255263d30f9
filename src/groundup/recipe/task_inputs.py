"""Where the examples of a task lie: files of the user's own, a data set, or one that is made by code."""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from groundup.catalogue.references import fetch, resolve
from groundup.errors import GroundupError
from groundup.progress import SILENT, Progress
from groundup.store.fingerprint import file_sha256, fingerprint
from groundup.tasks.made.table import MADE, columns_of
from groundup.tasks.parts import EXAMPLES, PARTS
from groundup.tasks.reading.babi import babi_files
from groundup.tasks.reading.columns import find_columns
from groundup.tasks.reading.formats import find
from groundup.tasks.reading.parallel import languages, parallel_files, stem_of
from groundup.tasks.reading.rows import Table
from groundup.tasks.settings import TaskSettings


@dataclass(frozen=True)
class Examples:
    """The files of each part, how to read them, and what is to be said of where they come from."""

    places: Mapping[str, Path | None]
    settings: TaskSettings
    account: Mapping[str, Any]


@dataclass(frozen=True)
class TaskInputs:
    """What the examples are made from, by their fingerprint, and how to get at them."""

    fingerprint: str
    place: Callable[[Path], Examples]
    """Gives the files, those that are made by code below the folder given; GroundupError where one has vanished."""


def task_inputs(task: TaskSettings, seed: int, base: Path | None, progress: Progress = SILENT) -> TaskInputs:
    """Where the examples of `task` are; paths may be relative to `base`. Raises GroundupError where they are not."""
    if task.data in MADE:
        return _made(task, seed, progress)
    if task.data is not None:
        found = resolve(task.data, base, progress)
        places = {name: _below(found.path, getattr(task, name)) for name in PARTS}
        account = {"data": found.name, "licence": found.licence}
        return TaskInputs(_fingerprint(places, task), lambda folder: Examples(places, task, account))
    references = {name: getattr(task, name) for name in PARTS}
    places = {name: None if named is None else path_of(named, base) for name, named in references.items()}
    return TaskInputs(_fingerprint(places, task), lambda folder: Examples(places, task, {}))


def _made(task: TaskSettings, seed: int, progress: Progress) -> TaskInputs:
    made = MADE[task.data or ""]
    if made.kind != task.kind:
        raise GroundupError(
            f"The data set {made.name} is for a task of kind {made.kind}, and task.kind is {task.kind}.",
            f"Set task.kind to {made.kind}.",
        )
    sources = {name: resolve(name, None, progress) for name in made.needs}

    def place(folder: Path) -> Examples:
        folder.mkdir(parents=True, exist_ok=True)
        files = made.make({name: fetch(name, progress) for name in made.needs}, folder, seed, progress)
        return Examples(
            {name: folder / getattr(files, name) for name in PARTS},
            replace(task, columns=columns_of(task)),
            {"data": made.name, "licence": made.licence, "made": files.account},
        )

    return TaskInputs(fingerprint(made.name, {name: found.fingerprint for name, found in sources.items()}), place)


def _below(folder: Path, name: str | None) -> Path | None:
    return None if name is None else folder / name


def path_of(reference: str, base: Path | None) -> Path:
    """The path that a recipe names: from the current folder, or else from the recipe's."""
    path = Path(reference).expanduser()
    below = path if base is None else base / path
    return below if not _leads_to_files(path) and _leads_to_files(below) else path


def _leads_to_files(path: Path) -> bool:
    is_pattern = glob.has_magic(path.name) and any(path.parent.glob(path.name))
    return path.exists() or bool(parallel_files(path)) or is_pattern


def _fingerprint(places: Mapping[str, Path | None], task: TaskSettings) -> str:
    """Of the names and bytes of the files that are read, part by part.

    Raises GroundupError where a part's file is not there or cannot be read, naming the recipe's key.
    """
    hashes = {}
    for name, path in places.items():
        if path is None:
            continue
        try:
            check_columns(path, task, name)
            files = files_at(path, task)
        except GroundupError as error:
            raise GroundupError(f"task.{name}: {error.message}", error.remedy) from error
        hashes[name] = fingerprint({file.name: file_sha256(file) for file in files})
    return fingerprint(hashes)


def check_columns(path: Path, task: TaskSettings, part: str = "train") -> None:
    """Raise GroundupError where there is nothing to read at `path`, or a table whose columns are in doubt."""
    found = find(path, task.encoding)
    if not isinstance(found, Table):
        return
    try:
        find_columns(found, EXAMPLES[task.kind], task.columns)
    except GroundupError as error:
        if part == "train":
            raise
        raise GroundupError(
            error.message,
            "task.columns holds for all files of a task: give these columns the names that they have in task.train.",
        ) from error


def files_at(path: Path, task: TaskSettings) -> list[Path]:
    """The files that are read where a path of examples stands for several; none where there are none.

    Raises GroundupError where nothing says which of them are meant.
    """
    if path.is_dir():
        return babi_files(path)
    stem, language = stem_of(path)
    files = parallel_files(stem) if language or not path.exists() else {}
    if len(files) > 1:
        return list(languages(path, task.columns) if task.kind == "translation" else files.values())
    if path.exists():
        return [path]
    fitting = sorted(path.parent.glob(path.name))
    return babi_files(path.parent, fitting) if fitting else []
