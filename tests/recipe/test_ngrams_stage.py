"""A run with runs of words beside its network: fitted once, in its own stage, and in every answer from then on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
from task_runs import prepare

from groundup.errors import GroundupError
from groundup.evaluation.calibration import log_losses
from groundup.evaluation.classification import class_indices
from groundup.recipe.answering import answering
from groundup.recipe.loader import load
from groundup.recipe.ngrams_stage import seconds_to_fit
from groundup.recipe.overrides import parse_overrides
from groundup.recipe.recipe import Recipe
from groundup.recipe.stages import inputs_of, stages_of
from groundup.recipe.task_stages import parts_of
from groundup.store.artefact import open_artefact
from groundup.store.manifest import MANIFEST, dump_manifest
from groundup.store.runner import stage_fingerprints
from groundup.tasks.examples import Labelled
from groundup.tasks.opinion_pool import Pool, fit_pool
from groundup.tasks.settings import NgramSettings


def test_the_weights_are_those_that_fit_the_validation_examples(task_run) -> None:
    made = task_run("pooled")
    facts = made.facts("ngrams")
    validation = parts_of(open_artefact(made.run / "examples")).validation
    predictor = answering(made.run).predictor
    assert isinstance(predictor, Pool)
    opinions = predictor.opinions(validation)
    golds = class_indices([example.label for example in validation], predictor.names)
    fitted = fit_pool(opinions, golds)
    assert list(facts["weights"].values()) == pytest.approx(fitted.tolist(), abs=1e-6)
    assert predictor.weights.tolist() == pytest.approx(fitted.tolist(), abs=1e-6)
    for name, shares in zip(("network", "ngrams"), opinions, strict=True):
        told = facts["validation"][name]
        assert told["accuracy"] == pytest.approx(100 * (shares.argmax(1) == golds).mean())
        assert told["log_loss"] == pytest.approx(log_losses(shares, golds).mean())
    pool = facts["validation"]["pool"]["log_loss"]
    assert pool == pytest.approx(log_losses(predictor.probabilities(validation), golds).mean())
    assert facts["examples"]["validation"] == len(validation)


def test_the_network_is_that_of_a_run_without(task_run) -> None:
    """A key that is off leaves what was made before as it was; one that is on adds to it."""
    alone, pooled = task_run("classification"), task_run("pooled")
    for name in ("examples", "tokenizer", "finetune"):
        prints = [open_artefact(made.run / name).manifest.fingerprint for made in (alone, pooled)]
        assert prints[0] == prints[1], name


def test_each_one_s_figures_alone_stand_beside_those_of_both(task_run) -> None:
    made = task_run("pooled")
    judged = made.facts("test")
    alone = judged["details"]["alone"]
    assert set(alone) == {"network", "ngrams"}
    examples = parts_of(open_artefact(made.run / "examples")).test
    lines = [json.loads(line) for line in (made.run / "test" / "predictions.jsonl").read_text().splitlines()]
    for name, figures in alone.items():
        right = [
            max(line["more"]["alone"][name], key=line["more"]["alone"][name].get) == example.label
            for line, example in zip(lines, examples, strict=True)
        ]
        assert figures["accuracy"] == pytest.approx(100 * sum(right) / len(right))
    # What tells the labels here is one word, which eight steps have not taught the network.
    assert alone["ngrams"]["accuracy"] == 100
    network = task_run("classification").facts("test")["figures"]
    assert alone["network"]["log_loss"] == pytest.approx(network["log_loss"], abs=1e-6)
    report = (made.run / "report" / "report.md").read_text()
    for words in ("the network alone", "runs of words alone", "both together", "to the power of"):
        assert words in report, words
    assert "runs of words alone" not in (task_run("classification").run / "report" / "report.md").read_text()


def test_longer_runs_are_fitted_anew_and_the_network_stays(task_run, tmp_path) -> None:
    path = task_run("pooled").recipe

    def fingerprints(*words: str) -> dict[str, str]:
        recipe, inputs = inputs_of(load(path, Recipe, parse_overrides(words)), tmp_path / "run", path.parent)
        return stage_fingerprints(stages_of(recipe, inputs), recipe.seed)

    before = fingerprints()
    for words in (["--task.ngrams.words=3"], ["--task.ngrams.letters=0"]):
        after = fingerprints(*words)
        assert {name for name in before if before[name] != after[name]} == {"ngrams", "test", "report"}
    assert "ngrams" not in fingerprints("--task.ngrams=null")


def test_a_run_without_its_ngrams_is_not_finished(task_run, tmp_path) -> None:
    shutil.copytree(task_run("pooled").run, tmp_path / "run")
    path = tmp_path / "run" / "ngrams"
    manifest = open_artefact(path).manifest
    other = replace(manifest, parents={**manifest.parents, "finetune": "0" * 64})
    (path / MANIFEST).write_bytes(dump_manifest(other))
    with pytest.raises(GroundupError, match="fitted beside another network"):
        answering(tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "ngrams")
    with pytest.raises(GroundupError, match="no trained model yet"):
        answering(tmp_path / "run")


def test_a_kind_without_labels_is_refused_by_the_key(tmp_path) -> None:
    with pytest.raises(GroundupError, match="ngrams"):
        load(prepare("translation", tmp_path), Recipe, parse_overrides(["--task.ngrams={words: 2}"]))


def test_a_plan_tries_some_and_reckons_all() -> None:
    examples = [Labelled(str(number), f"film number {number % 7}", "good") for number in range(30)]
    assert seconds_to_fit(NgramSettings(), examples) > 0
