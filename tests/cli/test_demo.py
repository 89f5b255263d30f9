"""The demo's command, with small recipes in the place of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from groundup.cli.demo import PAGE, RECIPES

REVIEWS: dict[str, Any] = {
    "name": "Kettles",
    "task": {"kind": "classification", "train": "kettles.tsv"},
    "model": {"size": 1, "width": 16, "context": 16, "encoder": ["attention", "relu_squared"], "decoder": []},
    "finetune": {"budget": "2 steps", "compile": "no"},
}


@pytest.fixture
def recipes(recipe_of, tmp_path) -> Path:
    """A folder of the demo's four recipes, all small: three that write, one that labels."""
    small = recipe_of()
    for name in RECIPES:
        (tmp_path / f"{name}.yaml").write_text(small.read_text())
    rows = [f"A {('dull', 'fine')[n % 2]} kettle {n}\t{('poor', 'great')[n % 2]}" for n in range(40)]
    (tmp_path / "kettles.tsv").write_text("\n".join(["text\tlabel", *rows]))
    (tmp_path / "demo-reviews.yaml").write_text(json.dumps(REVIEWS))
    return tmp_path


def test_all_are_built_once_and_set_side_by_side_on_a_page(groundup, recipes) -> None:
    words = ["demo", "--recipes", recipes, "--out", recipes / "runs", "--json"]
    outcome = groundup(*words)
    assert outcome.code == 0, outcome.err
    assert [row["run"] for row in outcome.json["runs"]] == list(RECIPES)
    assert outcome.json["page"] == str(recipes / "runs" / PAGE)
    page = (recipes / "runs" / PAGE).read_text(encoding="utf-8")
    assert all(f"{name}/report/report.html" in page for name in RECIPES)
    assert outcome.json["runs"][2]["what"] == "labels texts"
    again = groundup(*words)
    assert again.json["runs"] == outcome.json["runs"]
    assert again.err.count("Everything was done before") == len(RECIPES)


def test_one_of_them_is_built_alone(groundup, recipes) -> None:
    outcome = groundup("demo", "--recipes", recipes, "--out", recipes / "runs", "--only", "demo-reviews")
    assert outcome.code == 0, outcome.err
    assert "demo-reviews" in outcome.out
    assert "labels texts" in outcome.out
    assert sorted(path.name for path in (recipes / "runs").iterdir() if path.is_dir()) == ["demo-reviews"]


def test_a_folder_without_the_recipes_is_told_before_any_work(groundup, tmp_path) -> None:
    outcome = groundup("demo", "--recipes", tmp_path, "--out", tmp_path / "runs")
    assert outcome.code == 2
    assert "There is no recipe" in outcome.error
    assert "--recipes DIR" in outcome.error
    assert not (tmp_path / "runs").exists()
