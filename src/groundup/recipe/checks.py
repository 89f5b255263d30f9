"""What is refused before work is spent on it: models that cannot learn, dials that move nothing, too few documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundup.errors import GroundupError
from groundup.model.settings import ModelSettings, from_preset
from groundup.objectives.settings import ObjectiveSettings
from groundup.recipe.recipe import Recipe
from groundup.store.artefact import Artefact
from groundup.tasks.settings import TaskSettings
from groundup.training.settings import WarmStartSettings

if TYPE_CHECKING:
    from torch.nn import Module

    from groundup.objectives.settings import ObjectiveSettings


def check_model(recipe: Recipe) -> None:
    """Raise GroundupError for a model that cannot be or learn, before any text is read rather than after all of it."""
    from groundup.objectives.spans import sentinels_needed
    from groundup.objectives.table import check, looks_ahead
    from groundup.training.cost import sketch

    model = sketch(recipe.model, recipe.tokenizer.vocabulary)
    objective = recipe.pretrain.objective
    parts = list(model.modules())
    is_one_way = model.encoder is None and any(getattr(part, "is_one_way", False) for part in parts)
    check(objective, recipe.model.encoder, recipe.model.decoder, is_one_way=is_one_way)
    if is_one_way and looks_ahead(objective):
        raise GroundupError(
            f"The objective {objective.kind} shows a model what lies ahead, and model.decoder "
            f"{list(recipe.model.decoder)} has a mixer that only reads on from what came before.",
            "Put the mixers into model.encoder and leave model.decoder empty (masked, detection), or choose causal.",
        )
    _check_dials(recipe, parts)
    if recipe.model.weight_drop and not any(hasattr(part, "weight_drop") for part in parts):
        raise GroundupError(
            f"model.weight_drop is {recipe.model.weight_drop}, and the model has no recurrent weights to drop.",
            "Set it to 0, or give the model lstm or gru layers.",
        )
    if recipe.pretrain.pack:
        raise GroundupError(
            "pretrain.pack puts pairs of texts together, and running text fills its rows as it is.",
            "Leave pretrain.pack out; pretrain.documents_apart says whether the documents of a row see each other.",
        )
    _check_passes(recipe.model, objective, "pretrain")
    _check_bpe_dropout(recipe, "pretrain", objective)
    needed = sentinels_needed(objective, recipe.model.context) if objective.kind == "spans" else 0
    if recipe.tokenizer.sentinels < needed:
        raise GroundupError(
            f"The objective spans marks what it takes out of {recipe.model.context} tokens with up to {needed} "
            f"sentinels, and tokenizer.sentinels is {recipe.tokenizer.sentinels}.",
            f"Set tokenizer.sentinels to {needed}.",
        )


def _check_passes(model: ModelSettings, objective: ObjectiveSettings, section: str) -> None:
    """Raise GroundupError for two passes that cannot differ."""
    # Dropped weights are none of them: they are drawn for a batch, and so the same in both passes.
    chances = ("dropout", "embedding_dropout", "attention_dropout", "stochastic_depth")
    if objective.r_drop and not any(getattr(model, name) for name in chances):
        raise GroundupError(
            f"{section}.objective.r_drop compares two passes with different dropout, and this model has none: they "
            "would be equal, at twice the cost.",
            "Set model.dropout, such as 0.1, or r_drop to 0.",
        )


def check_task(recipe: Recipe) -> None:
    """Raise GroundupError for a task that the recipe's model cannot learn, before any example is read."""
    from groundup.objectives.table import NEEDS
    from groundup.recipe.finetuning import begins_anew, finetuning, model_of, reads_one_way
    from groundup.tasks.windows import check_room
    from groundup.training.cost import sketch

    assert recipe.task is not None
    settings = finetuning(recipe)
    need = NEEDS[settings.objective.kind]
    if not need.fits(bool(recipe.model.encoder), bool(recipe.model.decoder)):
        raise GroundupError(
            f"A task of kind {recipe.task.kind}{_answers(recipe.task)} needs a model with {need.wanted}, and this one "
            f"has model.encoder {list(recipe.model.encoder)} and model.decoder {list(recipe.model.decoder)}.",
            f"{need.remedy}.",
        )
    if recipe.task.kind == "questions" and not recipe.task.writes and reads_one_way(recipe):
        raise GroundupError(
            "A span is pointed at by a stack that sees the whole passage, and model.decoder reads from left to right.",
            "Put the mixers into model.encoder and set model.decoder to [], or set task.answers to texts.",
        )
    sketch(recipe.model, recipe.tokenizer.vocabulary)
    _check_bpe_dropout(recipe, "finetune", settings.objective)
    if settings.objective.bpe_dropout and not recipe.task.writes:
        raise GroundupError(
            f"finetune.objective.bpe_dropout is {settings.objective.bpe_dropout}: it spells pairs anew at every step, "
            f"and the texts of a task of kind {recipe.task.kind}{_answers(recipe.task)} are cut once.",
            "Set finetune.objective.bpe_dropout to 0.",
        )
    if settings.pack and not recipe.task.writes:
        raise GroundupError(
            f"finetune.pack puts pairs of texts together, and a task of kind {recipe.task.kind}{_answers(recipe.task)} "
            "has none.",
            "Leave finetune.pack out.",
        )
    if not settings.documents_apart:
        raise GroundupError(
            "finetune.documents_apart is false, and the examples of a task never see each other: each has a row of its "
            "own, or one that finetune.pack parts between them.",
            "Leave finetune.documents_apart out; it is for running text, as in pretrain.documents_apart.",
        )
    _check_passes(model_of(recipe), settings.objective, "finetune")
    if recipe.task.kind == "questions" and not recipe.task.writes:
        check_room(recipe.model.context, recipe.task.stride, recipe.task.longest_question)
    is_lent = recipe.tokenizer.from_run is not None or not begins_anew(recipe)
    if is_lent and recipe.task.writes and recipe.task.vocabulary == "separate":
        raise GroundupError(
            "task.vocabulary is separate, and what is learned from a corpus or taken from another run has one "
            "vocabulary.",
            "Set task.vocabulary to joint, or begin anew: without corpus, finetune.warm_start and tokenizer.from_run.",
        )
    if recipe.corpus is not None and recipe.finetune.warm_start != WarmStartSettings():
        raise GroundupError(
            "finetune.warm_start names another run, and the task of a recipe with a corpus starts from what was "
            "learned there.",
            "Leave out finetune.warm_start, or the corpus; pretraining may start from other runs by "
            "pretrain.warm_start.",
        )


