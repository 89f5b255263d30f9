"""A recipe that translates German into English, and more English texts that the run `translation` has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from task_runs import prepare

from groundup.recipe.loader import load
from groundup.recipe.overrides import parse_overrides
from groundup.recipe.recipe import Recipe

TEXTS = [
    f"{who} {where} {n}" for n in (7, 8) for who in ("a dog runs", "two men talk") for where in ("at home", "by it")
]
# What eight steps taught the other run to write would not pass a gate.
OPEN = {"empty_sides": False, "length_ratio": None, "non_letters": None, "copies": False, "exact_duplicates": False}
BACKWARDS = {"source": "de", "target": "en"}


def recipe_in(folder: Path, run: Path, *words: str, texts: str = "more.en", **more: Any) -> Recipe:
    """The recipe with its data in `folder`, `run` as the one that writes sources, and words of a command line."""
    section = {"run": str(run), "texts": texts, **more}
    path = prepare("translation", folder, task={"columns": BACKWARDS, "gate": OPEN, "back_translation": section})
    if not (folder / "more.en").exists():
        (folder / "more.en").write_text("".join(f"{text}\n" for text in TEXTS))
    return load(path, Recipe, parse_overrides(words))
