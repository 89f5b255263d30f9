"""A finished run of a task, opened so that its model answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.errors import GroundupError
from groundup.recipe.loader import load
from groundup.recipe.recipe import Recipe
from groundup.recipe.task_stages import predictor_of
from groundup.settings import SettingError
from groundup.store.artefact import open_artefact
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


def answering(run: Path, kind: str | None = None, **changes: object) -> Answering:
    """The trained model of a run's task; `changes` are fields of its search that shall be otherwise.

    Raises GroundupError where the run is not finished, or its task is not of `kind`.
    """
    task = task_of(run)
    if kind not in (None, task.kind):
        raise GroundupError(
            f"The run {run} was trained on a task of kind {task.kind}.",
            f"Ask it by: groundup {COMMANDS[task.kind]} {run}",
        )
    if not (run / "finetune" / MANIFEST).is_file():
        raise GroundupError(
            f"The run {run} has no trained model yet.", "Let groundup build finish it: start the same command again."
        )
    try:
        task = replace(task, search=replace(task.search, **changes))  # type: ignore[arg-type]
    except SettingError as error:
        raise GroundupError(str(error), f"Change --{error.field.replace('_', '-')}.") from error
    finetune, tokenizer = open_artefact(run / "finetune"), open_artefact(run / "tokenizer")
    return Answering(task, predictor_of(task, finetune, tokenizer))
