"""How commands take a recipe: a file, and any of its keys as an option."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from groundup.recipe.loader import load
from groundup.recipe.overrides import parse_overrides
from groundup.recipe.recipe import Recipe

# A parser with this default under `recipe_keys` takes them as options.
RECIPE_KEYS = frozenset(field.name for field in fields(Recipe))


def add_recipe(parser: argparse.ArgumentParser) -> None:
    """Add the recipe file; options the command does not know are keys of the recipe."""
    parser.add_argument("recipe", type=Path, metavar="RECIPE", help="a recipe file; any --section.key overrides it")
    parser.set_defaults(recipe_keys=RECIPE_KEYS)


def read_recipe(arguments: argparse.Namespace) -> Recipe:
    """The recipe with the command line's overrides."""
    return load(arguments.recipe, Recipe, parse_overrides(arguments.overrides))
