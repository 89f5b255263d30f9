"""Models that cannot learn, and dials that move nothing, are refused with a way out; what a preset brings may idle."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from groundup.corpus.settings import CorpusSettings, SourceSettings
from groundup.errors import GroundupError
from groundup.model.presets import PRESETS
from groundup.model.settings import ModelSettings
from groundup.objectives.settings import ObjectiveSettings
from groundup.recipe.checks import check_model, check_task
from groundup.recipe.recipe import Recipe
from groundup.tasks.settings import TaskSettings
from groundup.tokens.settings import TokenizerSettings
from groundup.training.settings import FinetuneSettings, WarmStartSettings

PLAIN = Recipe("Plain", CorpusSettings((SourceSettings("x"),)))

REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"kind": "spans"}, "needs a model with an encoder and a decoder"),
    ({"encoder": ("attention",)}, {"kind": "spans"}, "has no mixer that looks at the encoder"),
    ({"decoder": ("attention", "cross")}, {}, "there is no encoder"),
    ({"encoder": ("attention",), "decoder": ("attention", "cross")}, {"kind": "spans"}, "tokenizer.sentinels is 0"),
    ({"decoder": ("lstm", "glu")}, {"kind": "masked"}, "only reads on from what came before"),
    ({"decoder": ("attention", "mingru")}, {"kind": "hybrid"}, "only reads on from what came before"),
    ({"weight_drop": 0.5}, {}, "no recurrent weights to drop"),
    ({}, {"r_drop": 1.0}, "this model has none"),
    ({"decoder": ("lstm",), "weight_drop": 0.5}, {"r_drop": 1.0}, "this model has none"),
    ({"locked_dropout": True}, {}, "this model drops none"),
    ({"segments": 2}, {}, "rows of this objective have one"),
    ({"decoder": ("lstm",), "window": 8}, {}, "model.window is 8"),
    ({"decoder": ("lstm",), "positions": "relative"}, {}, "a bias of attention"),
    ({"encoder": ("attention",), "decoder": ()}, {}, "The objective causal needs a model with a decoder"),
]


@pytest.mark.parametrize(("model", "objective", "words"), REFUSED)
def test_what_cannot_learn_is_refused_with_a_way_out(model, objective, words) -> None:
    pretrain = replace(PLAIN.pretrain, objective=ObjectiveSettings(**objective))
    with pytest.raises(GroundupError, match=re.escape(words)) as caught:
        check_model(replace(PLAIN, model=ModelSettings(**model), pretrain=pretrain))
    assert caught.value.remedy


def test_running_text_is_not_packed() -> None:
    with pytest.raises(GroundupError, match=re.escape("Leave pretrain.pack out; pretrain.documents_apart")):
        check_model(replace(PLAIN, pretrain=replace(PLAIN.pretrain, pack=True)))


@pytest.mark.parametrize(
    ("model", "objective"),
    [
        ({"encoder": ("lstm", "glu"), "decoder": ()}, {"kind": "masked", "pairs": "sentence_order"}),
        ({"decoder": ("lstm",), "weight_drop": 0.5, "dropout": 0.1}, {"r_drop": 1.0}),
        ({"embedding_dropout": 0.1}, {"r_drop": 1.0}),
        ({"decoder": ("attention",)}, {"kind": "masked"}),
        # What comes by itself or with a preset may idle.
        ({"decoder": ("lstm",)}, {}),
        ({**PRESETS["awd_lstm"], "preset": "awd_lstm", "dropout": 0.0, "embedding_dropout": 0.0}, {}),
        ({**PRESETS["griffin"], "preset": "griffin", "decoder": ("mingru", "geglu")}, {}),
        ({**PRESETS["bert"], "preset": "bert"}, {"kind": "masked"}),
        ({"encoder": ("attention",), "decoder": (), "segments": 2}, {"kind": "masked", "pairs": "next_sentence"}),
        ({"embedding_dropout": 0.1, "locked_dropout": True}, {}),
        ({"window": 8}, {}),
        ({"encoder": ("gru",), "decoder": ("gru", "additive")}, {"kind": "sequence"}),
    ],
)
def test_what_can_learn_is_let_through(model, objective) -> None:
    pretrain = replace(PLAIN.pretrain, objective=ObjectiveSettings(**objective))
    check_model(replace(PLAIN, model=ModelSettings(**model), pretrain=pretrain))


BOTH = {"encoder": ("attention",), "decoder": ("attention", "cross")}
TASKS_REFUSED: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    ({"kind": "translation"}, {}, {}, "A task of kind translation needs a model with"),
    ({"kind": "questions", "answers": "texts"}, {}, {}, "with answers that are written needs a model with"),
    ({"kind": "questions"}, {}, {}, "set task.answers to texts"),
    ({"kind": "classification"}, {}, {"kind": "masked"}, "Leave finetune.objective.kind out"),
    ({"kind": "translation"}, BOTH, {"bpe_dropout": 0.1}, "Set tokenizer.kind to bpe"),
]


@pytest.mark.parametrize(("task", "model", "objective", "words"), TASKS_REFUSED)
def test_a_task_that_the_model_cannot_learn_is_refused_with_a_way_out(task, model, objective, words) -> None:
    recipe = Recipe(
        "Plain",
        task=TaskSettings(train="x", **task),
        model=ModelSettings(**model),
        finetune=FinetuneSettings(objective=ObjectiveSettings(**objective)),
        tokenizer=TokenizerSettings(kind="unigram"),
    )
    with pytest.raises(GroundupError, match=re.escape(words)):
        check_task(recipe)


def test_pretraining_has_one_vocabulary_for_both_sides() -> None:
    task = TaskSettings("translation", "x", vocabulary="separate")
    recipe = Recipe("Plain", task=task, model=ModelSettings(**BOTH))
    check_task(recipe)
    with pytest.raises(GroundupError, match=r"task\.vocabulary to joint"):
        check_task(replace(recipe, corpus=PLAIN.corpus))


def finetuned(task: dict[str, Any], model: dict[str, Any], **sections: Any) -> Recipe:
    return Recipe("Plain", task=TaskSettings(train="x", **task), model=ModelSettings(**model), **sections)


def objective(**values: Any) -> FinetuneSettings:
    return FinetuneSettings(objective=ObjectiveSettings(**values))


POINTING: dict[str, Any] = {"encoder": ("attention",), "decoder": ()}


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (finetuned({"kind": "classification"}, {}, finetune=objective(bpe_dropout=0.1)), "are cut once"),
        (finetuned({"kind": "classification"}, {}, finetune=objective(r_drop=1.0)), "finetune.objective.r_drop"),
        (finetuned({"kind": "classification"}, {}, finetune=FinetuneSettings(pack=True)), "Leave finetune.pack out"),
        (
            finetuned({"kind": "classification"}, {}, finetune=FinetuneSettings(documents_apart=False)),
            "Leave finetune.documents_apart out",
        ),
        (finetuned({"kind": "questions"}, {**POINTING, "context": 64}), "could not move on"),
    ],
)
def test_dials_of_a_task_that_cannot_work_are_refused_before_its_examples_are_read(recipe, words) -> None:
    with pytest.raises(GroundupError, match=re.escape(words)):
        check_task(recipe)


def test_a_task_starts_from_one_place() -> None:
    started = FinetuneSettings(warm_start=WarmStartSettings(decoder="runs/other"))
    recipe = finetuned({"kind": "classification"}, {}, finetune=started)
    check_task(recipe)
    with pytest.raises(GroundupError, match=r"Leave out finetune\.warm_start"):
        check_task(replace(recipe, corpus=PLAIN.corpus))


@pytest.mark.parametrize(
    "sections",
    [
        {"tokenizer": TokenizerSettings(from_run="runs/other")},
        {"finetune": FinetuneSettings(warm_start=WarmStartSettings(encoder="runs/other"))},
    ],
)
def test_what_is_taken_from_another_run_has_one_vocabulary(sections) -> None:
    recipe = finetuned({"kind": "translation", "vocabulary": "separate"}, BOTH, **sections)
    with pytest.raises(GroundupError, match=r"task\.vocabulary to joint"):
        check_task(recipe)
