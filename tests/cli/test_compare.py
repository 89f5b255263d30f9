from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest


@pytest.fixture
def runs(tiny, tmp_path: Path) -> list[Path]:
    """The same run twice, under two names."""
    return [shutil.copytree(tiny.run, tmp_path / name) for name in ("first", "second")]


def test_a_table_has_a_line_for_each_run(groundup, runs):
    done = groundup("compare", *runs)
    assert done.code == 0
    head, *lines = done.out.splitlines()[:3]
    assert head.split()[:2] == ["run", "parameters"]
    assert [line.split()[0] for line in lines] == ["first", "second"]
    assert lines[0].split()[1:] == lines[1].split()[1:]
    assert "different objectives" not in done.out
    assert lines[0].count(" s ") == 2, "training and all stages"


def test_json_is_one_object_a_run_and_nothing_else(groundup, runs, tiny):
    done = groundup("compare", *runs, "--json")
    assert (done.code, done.err) == (0, "")
    first, second = map(json.loads, done.out.splitlines())
    assert (first.pop("run"), second.pop("run")) == ("first", "second")
    assert first == second
    facts = json.loads((tiny.run / "pretrain" / "manifest.json").read_text())["facts"]
    assert first["loss"] == facts["validation_loss"]
    assert first["parameters"] == facts["parameters"]
    assert first["objective"] == "causal"
    assert first["curve"][-1][1:] == [facts["tokens"], facts["validation_loss"]]


def test_the_page_and_its_twin_are_written_where_asked(groundup, runs, tmp_path):
    page = tmp_path / "pages" / "comparison.html"
    done = groundup("compare", *runs, "--out", page)
    assert done.code == 0
    assert str(page) in done.out.replace("\n", "")
    assert str(page.with_suffix(".md")) in done.out.replace("\n", "")
    for file in (page, page.with_suffix(".md")):
        assert all(run.name in file.read_text() for run in runs)
    assert "<svg" in page.read_text()


def test_a_page_of_another_ending_is_a_mistake_and_nothing_is_written(groundup, runs, tmp_path):
    done = groundup("compare", *runs, "--out", tmp_path / "comparison.pdf", "--json")
    assert (done.code, done.out) == (2, "")
    assert "comparison.html" in done.error
    assert not list(tmp_path.glob("comparison.*"))


@pytest.mark.parametrize("is_there", [True, False])
def test_a_folder_that_is_no_run_is_named(groundup, runs, tmp_path, is_there):
    folder = tmp_path / "elsewhere"
    if is_there:
        folder.mkdir()
    done = groundup("compare", runs[0], folder)
    assert (done.code, done.out) == (2, "")
    assert str(folder) in done.error


def test_a_run_named_twice_is_a_mistake(groundup, runs):
    done = groundup("compare", runs[0], runs[0] / ".." / runs[0].name)
    assert done.code == 2
    assert "named twice" in done.error


def test_other_held_out_text_is_said_and_objectives_are_named(groundup, runs, recipe_of, tmp_path):
    same = groundup("compare", *runs).out
    assert "objective causal: first, second" in same
    assert "different held-out texts" not in same
    other = tmp_path / "other"
    recipe = recipe_of(corpus={"validation": {"by": "characters", "fraction": 0.3}})
    assert groundup("build", recipe, "--out", other, "--pretrain.budget", "1 step").code == 0
    out = groundup("compare", *runs, other, "--out", tmp_path / "page.html").out
    assert "measured on different held-out texts" in out
    assert "measured on different held-out texts" in (tmp_path / "page.html").read_text()
    # Another seed reads other batches of the same text.
    again = tmp_path / "again"
    assert groundup("build", recipe, "--out", again, "--pretrain.budget", "1 step", "--seed", 9).code == 0
    assert "held-out texts" not in groundup("compare", other, again).out


def test_a_run_called_after_its_objective_is_not_told_twice(groundup, tiny, tmp_path):
    run = shutil.copytree(tiny.run, tmp_path / "causal")
    assert "objective causal" not in groundup("compare", run).out
