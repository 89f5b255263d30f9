"""The models of `recipes/comparison.yaml`, and of its twin on novels, are of one size, as it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from groundup.model.model import parameter_count
from groundup.recipe.loader import load
from groundup.recipe.overrides import parse_overrides
from groundup.recipe.recipe import Recipe
from groundup.training.cost import sketch

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
CHARACTERS = 70


def commands(name: str = "comparison") -> dict[str, list[str]]:
    """The overrides of each command in the recipe's comments, by the run's name."""
    text = re.sub(r"(?m)^# ?", "", (RECIPES / f"{name}.yaml").read_text("utf-8")).replace("\\\n", " ")
    lines = re.findall(rf"(?m)^ *groundup build recipes/{name}\.yaml --out runs/{name}/(\w+) *(.*)$", text)
    return {name: shlex.split(rest) for name, rest in lines}


def recipe_of(overrides: list[str], name: str = "comparison") -> Recipe:
    return load(RECIPES / f"{name}.yaml", Recipe, parse_overrides(overrides))


@pytest.mark.parametrize(("twin", "vocabulary"), [("comparison", CHARACTERS), ("comparison-novels", 4000)])
def test_the_four_are_of_the_same_size_and_read_alike(twin: str, vocabulary: int) -> None:
    recipes = {name: recipe_of(overrides, twin) for name, overrides in commands(twin).items()}
    assert set(recipes) == {"transformer", "mingru", "lstm", "gru"}
    assert commands(twin) == commands()
    sizes = {name: parameter_count(sketch(recipe.model, vocabulary)) for name, recipe in recipes.items()}
    assert max(sizes.values()) < 1.01 * min(sizes.values()), sizes
    assert len({(recipe.model.context, str(recipe.pretrain), str(recipe.corpus)) for recipe in recipes.values()}) == 1


def test_the_mingru_of_the_comparison_is_the_one_of_its_own_recipe() -> None:
    assert recipe_of(commands()["mingru"]).model == recipe_of([], "shakespeare-mingru").model
