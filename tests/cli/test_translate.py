from __future__ import annotations

import pytest
from task_runs import prepare


@pytest.mark.parametrize("name", ["translation", "separate"])
def test_each_text_has_a_translation_with_its_score(task_run, groundup, name) -> None:
    outcome = groundup("translate", task_run(name).run, "a dog runs at home", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["source"] == "a dog runs at home"
    assert isinstance(outcome.json["translation"], str)
    assert outcome.json["score"] < 0


def test_the_best_of_several_come_first(task_run, groundup) -> None:
    words = ("translate", task_run("translation").run, "a dog runs at home", "--beams", 3, "--n-best", 2)
    found = groundup(*words, "--json").json
    assert len(found["others"]) == 1
    assert found["score"] >= found["others"][0]["score"]
    shown = groundup(*words).out
    assert f"{found['score']:.3f}" in shown
    assert f"{found['others'][0]['score']:.3f}" in shown


def test_a_search_that_cannot_be_is_said(task_run, groundup) -> None:
    outcome = groundup("translate", task_run("translation").run, "a dog", "--beams", 0)
    assert outcome.code == 2
    assert "beams" in outcome.error
    outcome = groundup("translate", task_run("translation").run, "a dog", "--n-best", 9)
    assert outcome.code == 2
    assert "Change --n-best" in outcome.error


@pytest.fixture(scope="module")
def second(task_run, groundup, tmp_path_factory):
    """A recurrent run that has the tokens of the run `translation`."""
    folder = tmp_path_factory.mktemp("second")
    recipe = prepare("translation", folder, model={"encoder": ["gru"], "decoder": ["gru", "luong"]})
    built = groundup(
        "build", recipe, "--out", folder / "run", "--tokenizer.from_run", task_run("translation").run, "--json"
    )
    assert built.code == 0, built.err
    return folder / "run"


@pytest.mark.parametrize("name", ["translation", "separate"])
def test_where_the_model_looked_is_drawn(task_run, groundup, tmp_path, name) -> None:
    words = ("translate", task_run(name).run, "a dog runs at home", "two men talk")
    outcome = groundup(*words, "--attention", tmp_path / "looks.html", "--json")
    assert outcome.code == 0, outcome.err
    found = outcome.json["alignment"]
    assert found["source"] == ["two", "men", "talk", "<end>"]
    assert found["target"][-1] == "<end>"
    assert [sum(row) for row in found["weights"]] == pytest.approx([1] * len(found["target"]), abs=1e-3)
    page = (tmp_path / "looks.html").read_text()
    assert page.count("<svg") == 2
    assert "two men talk \u2192" in page
    assert "alignment" not in groundup(*words, "--json").json


def test_one_text_is_drawn_as_a_picture_alone(task_run, groundup, tmp_path) -> None:
    words = ("translate", task_run("translation").run, "two men talk", "--attention")
    outcome = groundup(*words, tmp_path / "looks.svg")
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "looks.svg").read_text().startswith("<svg xmlns")
    outcome = groundup(*words, tmp_path / "looks.svg", "a dog runs")
    assert outcome.code == 2
    assert "room for the picture of one text, and there are 2" in outcome.error
    outcome = groundup(*words, tmp_path / "looks.png")
    assert outcome.code == 2
    assert "ends in .html or .svg" in outcome.error
    outcome = groundup(*words, tmp_path / "none" / "looks.svg")
    assert outcome.code == 2
    assert "folder that is there" in outcome.error


def test_the_report_shows_where_the_model_looked(task_run) -> None:
    run = task_run("translation").run
    assert (run / "report" / "report.html").read_text().count('attention-map" viewBox') == 2
    assert (run / "report" / "report.md").read_text().count("Looked most") == 2


def test_runs_translate_together(task_run, groundup, second) -> None:
    run = task_run("translation").run
    words = ("a dog runs at home", "--beams", 3, "--n-best", 2, "--json")

    def said(first, *others):
        outcome = groundup("translate", first, *words, *(part for other in others for part in ("--with", other)))
        assert outcome.code == 0, outcome.err
        return outcome.json

    alone, other = said(run), said(second)
    both, turned = said(run, second), said(second, run)
    assert both["score"] not in (alone["score"], other["score"])
    assert both["score"] == pytest.approx(turned["score"], abs=1e-4)
    assert both["translation"] == turned["translation"]
    assert both["score"] >= both["others"][0]["score"]
    # Voices that are given more than once count as often.
    three = said(run, run, run)
    assert three["translation"] == alone["translation"]
    assert three["score"] == pytest.approx(alone["score"], abs=1e-4)


def test_runs_that_do_not_fit_together_are_told(task_run, groundup, second, tmp_path) -> None:
    run, apart = task_run("translation").run, task_run("separate").run
    outcome = groundup("translate", run, "a dog", "--with", apart)
    assert outcome.code == 2
    assert f"--tokenizer.from_run {run}" in outcome.error
    outcome = groundup("translate", apart, "a dog", "--with", run)
    assert "--task.vocabulary joint" in outcome.error
    outcome = groundup("translate", run, "a dog", "--with", task_run("classification").run)
    assert "kind classification" in outcome.error
    outcome = groundup("translate", run, "a dog", "--with", tmp_path / "none")
    assert "no run folder" in outcome.error
    outcome = groundup("translate", run, "a dog", "--with", second, "--attention", tmp_path / "looks.html")
    assert "Leave out one of the two" in outcome.error
    turned = prepare("translation", tmp_path / "turned", task={"columns": {"source": "de", "target": "en"}})
    words = ("build", turned, "--out", tmp_path / "turned" / "run", "--tokenizer.from_run", run)
    assert groundup(*words).code == 0
    outcome = groundup("translate", run, "a dog", "--with", tmp_path / "turned" / "run")
    assert "translates from de to en" in outcome.error
