"""The walk of a recipe: each room's work as a stage of the runner, from raw text or a task's examples to a report.

Rooms know nothing of stages; `text_stages`, `tokenizer_stage` and `task_stages` know which output feeds which work.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from groundup.corpus.workers import ALONE, Crew
from groundup.errors import GroundupError, did_you_mean
from groundup.progress import SILENT, Hear, Progress
from groundup.recipe.back_translation_stage import back_translation_stage
from groundup.recipe.dump import dump
from groundup.recipe.inputs import Inputs, corpus_inputs, inputs_of
from groundup.recipe.ngrams_stage import ngrams_stage
from groundup.recipe.notes import note
from groundup.recipe.recipe import Recipe
from groundup.recipe.task_stages import examples_stage, finetune_stage, test_stage
from groundup.recipe.text_stages import corpus_stages, pretraining_stages
from groundup.recipe.tokenizer_stage import tokenizer_stage
from groundup.store.artefact import Artefact
from groundup.store.runner import Bench, Stage, run_stages


def build(
    recipe: Recipe,
    out: Path,
    *,
    base: Path | None = None,
    crew: Crew = ALONE,
    progress: Progress = SILENT,
    replace: bool = False,
    until: str | None = None,
    hear: Hear = lambda event: None,
) -> dict[str, Artefact]:
    """Run the stages of `recipe` that are not done yet in the run folder `out`; all artefacts by stage.

    Paths in the recipe may be relative to `base`, the recipe's folder; `until` names the last stage to run (None: all);
    `hear` is told the events of training. Raises GroundupError for what the user can mend, StoppedError after a signal.
    """
    recipe, inputs = inputs_of(recipe, out, base, progress)
    stages = stages_of(recipe, inputs, crew, hear)
    if until is not None:
        stages = stages[: _place(stages, until) + 1]
    return run_stages(stages, out, seed=recipe.seed, progress=progress, replace=replace)


def build_corpus(
    recipe: Recipe,
    out: Path,
    *,
    base: Path | None = None,
    crew: Crew = ALONE,
    progress: Progress = SILENT,
    replace: bool = False,
) -> Artefact:
    """Run the stages of the recipe's corpus alone, as `build` does; the corpus."""
    if recipe.corpus is None:
        raise GroundupError("The recipe has no corpus.", "Give it a section `corpus` with `sources`.")
    inputs = corpus_inputs(recipe.corpus, out, base, progress)
    stages = corpus_stages(recipe, inputs, crew)
    return run_stages(stages, out, seed=recipe.seed, progress=progress, replace=replace)["corpus"]


def stages_of(
    recipe: Recipe,
    inputs: Inputs,
    crew: Crew = ALONE,
    hear: Hear = lambda event: None,
) -> tuple[Stage, ...]:
    """The stages of a recipe in order."""
    stages: list[Stage] = []
    if recipe.corpus is not None:
        assert inputs.corpus is not None, "a corpus without what it is made from"
        stages += corpus_stages(recipe, inputs.corpus, crew)
    if recipe.task is not None:
        assert inputs.task is not None, "a task without its examples"
        stages.append(examples_stage(recipe, inputs.task))
    if inputs.back_translation is not None:
        stages.append(back_translation_stage(recipe, inputs.back_translation))
    stages.append(tokenizer_stage(recipe, inputs.tokenizer))
    if recipe.corpus is not None:
        stages += pretraining_stages(recipe, inputs.beginning, hear)
    if recipe.task is not None:
        stages.append(finetune_stage(recipe, inputs.task_beginning, hear))
        if recipe.task.ngrams is not None:
            stages.append(ngrams_stage(recipe))
        stages.append(test_stage(recipe))
    parents = tuple(stage.name for stage in stages)
    work = lambda bench: _report(recipe, bench)  # noqa: E731
    return (*stages, Stage("report", {"recipe": dump(recipe)}, parents, work, worth="little"))


def _place(stages: Sequence[Stage], name: str) -> int:
    names = [stage.name for stage in stages]
    if name not in names:
        raise GroundupError(
            f"This recipe has no stage {name!r}. {did_you_mean(name, names)}".rstrip(),
            f"Its stages are, in order, {', '.join(names)}.",
        )
    return names.index(name)


def _report(recipe: Recipe, bench: Bench) -> dict[str, Any]:
    from groundup.reports.report import write_report

    note(recipe, bench)
    return write_report(bench.draft.parent, bench.draft, bench.progress)
