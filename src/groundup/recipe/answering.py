"""A finished run of a task, opened so that its model answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.errors import GroundupError
from groundup.recipe.loader import load
from groundup.recipe.recipe import Recipe
from groundup.recipe.task_stages import models_of, predictor_of
from groundup.settings import SettingError
from groundup.store.artefact import Artefact, open_artefact
from groundup.store.manifest import MANIFEST
from groundup.tasks.settings import TaskSettings

if TYPE_CHECKING:
    from groundup.model.model import Model
    from groundup.tasks.prediction import Predictor

# The command that asks a run, by the kind of its task.
COMMANDS = {"translation": "translate", "classification": "classify", "questions": "answer"}


@dataclass(frozen=True)
class Answering:
    """Who answers, and what the run's recipe says of the task."""

    task: TaskSettings
    predictor: Predictor
    alone: Predictor
    """The run's network by itself, or the first of several: one that can be looked into."""
    members: int
    """How many networks the run has."""


def task_of(run: Path) -> TaskSettings:
    """What a run's recipe says of its task. Raises GroundupError where it has none, or is no run."""
    recipe = run / "recipe.yaml"
    if not run.is_dir():
        raise GroundupError(f"There is no run folder {run}.", "Build one with: groundup build RECIPE --out DIR")
    if not recipe.is_file():
        raise GroundupError(
            f"The folder {run} is not a run: it holds no recipe.yaml.",
            "Name the folder that groundup build was given as --out.",
        )
    task = load(recipe, Recipe).task
    if task is None:
        raise GroundupError(
            f"The run {run} was trained on text alone, and on no task.",
            "Give its recipe a section `task`, or ask a run that has one.",
        )
    return task


def answering(run: Path, kind: str | None = None, *, others: Sequence[Path] = (), **changes: object) -> Answering:
    """The trained model of a run's task; `changes` are fields of its search that shall be otherwise.

    With `others`, runs of the same task, all of them answer together: the next token, or the label, is as probable as
    they find it in the mean. Raises GroundupError where a run is not finished, its task is not of `kind`, or runs do
    not fit together.
    """
    task = _task(run, kind)
    try:
        task = replace(task, search=replace(task.search, **changes))  # type: ignore[arg-type]
    except SettingError as error:
        raise GroundupError(str(error), f"Change --{error.field.replace('_', '-')}.") from error
    learned = _learned(run)
    alone = predictor_of(task, learned.finetune, learned.tokenizer, models=learned.models[:1])
    if not others:
        return Answering(task, _predictor(run, task, learned), alone, len(learned.models))
    for other in others:
        _check_alike(run, task, other)
    return Answering(task, _together((run, *others), task), alone, len(learned.models))


def _task(run: Path, kind: str | None) -> TaskSettings:
    """The task of a finished run. Raises GroundupError where it is not one, or of another kind."""
    task = task_of(run)
    if kind not in (None, task.kind):
        raise GroundupError(
            f"The run {run} was trained on a task of kind {task.kind}.",
            f"Ask it by: groundup {COMMANDS[task.kind]} {run}",
        )
    stages = ("finetune", *(() if task.ngrams is None else ("ngrams",)))
    if not all((run / stage / MANIFEST).is_file() for stage in stages):
        raise GroundupError(
            f"The run {run} has no trained model yet.", "Let groundup build finish it: start the same command again."
        )
    return task


@dataclass(frozen=True)
class _Learned:
    """What a run has learned."""

    finetune: Artefact
    tokenizer: Artefact
    models: Sequence[Model]


def _learned(run: Path) -> _Learned:
    finetune = open_artefact(run / "finetune")
    return _Learned(finetune, open_artefact(run / "tokenizer"), models_of(finetune))


def _predictor(run: Path, task: TaskSettings, learned: _Learned) -> Predictor:
    """Who answers for a run alone. Raises GroundupError where its parts were not made for each other."""
    ngrams = None if task.ngrams is None else open_artefact(run / "ngrams")
    if ngrams is not None and ngrams.manifest.parents["finetune"] != learned.finetune.manifest.fingerprint:
        raise GroundupError(
            f"{ngrams.path} was fitted beside another network than that of {learned.finetune.path}.",
            "Let groundup build finish the run: start the same command again.",
        )
    return predictor_of(task, learned.finetune, learned.tokenizer, ngrams, models=learned.models)


def _check_alike(run: Path, task: TaskSettings, other: Path) -> None:
    """Raise GroundupError where two runs have learned different things."""
    theirs = _task(other, task.kind)
    for each, its in ((run, task), (other, theirs)):
        if its.kind == "questions" and not its.writes:
            raise GroundupError(
                f"The run {each} points at answers, and only runs that write or label can answer together.",
                "Ask each by itself.",
            )
    ours = (task.columns.source, task.columns.target)
    if None not in ours and ours == (theirs.columns.target, theirs.columns.source):
        raise GroundupError(
            f"The run {other} translates from {ours[1]} to {ours[0]}, and {run} the other way.",
            "Name a run that translates the same way.",
        )


def _together(runs: Sequence[Path], task: TaskSettings) -> Predictor:
    from groundup.recipe.tokenizer_stage import coders_of
    from groundup.tasks.classification import Chooser, Committee
    from groundup.tasks.together import Member, together

    if task.kind == "classification":
        choosers = {str(run): _predictor(run, task_of(run), _learned(run)) for run in runs}
        return Committee({name: each for name, each in choosers.items() if isinstance(each, Chooser)})
    members: list[Member] = []
    for run in runs:
        learned = _learned(run)
        coders = coders_of(learned.tokenizer)
        # Each model has one voice, also where a run has several.
        members += [Member(str(run), model, coders) for model in learned.models]
    return together(members, task)
