"""What comes into a run from outside: texts, examples, and other runs that it builds on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from groundup.catalogue.references import Resolved, resolve
from groundup.corpus.settings import CorpusSettings
from groundup.errors import GroundupError
from groundup.progress import SILENT, Progress
from groundup.recipe.back_translation_inputs import BackTranslationInputs, back_translation_inputs
from groundup.recipe.checks import check_model, check_task
from groundup.recipe.donors import Beginning, Taken, beginning_of, check_direction, check_fit, with_tokenizer
from groundup.recipe.recipe import Recipe
from groundup.recipe.task_inputs import Examples, TaskInputs, task_inputs
from groundup.store.artefact import open_artefact
from groundup.store.fingerprint import fingerprint
from groundup.store.manifest import MANIFEST
from groundup.tasks.settings import TaskSettings


@dataclass(frozen=True)
class CorpusInputs:
    """What the texts that a corpus is made from stand for, and the fingerprint of it all."""

    fingerprint: str
    resolved: Callable[[], tuple[Resolved, ...]]
    """Gives the places of `CorpusSettings.texts`, or raises GroundupError where one has vanished."""


@dataclass(frozen=True)
class Inputs:
    """What comes into a run from outside: texts, examples, and other runs that it builds on."""

    corpus: CorpusInputs | None = None
    task: TaskInputs | None = None
    back_translation: BackTranslationInputs | None = None
    """What further examples are made from, where sources are translated back."""
    tokenizer: Taken | None = None
    """That of another run, where it is taken from there."""
    beginning: Beginning | None = None
    """Whose weights the model starts from."""
    task_beginning: Beginning | None = None
    """Whose weights the model of the task starts from, where it is another run's."""


def inputs_of(recipe: Recipe, out: Path, base: Path | None, progress: Progress = SILENT) -> tuple[Recipe, Inputs]:
    """The recipe as it is to be run, and all that it builds on; what cannot work is refused before any work is done.

    Raises GroundupError for what the user can mend.
    """
    recipe, tokenizer = with_tokenizer(recipe, out, base)
    inputs = Inputs(tokenizer=tokenizer)
    if recipe.corpus is not None:
        beginning = beginning_of(recipe, out, base)
        if not (out / "pretrain").exists():
            check_model(recipe)
            if beginning is not None:
                check_fit(recipe, beginning, tokenizer)
        inputs = replace(inputs, corpus=corpus_inputs(recipe.corpus, out, base, progress), beginning=beginning)
    if recipe.task is not None:
        before = beginning_of(recipe, out, base, "finetune")
        if not (out / "finetune").exists():
            check_task(recipe)
            if before is not None:
                check_fit(recipe, before, tokenizer)
                check_direction(recipe, before)
        found = _task_inputs(recipe.task, recipe.seed, out, base, progress)
        made = back_translation_inputs(recipe.task, out, base)
        inputs = replace(inputs, task=found, task_beginning=before, back_translation=made)
    return recipe, inputs


def corpus_inputs(corpus: CorpusSettings, out: Path, base: Path | None, progress: Progress) -> CorpusInputs:
    """What the texts of a corpus stand for; where they are gone and were read before, what that said of them."""
    try:
        found = tuple(resolve(text.data, base, progress) for text in corpus.texts)
    except GroundupError as missing:
        # A corpus that is done needs its sources no more; one that is not says what is missing when it begins.
        before, error = _inputs_before(out, "documents"), missing
        if before is None:
            raise

        def refuse() -> tuple[Resolved, ...]:
            raise error

        return CorpusInputs(before, refuse)
    return CorpusInputs(fingerprint([source.fingerprint for source in found]), lambda: found)


def _task_inputs(task: TaskSettings, seed: int, out: Path, base: Path | None, progress: Progress) -> TaskInputs:
    try:
        return task_inputs(task, seed, base, progress)
    except GroundupError as missing:
        # The same holds for examples that were read already.
        before, error = _inputs_before(out, "examples"), missing
        if before is None:
            raise

        def refuse(folder: Path) -> Examples:
            raise error

        return TaskInputs(before, refuse)


def _inputs_before(out: Path, stage: str) -> str | None:
    """The fingerprint of what a stage in the run folder `out` was made from, None where there is none."""
    if not (out / stage / MANIFEST).is_file():
        return None
    inputs: str | None = open_artefact(out / stage, verify=False).manifest.facts.get("inputs")
    return inputs
