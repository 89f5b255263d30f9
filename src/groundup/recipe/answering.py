"""A finished run of a task, opened so that its model answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.errors import GroundupError
from groundup.recipe.loader import load
from groundup.recipe.members import folder_of
from groundup.recipe.recipe import Recipe
from groundup.recipe.task_stages import models_of, pooled_with, predictor_of
from groundup.settings import SettingError
from groundup.store.artefact import Artefact, open_artefact
from groundup.store.manifest import MANIFEST
from groundup.tasks.settings import TaskSettings

if TYPE_CHECKING:
    from groundup.tasks.prediction import Predictor

# The command that asks a run, by the kind of its task.
COMMANDS = {"translation": "translate", "classification": "classify", "questions": "answer"}


@dataclass(frozen=True)
class Answering:
    """Who answers, and what the run's recipe says of the task."""

    task: TaskSettings
    predictor: Predictor
    alone: Predictor
    """The same or, where several answer together, the first of them, into which one can look."""


def task_of(run: Path, kind: str | None = None) -> TaskSettings:
    """What a run's recipe says of its task. Raises GroundupError where it has none, none of `kind`, or is no run."""
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
    if kind not in (None, task.kind):
        raise GroundupError(
            f"The run {run} was trained on a task of kind {task.kind}.",
            f"Ask it by: groundup {COMMANDS[task.kind]} {run}",
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
    learned = _trained(run)
    models = models_of(learned[0])
    alone = predictor_of(task, *learned, models[:1])
    if not others:
        network = predictor_of(task, *learned, models) if models[1:] else alone
        return Answering(task, _with_ngrams(run, task, network), alone)
    for other in others:
        _check_alike(run, task, other)
    return Answering(task, _together((run, *others), task), alone)


def _task(run: Path, kind: str | None) -> TaskSettings:
    """The task of a finished run. Raises GroundupError where it is not one, or of another kind."""
    task = task_of(run, kind)
    stages = ("finetune", *(() if task.ngrams is None else ("ngrams",)))
    if not all((run / stage / MANIFEST).is_file() for stage in stages):
        raise GroundupError(
            f"The run {run} has no trained model yet.", "Let groundup build finish it: start the same command again."
        )
    return task


def _with_ngrams(run: Path, task: TaskSettings, network: Predictor) -> Predictor:
    """A run's network with its runs of words, if it has any; GroundupError where they were not made for each other."""
    if task.ngrams is None:
        return network
    ngrams, finetune = (open_artefact(run / stage).manifest for stage in ("ngrams", "finetune"))
    if ngrams.parents["finetune"] != finetune.fingerprint:
        raise GroundupError(
            f"{run / 'ngrams'} was fitted beside another network than that of {run / 'finetune'}.",
            "Let groundup build finish the run: start the same command again.",
        )
    return pooled_with(network, open_artefact(run / "ngrams"))


def _trained(run: Path) -> tuple[Artefact, Artefact]:
    """What the run learned, and its tokenizer."""
    return open_artefact(run / "finetune"), open_artefact(run / "tokenizer")


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
        choosers = {str(run): answering(run).predictor for run in runs}
        return Committee({name: each for name, each in choosers.items() if isinstance(each, Chooser)})
    members: list[Member] = []
    for run in runs:
        finetune, tokenizer = _trained(run)
        # Each model has one voice, also where a run has several.
        for number, model in enumerate(models_of(finetune), 1):
            members.append(Member(str(folder_of(run, number)), model, coders_of(tokenizer)))
    return together(members, task)
