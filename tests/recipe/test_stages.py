"""Which stage a change of the recipe makes anew; the walk itself is tested through the command `build`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from groundup.catalogue.references import Resolved
from groundup.corpus.settings import CorpusSettings, SourceSettings
from groundup.recipe.recipe import Recipe
from groundup.recipe.stages import Inputs, stages_of
from groundup.store.runner import stage_fingerprints
from groundup.training.duration import Duration

PLAIN = Recipe("Plain", CorpusSettings((SourceSettings("x"),)))
ALL = {"corpus", "tokenizer", "shards", "pretrain", "samples", "report"}


def fingerprints(recipe: Recipe, data: str = "a") -> dict[str, str]:
    inputs = Inputs(data, lambda: (Resolved(Path("x"), "x", "", data),))
    return stage_fingerprints(stages_of(recipe, inputs), recipe.seed)


def changed(recipe: Recipe, data: str = "a") -> set[str]:
    before, after = fingerprints(PLAIN), fingerprints(recipe, data)
    return {name for name in before if before[name] != after[name]}


def test_the_stages_come_in_order() -> None:
    assert list(fingerprints(PLAIN)) == ["corpus", "tokenizer", "shards", "pretrain", "samples", "report"]


@pytest.mark.parametrize(
    ("recipe", "made"),
    [
        (replace(PLAIN, description="Other words."), {"report"}),
        (replace(PLAIN, samples=replace(PLAIN.samples, prompts=("The",))), {"samples", "report"}),
        (
            replace(PLAIN, pretrain=replace(PLAIN.pretrain, budget=Duration.parse("5 steps"))),
            {"pretrain", "samples", "report"},
        ),
        (replace(PLAIN, model=replace(PLAIN.model, size=2)), {"pretrain", "samples", "report"}),
        (replace(PLAIN, tokenizer=replace(PLAIN.tokenizer, vocabulary=999)), ALL - {"corpus"}),
        (replace(PLAIN, corpus=replace(PLAIN.corpus, minimum_characters=9)), ALL),
        (replace(PLAIN, seed=2), ALL),
    ],
)
def test_a_change_makes_anew_what_it_touches_and_nothing_else(recipe, made) -> None:
    assert changed(recipe) == made


def test_other_texts_make_everything_anew() -> None:
    assert changed(PLAIN, data="b") == ALL


def test_the_number_of_workers_changes_nothing() -> None:
    inputs = Inputs("a", lambda: ())
    assert stage_fingerprints(stages_of(PLAIN, inputs, workers=3), PLAIN.seed) == fingerprints(PLAIN)
