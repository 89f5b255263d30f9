"""Finished runs answer; others say what they are."""

from __future__ import annotations

import shutil
from itertools import chain

import numpy as np
import pytest
import torch
from task_runs import RUNS, doubled

from groundup.errors import GroundupError
from groundup.progress import SILENT
from groundup.recipe.answering import answering, task_of
from groundup.recipe.task_stages import parts_of
from groundup.store.artefact import open_artefact
from groundup.tasks.questions import _cut


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


@pytest.mark.parametrize("name", ["classification", "translation", "separate", "stories"])
def test_the_members_of_a_run_answer_as_runs_do_that_answer_together(task_run, tmp_path, name) -> None:
    made = task_run(name)
    run, other = doubled(made, tmp_path)
    examples = parts_of(open_artefact(run / "examples")).validation
    opened, single = answering(run), answering(made.run)
    said = opened.predictor.predict(examples)
    assert said == answering(made.run, others=[other]).predictor.predict(examples)
    assert said != single.predictor.predict(examples)
    assert opened.alone.predict(examples) == single.predictor.predict(examples)
    assert single.alone is single.predictor
    if name != "classification":
        # Each model has one voice, whatever run it is of.
        thrice = answering(run, others=[made.run]).predictor.predict(examples)
        assert thrice == answering(made.run, others=[other, made.run]).predictor.predict(examples)


def test_members_that_point_find_a_place_as_probable_as_all_do_in_the_mean(task_run, tmp_path) -> None:
    made = task_run("spans")
    run, other = doubled(made, tmp_path)
    examples = parts_of(open_artefact(run / "examples")).validation[:3]
    windows = _cut(examples, answering(run).predictor.coder, answering(run).task, answering(run).predictor.context)
    with torch.inference_mode():
        ends = [answering(each).predictor._ends(list(chain(*windows)), SILENT) for each in (run, made.run, other)]
    for both, one, two in zip(*ends, strict=True):
        np.testing.assert_allclose(np.exp(both), (np.exp(one) + np.exp(two)) / 2, rtol=1e-4, atol=1e-7)
    assert all(said.text for said in answering(run).predictor.predict(examples))


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
