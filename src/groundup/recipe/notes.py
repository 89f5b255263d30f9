"""A run folder says what is being made in it, for those who look at it before it is done."""

from __future__ import annotations

from groundup.recipe.dump import dump
from groundup.recipe.recipe import Recipe
from groundup.store.files import write_durably
from groundup.store.runner import Bench


def note(recipe: Recipe, bench: Bench) -> None:
    """Write the recipe, every key of it, into the run folder."""
    write_durably(bench.draft.parent / "recipe.yaml", dump(recipe).encode())
