"""The models of `recipes/comparison.yaml` are of one size, as it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from groundup.model.model import parameter_count
from groundup.recipe.loader import load
from groundup.recipe.overrides import parse_overrides
from groundup.recipe.recipe import Recipe
from groundup.training.cost import sketch

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
CHARACTERS = 70


def commands() -> dict[str, list[str]]:
    """The overrides of each command in the recipe's comments, by the run's name."""
    text = re.sub(r"(?m)^# ?", "", (RECIPES / "comparison.yaml").read_text("utf-8")).replace("\\\n", " ")
    lines = re.findall(r"(?m)^ *groundup build recipes/comparison\.yaml --out runs/comparison/(\w+) *(.*)$", text)
    return {name: shlex.split(rest) for name, rest in lines}


def recipe_of(overrides: list[str], name: str = "comparison") -> Recipe:
    return load(RECIPES / f"{name}.yaml", Recipe, parse_overrides(overrides))


def test_the_four_are_of_the_same_size_and_read_alike() -> None:
    recipes = {name: recipe_of(overrides) for name, overrides in commands().items()}
    assert set(recipes) == {"transformer", "mingru", "lstm", "gru"}
    sizes = {name: parameter_count(sketch(recipe.model, CHARACTERS)) for name, recipe in recipes.items()}
    assert max(sizes.values()) < 1.01 * min(sizes.values()), sizes
    assert len({(recipe.model.context, str(recipe.pretrain), str(recipe.corpus)) for recipe in recipes.values()}) == 1


def test_the_mingru_of_the_comparison_is_the_one_of_its_own_recipe() -> None:
    assert recipe_of(commands()["mingru"]).model == recipe_of([], "shakespeare-mingru").model
