"""What pairs are made from where sources are translated back: texts of the target language, and a run that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from groundup.errors import GroundupError
from groundup.recipe.loader import load
from groundup.recipe.task_inputs import path_of
from groundup.store.artefact import Artefact, open_artefact
from groundup.store.fingerprint import file_sha256, fingerprint
from groundup.store.manifest import MANIFEST
from groundup.tasks.back_translation import likeness
from groundup.tasks.parts import read_written
from groundup.tasks.reading.rows import Account
from groundup.tasks.reading.texts import read_texts
from groundup.tasks.settings import BackTranslationSettings, TaskSettings

STAGE = "back_translation"
KEY = f"task.{STAGE}"
# What a run was made by, and what it leaves, that its translations depend on.
_PARTS = ("finetune", "tokenizer", "examples")
# Texts that are looked at to tell their language.
_LOOKED_AT = 500
# How much more the texts may look like what the run writes than like what it reads. Two languages are far apart (.98
# against .75 of English and German); spellings of one language are near, and nobody is sent away by chance.
_DOUBT = 0.05


@dataclass(frozen=True)
class BackTranslationInputs:
    """Where the texts are and who translates them, by the fingerprint of both."""

    fingerprint: str
    run: Path = Path()
    texts: Path = Path()
    missing: GroundupError | None = None
    """Why they are not there; a run that has made its pairs needs them no more."""


def back_translation_inputs(task: TaskSettings, out: Path | None, base: Path | None) -> BackTranslationInputs | None:
    """What the recipe's `task.back_translation` names; None where there is no such section.

    Raises GroundupError where it cannot be used, unless the run folder `out` has its pairs already.
    """
    settings = task.back_translation
    if settings is None:
        return None
    made = None if out is None or not (out / STAGE / MANIFEST).is_file() else open_artefact(out / STAGE, verify=False)
    try:
        run, texts = _run(settings, base), _texts(settings, base)
        marks = {name: _mark(run, name) for name in _PARTS}
        found = fingerprint(marks, _task(run).search, texts.name, file_sha256(texts))
    except GroundupError as missing:
        if made is None:
            raise
        return BackTranslationInputs(made.manifest.facts["inputs"], missing=missing)
    if made is None:
        _check_language(settings, run, texts, task)
    return BackTranslationInputs(found, run, texts)


def texts_of(path: Path, task: TaskSettings, account: Account | None = None) -> Iterator[str]:
    """The texts to be translated back, as the task reads its files."""
    assert task.back_translation is not None
    return read_texts(
        path,
        task.back_translation.column,
        likely=task.columns.target,
        on_bad_row=task.on_bad_row,
        encoding=task.encoding,
        account=account,
    )


def _texts(settings: BackTranslationSettings, base: Path | None) -> Path:
    path = path_of(settings.texts, base)
    if not path.is_file():
        raise GroundupError(
            f"{KEY}.texts is {settings.texts!r}, and there is no such file.",
            "Name a file of texts in the target language: one a line, or a table with a column of them.",
        )
    return path


def _run(settings: BackTranslationSettings, base: Path | None) -> Path:
    """The folder of the run that translates."""
    path = Path(settings.run).expanduser()
    tried = dict.fromkeys((path, path if base is None else base / path))
    run = next((folder for folder in tried if (folder / "recipe.yaml").is_file()), None)
    if run is None:
        raise GroundupError(
            f"{KEY}.run is {settings.run!r}, but there is no run in {' or '.join(map(str, tried))}.",
            "Build one that translates the other way: groundup build RECIPE --out DIR, with the two columns exchanged.",
        )
    _task(run)
    for name in _PARTS:
        if not (run / name / MANIFEST).is_file():
            raise GroundupError(
                f"{KEY}.run is {settings.run!r}, which is not finished: it has no {name} yet.",
                "Let groundup build finish it: start the same command again.",
            )
    return run


def _task(run: Path) -> TaskSettings:
    """What the run's recipe says of its task. Raises GroundupError where it does not translate."""
    from groundup.recipe.recipe import Recipe

    task = load(run / "recipe.yaml", Recipe).task
    if task is None or task.kind != "translation":
        learned = "text alone" if task is None else f"a task of kind {task.kind}"
        raise GroundupError(
            f"{KEY}.run is {str(run)!r}, which learned {learned} and does not translate.",
            "Name a run whose task is translation, from this recipe's target to its source.",
        )
    return task


def _mark(run: Path, name: str) -> str:
    """The fingerprint of a stage, and of its files: another machine may have made them a little otherwise."""
    manifest = _part(run, name).manifest
    return fingerprint(manifest.fingerprint, {file: entry.sha256 for file, entry in manifest.files.items()})


def _part(run: Path, name: str) -> Artefact:
    return open_artefact(run / name, verify=False)


def _check_language(settings: BackTranslationSettings, run: Path, texts: Path, task: TaskSettings) -> None:
    """Raise GroundupError where there are no texts, and where they are not in the language that the run reads."""
    some = [text for text in islice(texts_of(texts, task), _LOOKED_AT) if text.strip()]
    if not some:
        raise GroundupError(
            f"{KEY}.texts is {settings.texts!r}, which begins with nothing but blank lines.", "Give texts, one a line."
        )
    pairs = read_written(_part(run, "examples").file("validation.jsonl"), "translation")
    read, written = (likeness(some, [getattr(pair, side) for pair in pairs]) for side in ("source", "target"))
    if written > read + _DOUBT:
        raise GroundupError(
            f"{settings.run} cannot translate {settings.texts}: the texts look like what it writes ({written:.0%} of "
            f"their runs of three characters are in its targets) and not like what it reads ({read:.0%}).",
            f"Let {KEY}.texts be in the language that this recipe writes, and {KEY}.run be a run that reads that "
            "language: one that translates the other way.",
        )
