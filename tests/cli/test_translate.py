from __future__ import annotations

import pytest


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
