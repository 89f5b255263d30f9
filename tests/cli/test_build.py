from __future__ import annotations

import hashlib
import os
import re
import shlex
from pathlib import Path

import pytest

from groundup.store.artefact import open_artefact
from groundup.store.lock import locked

STAGES = ("documents", "corpus", "tokenizer", "shards", "pretrain", "samples", "report")


def hashes(run: Path) -> dict[str, str]:
    return {
        str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_json_is_one_object_on_one_line_with_the_names_that_stay(tiny) -> None:
    assert tiny.built.code == 0, tiny.built.err
    assert tiny.built.out.count("\n") == 1
    found = tiny.built.json
    assert found["run"] == str(tiny.run)
    assert found["seconds"] > 0
    assert 0 < found["validation_loss"] < 5
    assert 0 < found["bits_per_byte"] < 7
    assert found["parameters"] > 1000
    assert found["tokens_per_second"] > 0


def test_every_stage_leaves_a_whole_artefact(tiny) -> None:
    for stage in STAGES:
        assert open_artefact(tiny.run / stage).manifest.stage == stage
    assert (tiny.run / "recipe.yaml").is_file()
    assert (tiny.run / "report" / "report.html").is_file()


def test_what_is_done_is_not_done_again_and_that_is_said(tiny, groundup) -> None:
    before = hashes(tiny.run)
    again = groundup("build", tiny.recipe, "--out", tiny.run, "--json")
    assert again.code == 0
    assert hashes(tiny.run) == before
    assert "Everything was done before" in again.err
    for stage in STAGES:
        assert f"{stage}: done before" in again.err
    timeless = {name: value for name, value in again.json.items() if name != "seconds"}
    assert timeless == {name: value for name, value in tiny.built.json.items() if name != "seconds"}
    assert "Everything was done before" not in tiny.built.err


def test_a_run_stops_behind_the_stage_that_is_named_and_goes_on_from_there(tiny, groundup, tmp_path) -> None:
    out, build = tmp_path / "run", ("build", tiny.recipe, "--out", tmp_path / "run")
    first = groundup(*build, "--until", "tokenizer", "--json")
    assert (first.code, first.json["until"]) == (0, "tokenizer"), first.err
    assert {folder.name for folder in out.iterdir() if folder.is_dir()} == set(STAGES[: STAGES.index("tokenizer") + 1])
    assert "without --until" in groundup(*build, "--until", "tokenizer").err
    before = hashes(out / "tokenizer")
    slip = groundup(*build, "--until", "pretain")
    assert slip.code == 2
    assert "Did you mean 'pretrain'" in slip.error
    assert "documents, corpus" in slip.error
    whole = groundup(*build, "--json")
    assert whole.code == 0, whole.err
    assert hashes(out / "tokenizer") == before
    assert whole.json["validation_loss"] == tiny.built.json["validation_loss"]


def test_people_are_told_figures_the_report_and_what_is_next(tiny, groundup) -> None:
    said = groundup("build", tiny.recipe, "--out", tiny.run)
    assert f"{tiny.built.json['validation_loss']:.4f} nats a token" in said.out
    assert str(tiny.run / "report" / "report.html") in said.out
    assert f"groundup generate {tiny.run}" in said.err


def test_a_finished_run_needs_its_texts_no_more(copy, groundup) -> None:
    before = hashes(copy.run)
    copy.text.unlink()
    again = groundup("build", copy.recipe, "--out", copy.run, "--json")
    assert again.code == 0, again.err
    assert hashes(copy.run) == before


def test_a_corpus_that_is_to_be_made_again_says_what_has_vanished(copy, groundup) -> None:
    copy.text.unlink()
    error = groundup("build", copy.recipe, "--out", copy.run, "--replace", "--corpus.cleaning", "faithful").error
    assert "text.txt" in error
    assert open_artefact(copy.run / "corpus")


def test_a_changed_threshold_is_applied_to_what_was_read_before(copy, groundup) -> None:
    before = hashes(copy.run)
    copy.text.unlink()
    words = ("--out", copy.run, "--replace", "--corpus.validation.fraction", "0.3")
    outcome = groundup("corpus", "build", copy.recipe, *words)
    assert outcome.code == 0, outcome.err
    after = hashes(copy.run)
    changed = {Path(name).parts[0] for name in before if before[name] != after.get(name)}
    assert "corpus" in changed
    assert "documents" not in changed


def test_a_text_that_has_changed_is_another_recipe(copy, groundup) -> None:
    before = hashes(copy.run)
    copy.text.write_text(copy.text.read_text() + "More.\n")
    outcome = groundup("build", copy.recipe, "--out", copy.run)
    assert outcome.code == 2
    assert "the data it reads" in outcome.error
    assert "--replace" in outcome.error
    assert hashes(copy.run) == before


def test_only_what_a_change_touches_is_made_again(copy, groundup) -> None:
    before = hashes(copy.run)
    change = ("--replace", "--samples.sampling.seed", "9", "--json")
    outcome = groundup("build", copy.recipe, "--out", copy.run, *change)
    assert outcome.code == 0, outcome.err
    after = hashes(copy.run)
    changed = {Path(name).parts[0] for name in before if before[name] != after.get(name)}
    assert changed == {"samples", "report", "recipe.yaml"}
    assert "seed: 9" in (copy.run / "recipe.yaml").read_text()


def test_the_messages_lead_a_new_user_from_an_odd_table_to_a_classifier(groundup, tmp_path) -> None:
    rows = [f"A {('dull', 'fine')[n % 2]} kettle {n},{('poor', 'great')[n % 2]}" for n in range(40)]
    rows[9], rows[20], rows[31] = ",great", "A kettle,", "A fine kettle 31,graet"
    (tmp_path / "kettles.csv").write_text("What they wrote,How was it?\n" + "\n".join(rows), encoding="utf-8-sig")
    recipe, run = tmp_path / "kettles.yaml", tmp_path / "run"
    recipe.write_text("name: Kettles\ntask:\n  kind: classification\n  train: kettles.csv\n")
    small = ["--model.size=1", "--model.width=16", "--finetune.budget=2 steps", "--finetune.compile=no"]
    words = ["build", recipe, "--out", run, *small]
    # First: which column is which. The line can be pasted.
    outcome = groundup(*words)
    assert outcome.code == 2
    line = re.search(r"to groundup build: +(.*)", outcome.err)
    assert line, outcome.err
    words += shlex.split(line[1])
    assert words[-4:] == ["--task.columns.text", "What they wrote", "--task.columns.label", "How was it?"]
    # Then: which rows are bad.
    outcome = groundup(*words)
    assert outcome.code == 2
    assert "Line 11 of" in outcome.err
    assert "the first of 2 bad ones" in outcome.err
    option = re.search(r"to groundup build: (--task\.on_bad_row skip)", outcome.err)
    assert option, outcome.err
    # At last: a classifier, a word about the label that is a slip, and what to do next.
    outcome = groundup(*words, *option[1].split())
    assert outcome.code == 0, outcome.err
    assert "'graet' (1, first at kettles.csv#33) looks like a slip for 'great'" in outcome.err
    assert "accuracy" in outcome.out
    assert "no examples were kept for a test" in outcome.err
    assert f"groundup classify {run}" in outcome.err
    assert groundup("classify", run, "A fine kettle", "--json").json["label"] in ("poor", "great", "graet")


def test_who_comes_second_is_told_before_any_work(groundup, tiny, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("groundup.recipe.stages.inputs_of", lambda *words: pytest.fail("work was begun"))
    with locked(tmp_path):
        outcome = groundup("build", tiny.recipe, "--out", tmp_path)
    assert outcome.code == 2
    assert f"Another process (number {os.getpid()}) is working in {tmp_path}" in outcome.error