def _check_bpe_dropout(recipe: Recipe, section: str, objective: ObjectiveSettings) -> None:
    """Raise GroundupError where merges are to be left out, and the tokenizer has none."""
    if objective.bpe_dropout and recipe.tokenizer.kind != "bpe":
        raise GroundupError(
            f"{section}.objective.bpe_dropout is {objective.bpe_dropout}: it leaves out merges, and a tokenizer of "
            f"kind {recipe.tokenizer.kind} has none.",
            f"Set tokenizer.kind to bpe, or {section}.objective.bpe_dropout to 0.",
        )


def _answers(task: TaskSettings) -> str:
    return f" with answers that are {'written' if task.writes else 'spans'}" if task.kind == "questions" else ""


def _check_dials(recipe: Recipe, parts: list[Module]) -> None:
    """Raise GroundupError for a dial of the model that was turned and moves nothing; what a preset brings may idle."""
    model = recipe.model
    usual = ModelSettings() if model.preset is None else from_preset(model.preset)

    def is_turned(name: str) -> bool:
        return bool(getattr(model, name) != getattr(usual, name))

    if (
        model.locked_dropout
        and is_turned("locked_dropout")
        and not any((model.dropout, model.embedding_dropout, recipe.finetune.dropout))
    ):
        raise GroundupError(
            "model.locked_dropout says how outputs and embeddings are dropped, and this model drops none.",
            "Set model.dropout, such as 0.1, or model.locked_dropout to false.",
        )
    is_plain = (
        recipe.task is None
        and recipe.pretrain.objective.pairs == "none"
        and recipe.pretrain.warm_start == WarmStartSettings()
    )
    if model.segments and is_turned("segments") and is_plain:
        raise GroundupError(
            f"model.segments is {model.segments}, which tells the texts of a row apart, and rows of this objective "
            "have one.",
            "Set pretrain.objective.pairs to next_sentence, sentence_order or cloze, or model.segments to 0.",
        )
    attends = any(hasattr(part, "window") for part in parts)
    if model.window is not None and is_turned("window") and not attends:
        raise GroundupError(
            f"model.window is {model.window}, which narrows attention, and the model has none.",
            "Set model.window to null, or give a layer attention.",
        )
    if model.positions == "relative" and is_turned("positions") and not attends:
        raise GroundupError(
            "model.positions is relative, a bias of attention, and the model has none.",
            "Set model.positions to none, or give a layer attention.",
        )


def check_documents(recipe: Recipe, corpus: Artefact) -> None:
    """Raise GroundupError, before any work on it, for a corpus that has too few documents for the objective."""
    if recipe.pretrain.objective.pairs != "next_sentence":
        return
    for split, what in (("train", "training"), ("validation", "held-out")):
        if corpus.manifest.facts[split]["documents"] == 1:
            raise GroundupError(
                f"Next sentence takes a second text from another document, and the {what} text has one document.",
                "Let corpus.validation hold out two documents or more and leave as many to train on (it needs sources "
                "of several), or set pretrain.objective.pairs to sentence_order, which needs one.",
            )
