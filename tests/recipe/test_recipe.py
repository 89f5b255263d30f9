"""The shipped recipes, and the rules that hold for the whole."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from groundup.catalogue.references import find
from groundup.errors import GroundupError
from groundup.recipe.dump import dump
from groundup.recipe.loader import load
from groundup.recipe.recipe import Recipe
from groundup.recipe.schema import json_schema
from groundup.settings import SettingError
from groundup.tasks.made import MADE

# What nobody can fetch for the reader: the comments at the top of these recipes say where it comes from.
BROUGHT = {"web": "crawl", "wikipedia": "pages-articles.xml.bz2"}
SHIPPED = sorted((Path(__file__).resolve().parents[2] / "recipes").glob("*.yaml"))


def test_the_recipes_that_others_lean_on_are_there() -> None:
    assert {"demo.yaml", "books.yaml", "shakespeare-characters.yaml"} <= {path.name for path in SHIPPED}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_recipe_loads_conforms_and_survives_its_own_dump(path, tmp_path) -> None:
    recipe = load(path, Recipe)
    jsonschema.validate(yaml.safe_load(path.read_text()), json_schema(Recipe))
    texts = () if recipe.corpus is None else recipe.corpus.texts
    data = [text.data for text in texts] + ([] if recipe.task is None else [recipe.task.data])
    assert all(name in MADE or name == BROUGHT.get(path.stem) or find(name).name == name for name in data)
    top = path.read_text().partition("\nname:")[0]
    assert BROUGHT.get(path.stem, "") in top
    (tmp_path / "again.yaml").write_text(dump(recipe))
    assert load(tmp_path / "again.yaml", Recipe) == recipe
    jsonschema.validate(yaml.safe_load(dump(recipe)), json_schema(Recipe))


@pytest.mark.parametrize(("key", "value"), [("name", " "), ("seed", -1), ("seed", 2**63)])
def test_a_recipe_has_a_name_and_a_seed_that_can_be(key, value) -> None:
    recipe = load(SHIPPED[0], Recipe)
    with pytest.raises(SettingError):
        Recipe(**{**vars(recipe), key: value})


def test_a_recipe_without_a_corpus_says_so(tmp_path) -> None:
    (tmp_path / "bare.yaml").write_text("name: Bare\n")
    with pytest.raises(GroundupError, match="corpus"):
        load(tmp_path / "bare.yaml", Recipe)
