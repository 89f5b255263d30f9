"""What fine-tuning is, once the whole recipe is known: its objective follows from the task."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from groundup.errors import GroundupError
from groundup.model.settings import ModelSettings
from groundup.objectives.settings import ObjectiveSettings
from groundup.recipe.recipe import Recipe
from groundup.store.fingerprint import plain
from groundup.tasks.settings import TaskSettings
from groundup.training.duration import Duration
from groundup.training.settings import FinetuneSettings, WarmStartSettings

# What of a task decides which examples there are, and what of it the weights depend on; the rest is for answering.
READING = (
    "kind", "train", "data", "validation", "test", "validation_share", "test_share", "limit", "columns", "on_bad_row",
    "encoding", "gate",
)  # fmt: skip
LEARNING = ("kind", "answers", "pool", "keep", "stride", "longest_question", "kinds", "exchangeable")
# Those that not every task has, each with what has it.
OWNERS = {
    "gate": "translation", "pool": "classification", "keep": "classification", "answers": "questions",
    "stride": "spans", "longest_question": "spans", "kinds": "questions", "exchangeable": "texts",
}  # fmt: skip


# What lets the knowledge of a trained model outlast what it learns. A quarter of the rates is GPT's choice (6.25e-5
# after 2.5e-4; BERT's are a fifth to a half); the decay is ELECTRA's for its small and base models (arXiv 2003.10555,
# appendix B); and as heads begin with noise, what flows back through them is noise until they have learned something.
GENTLE = {"rate_factor": 0.25, "layer_decay": 0.8, "unfreeze": 0.1}
# How long: BERT's 2 to 4 epochs (arXiv 1810.04805) are for what is known already; new weights have all still to learn.
KNOWN, NEW = Duration.parse("4 epochs"), Duration.parse("20 epochs")


def of_task(task: TaskSettings, names: tuple[str, ...]) -> dict[str, Any]:
    """Some of the task's settings, for a stage's fingerprint and for the report, save those it has no use for."""
    has = {task.kind, task.answers} if task.kind == "questions" else {task.kind}
    return {name: getattr(task, name) for name in names if name not in OWNERS or OWNERS[name] in has}


def sources_of_examples(recipe: Recipe) -> tuple[str, ...]:
    """The stages that give the examples of the task, if it has one."""
    if recipe.task is None:
        return ()
    return ("examples",) if recipe.task.back_translation is None else ("examples", "back_translation")


def objective_of(task: TaskSettings) -> Literal["sequence", "labels"]:
    """The kind of objective that a task's model learns."""
    return "sequence" if task.writes else "labels"


def begins_anew(recipe: Recipe) -> bool:
    """Whether all weights of the task's model are new."""
    return recipe.corpus is None and recipe.finetune.warm_start == WarmStartSettings()


def reads_one_way(recipe: Recipe) -> bool:
    """Whether the stack that reads a task's texts sees only what stands before, as it does in a causal model."""
    from groundup.objectives.table import looks_ahead

    learned_to_look_ahead = recipe.corpus is not None and looks_ahead(recipe.pretrain.objective)
    return not recipe.model.encoder and not learned_to_look_ahead


def model_of(recipe: Recipe) -> ModelSettings:
    """The settings of the task's model: those of the one that learns from a corpus, save the share of dropout."""
    share = recipe.finetune.dropout
    return recipe.model if share is None else replace(recipe.model, dropout=share)


def learning_of(recipe: Recipe) -> dict[str, Any]:
    """What the weights of a task's model, or models, depend on: for the stage's fingerprint and for the report."""
    assert recipe.task is not None
    found: dict[str, Any] = {
        "model": model_of(recipe),
        "finetune": plain(finetuning(recipe)),
        "task": of_task(recipe.task, LEARNING),
    }
    # It has gone into the model's.
    del found["finetune"]["dropout"]
    if recipe.finetune.members == 1:
        # One model is the same as it was before there could be several.
        del found["finetune"]["members"]
    if not recipe.task.kinds:
        # Nor was a run of all kinds another before there could be one of some.
        found["task"].pop("kinds", None)
    return found


def finetuning(recipe: Recipe, sample: str = "") -> FinetuneSettings:
    """The settings of the task's training, with its objective; `sample` is what the model writes of on the way.

    Raises GroundupError where the recipe asks for another objective.
    """
    assert recipe.task is not None
    ours, kind = recipe.finetune.objective, objective_of(recipe.task)
    if ours.kind not in (ObjectiveSettings().kind, kind):
        raise GroundupError(
            f"finetune.objective.kind is {ours.kind}, and a task of kind {recipe.task.kind} is learned by {kind}.",
            "Leave finetune.objective.kind out: it follows from the task.",
        )
    follows: dict[str, Any] = {"budget": NEW} if begins_anew(recipe) else {"budget": KNOWN, **GENTLE}
    follows = {name: value for name, value in follows.items() if getattr(recipe.finetune, name) is None}
    prompt = recipe.finetune.sample_prompt or sample
    return replace(recipe.finetune, objective=replace(ours, kind=kind), sample_prompt=prompt, **follows)
