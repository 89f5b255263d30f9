"""What fine-tuning learns follows from the task, and from whether anything was learned before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from groundup.corpus.settings import CorpusSettings, SourceSettings
from groundup.errors import GroundupError
from groundup.model.settings import ModelSettings
from groundup.objectives.settings import ObjectiveSettings
from groundup.recipe.finetuning import (
    LEARNING,
    OWNERS,
    READING,
    begins_anew,
    finetuning,
    learning_of,
    model_of,
    of_task,
    reads_one_way,
)
from groundup.recipe.recipe import Recipe
from groundup.tasks.settings import TaskSettings
from groundup.training.duration import Duration
from groundup.training.settings import FinetuneSettings, WarmStartSettings

CLASSES = Recipe("Plain", task=TaskSettings("classification", "a.csv"))
CORPUS = CorpusSettings((SourceSettings("x"),))


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        (TaskSettings("classification", "a"), "labels"),
        (TaskSettings("translation", "a"), "sequence"),
        (TaskSettings("questions", "a"), "labels"),
        (TaskSettings("questions", "a", answers="texts"), "sequence"),
    ],
)
def test_the_objective_follows_from_the_task(task, kind) -> None:
    recipe = replace(CLASSES, task=task)
    assert finetuning(recipe).objective.kind == kind
    other = FinetuneSettings(objective=ObjectiveSettings(kind="masked"))
    with pytest.raises(GroundupError, match="it follows from the task"):
        finetuning(replace(recipe, finetune=other))


def test_a_sample_is_of_the_task_unless_the_recipe_names_one() -> None:
    assert finetuning(CLASSES, "a text").sample_prompt == "a text"
    named = replace(CLASSES, finetune=FinetuneSettings(sample_prompt="mine"))
    assert finetuning(named, "a text").sample_prompt == "mine"


def test_what_the_examples_and_the_weights_depend_on_are_settings_of_the_task() -> None:
    assert CLASSES.task is not None
    assert set(of_task(CLASSES.task, READING)) == set(READING) - {"gate"}
    assert "search" not in {*READING, *LEARNING}


@pytest.mark.parametrize(
    ("task", "has"),
    [
        (TaskSettings("classification", "a"), {"pool", "keep"}),
        (TaskSettings("translation", "a"), {"gate"}),
        (TaskSettings("questions", "a"), {"answers", "stride", "longest_question", "kinds"}),
        (TaskSettings("questions", "a", answers="texts"), {"answers", "kinds", "exchangeable"}),
    ],
)
def test_a_task_has_no_dials_of_other_kinds(task, has) -> None:
    found = of_task(task, (*READING, *LEARNING))
    assert {name for name in found if name in OWNERS} == has
    assert found.keys() - OWNERS.keys() == {*READING, *LEARNING} - OWNERS.keys()


def test_only_without_anything_before_it_does_a_model_begin_anew() -> None:
    assert begins_anew(CLASSES)
    assert not begins_anew(replace(CLASSES, corpus=CORPUS))
    warm = FinetuneSettings(warm_start=WarmStartSettings(decoder="runs/x"))
    assert not begins_anew(replace(CLASSES, finetune=warm))


def test_new_weights_learn_for_longer_unless_the_recipe_says_how_long() -> None:
    warm = FinetuneSettings(warm_start=WarmStartSettings(decoder="runs/x"))
    assert str(finetuning(CLASSES).budget) == "20 epochs"
    for recipe in (replace(CLASSES, corpus=CORPUS), replace(CLASSES, finetune=warm)):
        assert str(finetuning(recipe).budget) == "4 epochs"
        assert finetuning(recipe).rate_factor == 0.25
        said = replace(recipe.finetune, budget=Duration.parse("3 minutes"))
        assert str(finetuning(replace(recipe, finetune=said)).budget) == "3 minutes"


def test_a_decoder_reads_one_way_and_an_encoder_both() -> None:
    assert reads_one_way(CLASSES)
    both = ModelSettings(encoder=("attention",), decoder=())
    assert not reads_one_way(replace(CLASSES, model=both))


def test_a_task_may_be_learned_with_another_share_of_dropout() -> None:
    model = ModelSettings(dropout=0.1)
    recipe = replace(CLASSES, model=model)
    assert model_of(recipe) == model
    other = replace(recipe, finetune=FinetuneSettings(dropout=0.5))
    assert model_of(other) == replace(model, dropout=0.5)
    assert other.model == model
    # It is one thing, wherever it is said.
    there = replace(recipe, model=replace(model, dropout=0.5))
    assert learning_of(other) == learning_of(there) != learning_of(recipe)
    with pytest.raises(ValueError, match="below 1"):
        FinetuneSettings(dropout=1.0)


def test_all_kinds_are_what_they_were_before_there_could_be_some() -> None:
    recipe = replace(CLASSES, task=TaskSettings("questions", "a"))
    assert "kinds" not in learning_of(recipe)["task"]
    some = replace(recipe, task=TaskSettings("questions", "a", kinds=("qa1",)))
    assert learning_of(some)["task"] == {**learning_of(recipe)["task"], "kinds": ("qa1",)}
