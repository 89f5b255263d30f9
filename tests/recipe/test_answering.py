"""Finished runs answer; others say what they are."""

from __future__ import annotations

import shutil

import pytest
from task_runs import RUNS

from groundup.errors import GroundupError
from groundup.recipe.answering import answering, task_of
from groundup.recipe.task_stages import parts_of
from groundup.store.artefact import open_artefact


@pytest.mark.parametrize("name", RUNS)
def test_a_run_says_again_what_it_said_of_its_test_examples(task_run, name) -> None:
    import json

    made = task_run(name)
    parts = parts_of(open_artefact(made.run / "examples"))
    examples = parts.test or parts.validation
    found = answering(made.run).predictor.predict(examples)
    before = [json.loads(line) for line in (made.run / "test" / "predictions.jsonl").read_text().splitlines()]
    assert [said.text for said in found] == [row["text"] for row in before]
    assert [said.score for said in found] == pytest.approx([row["score"] for row in before], abs=1e-5)


def test_the_search_can_be_changed_for_once(task_run) -> None:
    opened = answering(task_run("translation").run, "translation", beams=3, n_best=2)
    assert opened.task.search.beams == 3
    assert opened.predictor.write(["a dog runs at home"])[0].more["others"]


def test_what_is_no_finished_run_of_the_task_is_said(task_run, tmp_path) -> None:
    made = task_run("classification")
    with pytest.raises(GroundupError, match="groundup classify"):
        answering(made.run, "translation")
    with pytest.raises(GroundupError, match="no run folder"):
        task_of(tmp_path / "none")
    with pytest.raises(GroundupError, match="is not a run"):
        task_of(tmp_path)
    shutil.copytree(made.run, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "finetune")
    with pytest.raises(GroundupError, match="no trained model yet"):
        answering(tmp_path / "run")
