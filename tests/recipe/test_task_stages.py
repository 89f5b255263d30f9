"""The walk from examples to a judged model: each kind of task, begun anew and from what was learned from text."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from task_runs import RUNS, prepare

from groundup.errors import GroundupError
from groundup.model.files import load_model
from groundup.recipe.loader import load
from groundup.recipe.overrides import parse_overrides
from groundup.recipe.recipe import Recipe
from groundup.recipe.stages import build, inputs_of, stages_of
from groundup.recipe.task_stages import parts_of
from groundup.recipe.tokenizer_stage import coders_of
from groundup.store.artefact import open_artefact
from groundup.store.runner import stage_fingerprints


@pytest.mark.parametrize("name", RUNS)
def test_a_run_of_each_kind_is_judged_on_its_test_examples(task_run, name) -> None:
    made = task_run(name)
    facts = made.facts("test")
    parts = parts_of(open_artefact(made.run / "examples"))
    is_tested = bool(parts.test)
    assert facts["part"] == ("test" if is_tested else "validation")
    judged = parts.test if is_tested else parts.validation
    lines = (made.run / "test" / "predictions.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [example.id for example in judged]
    low, high = facts["interval"]["low"], facts["interval"]["high"]
    assert low <= facts["figures"][facts["main"]] <= high
    assert facts["baselines"]
    report = (made.run / "report" / "report.md").read_text()
    assert f"{len(judged):,}" in report
    assert len({example.id for part in (parts.train, parts.validation, parts.test) for example in part}) == sum(
        map(len, (parts.train, parts.validation, parts.test))
    )


def test_stages_are_those_that_the_recipe_asks_for(task_run) -> None:
    alone = {"examples", "tokenizer", "finetune", "test", "report"}
    made = {name: {path.parent.name for path in task_run(name).run.glob("*/manifest.json")} for name in RUNS}
    assert made.pop("pretrained") == alone | {"documents", "corpus", "shards", "pretrain", "samples"}
    assert made.pop("pooled") == alone | {"ngrams"}
    assert all(stages == alone for stages in made.values())


def test_sides_share_their_tokens_or_have_their_own(task_run) -> None:
    joint = coders_of(open_artefact(task_run("translation").run / "tokenizer"))
    assert joint.is_joint
    parted = coders_of(open_artefact(task_run("separate").run / "tokenizer"))
    assert not parted.is_joint
    assert len(parted.source.encode("two men talk")) < len(parted.target.encode("two men talk"))
    assert len(parted.target.encode("zwei leute reden")) < len(parted.source.encode("zwei leute reden"))


def test_fine_tuning_begins_with_the_weights_that_were_pretrained(task_run) -> None:
    made = task_run("pretrained")
    before, after = (dict(load_model(made.run / stage).named_parameters()) for stage in ("pretrain", "finetune"))
    shared = before.keys() & after.keys()
    assert len(shared) == len(before)
    # The rate is a millionth, so that what was given is still to be seen.
    for name in shared:
        np.testing.assert_allclose(after[name].detach(), before[name].detach(), atol=1e-3, err_msg=name)
    # Weights that are zero in a new model were learned from the text.
    assert sum(bool(weight.detach().abs().max() > 1e-2) for weight in before.values()) == len(before)
    facts = made.facts("finetune")["warm_start"]
    assert set(facts["taken"]) >= shared
    assert set(facts["new"]) == after.keys() - shared
    assert "warm_start" not in task_run("classification").facts("finetune")


def test_a_build_that_was_killed_goes_on_to_the_same_weights(task_run, tmp_path) -> None:
    made = task_run("classification")
    recipe = load(prepare("classification", tmp_path), Recipe)

    class Killed(BaseException):
        pass

    def kill(event) -> None:
        if event["section"] == "finetune" and event.get("step", 0) >= 5:
            raise Killed

    with pytest.raises(Killed):
        build(recipe, tmp_path / "run", base=tmp_path, hear=kill)
    assert not (tmp_path / "run" / "finetune").exists()
    said: list[str] = []
    build(recipe, tmp_path / "run", base=tmp_path, progress=lambda what, *_: said.append(what))
    assert any(sentence.startswith("going on from the checkpoint of step") for sentence in said), said
    weights = "model.safetensors"
    assert (tmp_path / "run/finetune" / weights).read_bytes() == (made.run / "finetune" / weights).read_bytes()


@pytest.mark.parametrize(
    ("name", "first"), [("classification", "reviews.csv#"), ("translation", "train#"), ("spans", "q")]
)
def test_a_bad_batch_names_its_examples(tmp_path, monkeypatch, name, first) -> None:
    from groundup.training import loop

    def poisoned(run) -> loop.Update:
        run.step += 1
        return loop.Update(float("nan"), 1.0, 1.0, "the loss is nan")

    monkeypatch.setattr(loop, "update", poisoned)
    recipe = load(prepare(name, tmp_path), Recipe)
    with pytest.raises(GroundupError, match=rf"Batch 0: the loss is nan\. Its examples are {first}\d+, {first}\d+"):
        build(recipe, tmp_path / "run", base=tmp_path)
    (log,) = (tmp_path / "run").glob(".draft-finetune-*/metrics.jsonl")
    (bad,) = [event for event in map(json.loads, log.read_text().splitlines()) if event["event"] == "bad"]
    assert len(bad["examples"]) > 1
    assert all(name.startswith(first) for name in bad["examples"])


def test_a_finished_build_does_nothing_even_when_its_files_are_gone(task_run, tmp_path) -> None:
    made = task_run("classification")
    shutil.copytree(made.run, tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("manifest.json")}
    recipe = load(made.recipe, Recipe)
    # The folder of the test holds no examples.
    build(recipe, tmp_path / "run", base=tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("manifest.json")} == before
    with pytest.raises(GroundupError, match=r"task\.train: .*reviews\.csv"):
        build(recipe, tmp_path / "another", base=tmp_path)


def test_examples_that_are_not_read_yet_are_missed_by_name(tmp_path) -> None:
    recipe = load(prepare("spans", tmp_path), Recipe)
    (tmp_path / "squad.json").unlink()
    with pytest.raises(GroundupError, match=r"task\.train: .*squad\.json"):
        build(recipe, tmp_path / "run", base=tmp_path)
    assert not (tmp_path / "run").exists()


EXAMPLES, TOKENIZER, LEARNED, JUDGED = "examples", "tokenizer", {"finetune"}, {"test", "report"}


@pytest.mark.parametrize(
    ("words", "made"),
    [
        (["--task.search.beams=3"], JUDGED),
        (["--task.search.length_penalty=0.5"], JUDGED),
        (["--finetune.budget=9 steps"], LEARNED | JUDGED),
        (["--tokenizer.vocabulary=330"], {TOKENIZER} | LEARNED | JUDGED),
        (["--task.gate.length_ratio=2"], {EXAMPLES, TOKENIZER} | LEARNED | JUDGED),
        (["--task.vocabulary=separate"], {TOKENIZER} | LEARNED | JUDGED),
        (["--description=Other words."], {"report"}),
        # So that a run which a bad batch stopped goes on under another.
        (["--finetune.on_bad_number=skip"], {"report"}),
    ],
)
def test_a_change_makes_anew_what_it_touches_and_nothing_else(task_run, tmp_path, words, made) -> None:
    run = task_run("translation")

    def fingerprints(overrides: list[str]) -> dict[str, str]:
        recipe = load(run.recipe, Recipe, parse_overrides(overrides))
        recipe, inputs = inputs_of(recipe, tmp_path / "run", run.folder)
        return stage_fingerprints(stages_of(recipe, inputs), recipe.seed)

    before, after = fingerprints([]), fingerprints(words)
    assert {name for name in before if before[name] != after[name]} == made


def test_other_examples_make_everything_anew(tmp_path) -> None:
    path = prepare("classification", tmp_path)

    def fingerprints() -> dict[str, str]:
        recipe, inputs = inputs_of(load(path, Recipe), tmp_path / "run", tmp_path)
        return stage_fingerprints(stages_of(recipe, inputs), recipe.seed)

    before = fingerprints()
    with (tmp_path / "reviews.csv").open("a") as file:
        file.write("A new film,good\n")
    after = fingerprints()
    assert all(before[name] != after[name] for name in before)


@pytest.mark.parametrize("name", ["classification", "pretrained"])
def test_other_examples_leave_a_tokenizer_of_another_run_as_it_is(task_run, tmp_path, name) -> None:
    """And with it what was pretrained with it."""
    taken = {"kind": "bpe", "vocabulary": 320, "from_run": str(task_run("translation").run)}
    path = prepare(name, tmp_path, tokenizer=taken)

    def fingerprints(*words: str) -> dict[str, str]:
        recipe, inputs = inputs_of(load(path, Recipe, parse_overrides(words)), tmp_path / "run", tmp_path)
        return stage_fingerprints(stages_of(recipe, inputs), recipe.seed)

    before, after = fingerprints(), fingerprints("--task.limit=20")
    assert {stage for stage in before if before[stage] != after[stage]} == {EXAMPLES} | LEARNED | JUDGED


def test_a_slip_among_the_labels_is_told_before_training(tmp_path) -> None:
    recipe = load(prepare("classification", tmp_path, finetune={"budget": "1 step"}), Recipe)
    with (tmp_path / "reviews.csv").open("a") as file:
        file.write("A fine film,Good\n")
    said: list[str] = []
    build(recipe, tmp_path / "run", base=tmp_path, progress=lambda what, *_: said.append(what))
    assert any("'Good'" in sentence and "slip for 'good'" in sentence for sentence in said), said
    # And in the report, for who comes later.
    assert "slip for 'good'" in (tmp_path / "run" / "report" / "report.md").read_text()


def test_rows_and_pairs_that_are_left_out_are_told_before_training(tmp_path) -> None:
    path = prepare("translation", tmp_path, finetune={"budget": "1 step"})
    with (tmp_path / "train.en").open("a") as english, (tmp_path / "train.de").open("a") as german:
        english.write("a copy here\n\n")
        german.write("a copy here\nnichts\n")
    said: list[str] = []
    recipe = load(path, Recipe, parse_overrides(["--task.on_bad_row=skip", "--task.validation=train"]))
    build(recipe, tmp_path / "run", base=tmp_path, progress=lambda what, *_: said.append(what))
    notes = [sentence for sentence in said if sentence.startswith("note: ")]
    assert notes == [
        "note: 1 of 50 rows left out (empty line: 1); the first: Line 50 of train: the line is empty in train.en.",
        "note: 1 training pair did not pass task.gate (copy: 1); the ledger of the examples has each",
    ]


def test_columns_that_nobody_named_are_told_with_the_key_to_name_others(tmp_path) -> None:
    path = prepare("classification", tmp_path, finetune={"budget": "1 step"})
    text = (tmp_path / "reviews.csv").read_text()
    (tmp_path / "reviews.csv").write_text(text.replace("text,label", "Review Body,Stars"))
    said: list[str] = []
    recipe = load(path, Recipe, parse_overrides(["--task.columns.text=Review Body"]))
    build(recipe, tmp_path / "run", base=tmp_path, progress=lambda what, *_: said.append(what))
    notes = [sentence for sentence in said if "is read from" in sentence]
    assert notes == ["note: the label is read from the column 'Stars'; task.columns.label can name another"]
    file = open_artefact(tmp_path / "run" / "examples").manifest.facts["train_file"]
    assert file["columns"] == {"text": "Review Body", "label": "Stars"}


def test_a_tokenizer_for_each_side_cannot_be_taken(task_run, tmp_path) -> None:
    other = str(task_run("separate").run)
    recipe = load(prepare("translation", tmp_path, tokenizer={"from_run": other}), Recipe)
    with pytest.raises(GroundupError, match=r"tokenizer\.from_run is .*tokenizer for each side"):
        build(recipe, tmp_path / "run", base=tmp_path)


def test_a_gate_that_lets_nothing_through_says_by_which_rule(tmp_path) -> None:
    path = prepare("translation", tmp_path)
    recipe = load(path, Recipe, parse_overrides(["--task.gate.most_words=1"]))
    with pytest.raises(GroundupError, match=r"None of the \d+ training pairs passed the gate \(too many words: \d+\)"):
        build(recipe, tmp_path / "run", base=tmp_path)


def answered(run: Path) -> list[str]:
    lines = (run / "test" / "predictions.jsonl").read_text().splitlines()
    return [json.loads(line)["id"] for line in lines]


def test_some_kinds_are_learned_first_and_then_all_go_on_from_there(tmp_path) -> None:
    path = prepare("stories", tmp_path)
    first = tmp_path / "qa1_single_train.txt"
    (tmp_path / "qa2_other_train.txt").write_text(first.read_text().replace("moved to", "ran into"))
    every = ["--task.train=qa*_train.txt"]
    some = load(path, Recipe, parse_overrides([*every, "--task.kinds=[qa2]"]))
    build(some, tmp_path / "some", base=tmp_path)
    parts = parts_of(open_artefact(tmp_path / "some" / "examples"))
    assert {example.kind for example in parts.train} == {"qa1", "qa2"}
    assert answered(tmp_path / "some") == [example.id for example in parts.validation if example.kind == "qa2"] != []
    learned = sum(example.kind == "qa2" for example in parts.train)
    (said,) = open_artefact(tmp_path / "some" / "finetune").manifest.facts["notes"]
    assert said.startswith(f"of the kinds qa2 alone: {learned} examples to learn from")
    # Of all kinds has the tokenizer, so that what was learned is of use to a run of them.
    sources = [f"--tokenizer.from_run={tmp_path / 'some'}", f"--finetune.warm_start.encoder={tmp_path / 'some'}"]
    whole = load(path, Recipe, parse_overrides([*every, *sources]))
    build(whole, tmp_path / "all", base=tmp_path)
    assert open_artefact(tmp_path / "all" / "finetune").manifest.facts["warm_start"]["taken"]
    assert answered(tmp_path / "all") == [example.id for example in parts.validation]
    tokens = [(tmp_path / run / "tokenizer" / "tokenizer.json").read_bytes() for run in ("some", "all")]
    assert tokens[0] == tokens[1]
