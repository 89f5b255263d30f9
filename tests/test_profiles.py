"""The runs of `recipes/corpus-profiles.yaml` differ in their cleaning and in nothing else, as it says."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

from groundup.recipe.loader import load
from groundup.recipe.overrides import parse_overrides
from groundup.recipe.recipe import Recipe

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "corpus-profiles.yaml"


def recipes() -> dict[str, Recipe]:
    """Each command in the recipe's comments as the recipe it makes, by the run's name."""
    text = re.sub(r"(?m)^# ?", "", RECIPE.read_text("utf-8")).replace("\\\n", " ")
    lines = re.findall(r"(?m)^ *groundup build recipes/corpus-profiles\.yaml --out runs/profiles/([\w-]+) *(.*)$", text)
    return {name: load(RECIPE, Recipe, parse_overrides(shlex.split(rest))) for name, rest in lines}


def test_the_cleanings_are_what_differs() -> None:
    found = recipes()
    corpora = {name: recipe.corpus for name, recipe in found.items()}
    assert all(corpora.values())
    cleanings = {name: (corpus.cleaning, corpus.classic.lowercase) for name, corpus in corpora.items() if corpus}
    assert cleanings == {
        "faithful": ("faithful", False),
        "standard": ("standard", False),
        "classic": ("classic", False),
        "classic-small": ("classic", True),
    }
    alike = {
        str(replace(recipe, corpus=replace(recipe.corpus, cleaning="standard", classic=type(recipe.corpus.classic)())))
        for recipe in found.values()
        if recipe.corpus
    }
    assert len(alike) == 1


def test_whole_documents_are_held_out_and_every_byte_has_a_token() -> None:
    """Else the bytes before cleaning would be estimates, and unknown tokens would cost nothing."""
    for recipe in recipes().values():
        assert recipe.corpus is not None
        assert recipe.corpus.validation.documents
        assert recipe.tokenizer.kind == "bpe"
