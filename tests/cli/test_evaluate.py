from __future__ import annotations

import gzip
import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_the_figures_are_those_of_the_whole_text(tiny, groundup) -> None:
    outcome = groundup("evaluate", tiny.run, "--data", tiny.text, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("\n") == 1
    found = outcome.json
    assert found["bytes"] == tiny.text.stat().st_size
    assert found["documents"] == 1
    assert found["perplexity"] == pytest.approx(math.exp(found["loss"]))
    nats = found["loss"] * found["tokens"]
    assert found["bits_per_byte"] == pytest.approx(nats / found["bytes"] / math.log(2))


def test_a_folder_in_any_format_is_measured_like_the_text_itself(tiny, groundup, tmp_path) -> None:
    (tmp_path / "text.txt.gz").write_bytes(gzip.compress(tiny.text.read_bytes()))
    plain = groundup("evaluate", tiny.run, "--data", tiny.text, "--json", "--task", "language-modelling").json
    assert groundup("evaluate", tiny.run, "--data", tmp_path, "--json").json == plain


def test_more_to_look_back_on_is_another_figure_of_the_same_text(tiny, groundup) -> None:
    plain = groundup("evaluate", tiny.run, "--data", tiny.text, "--json").json
    closer = groundup("evaluate", tiny.run, "--data", tiny.text, "--stride", 4, "--json").json
    assert closer["tokens"] == plain["tokens"]
    assert closer["loss"] != plain["loss"]


def test_people_are_told_units(tiny, groundup) -> None:
    out = groundup("evaluate", tiny.run, "--data", tiny.text).out
    assert "nats a token" in out
    assert "bits per byte" in out


def test_mistakes_name_the_place(tiny, groundup, tmp_path) -> None:
    (tmp_path / "zeros.txt").write_bytes(bytes(99))
    (tmp_path / "empty.txt").write_bytes(b"")
    for path, part in (("zeros.txt", "zeros.txt"), ("empty.txt", "no text"), ("none.txt", "none.txt")):
        outcome = groundup("evaluate", tiny.run, "--data", tmp_path / path)
        assert outcome.code == 2
        assert part in outcome.error
    outcome = groundup("evaluate", tiny.run, "--data", tiny.text, "--stride", 0)
    assert outcome.code == 2
    assert "1 to 16" in outcome.error


def test_a_run_without_a_trained_model_is_said(copy, groundup) -> None:
    (copy.run / "pretrain").rename(copy.run.parent / "elsewhere")
    outcome = groundup("evaluate", copy.run, "--data", copy.text)
    assert outcome.code == 2
    assert "no trained model yet" in outcome.error


@pytest.fixture
def run_of(tmp_path: Path, random_model: Callable[..., Any]) -> Callable[..., Path]:
    """Makes a run that was never trained: a tokenizer of characters and a random model of the given stacks."""

    def make(objective: str, **settings: Any) -> Path:
        from groundup.model.files import save_model
        from groundup.store.artefact import publish
        from groundup.tokens.settings import TokenizerSettings
        from groundup.tokens.train import train_tokenizer

        run, draft = tmp_path / objective, tmp_path / "draft"
        tokenizer = train_tokenizer(["abcdef "], TokenizerSettings(kind="character"))
        model = random_model(vocabulary=tokenizer.vocabulary, **settings)
        run.mkdir()
        for stage, save in (("tokenizer", tokenizer.save), ("pretrain", lambda path: save_model(model, path))):
            draft.mkdir()
            save(draft)
            made_by = {"pretrain": {"objective": {"kind": objective}}}
            publish(
                draft, run / stage, stage=stage, fingerprint="0" * 64, settings=made_by, seed=1, parents={}, facts={}
            )
        return run

    return make


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    rows = [{"sentence_good": "abc", "sentence_bad": bad} for bad in ("acb", "abd", "fed", "abc")]
    (tmp_path / "letters.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "letters.jsonl"


ENCODER = {"encoder": ("attention", "gelu"), "decoder": ()}


def test_minimal_pairs_are_scored_by_the_way_that_fits(run_of, pairs, groundup) -> None:
    run = run_of("masked", **ENCODER)
    outcome = groundup("evaluate", run, "--task", "minimal-pairs", "--data", pairs, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["objective"] == "masked"
    assert list(outcome.json["scoring"]) == ["masked"]
    found = outcome.json["scoring"]["masked"]
    letters = found["paradigms"]["letters"]
    assert letters == {"accuracy": found["accuracy"], "interval": found["interval"], "pairs": 4, "ties": 1}
    assert 0 <= found["interval"][0] < found["accuracy"] < found["interval"][1] <= 1
    assert "scoring masked" in outcome.err
    shown = groundup("evaluate", run, "--task", "minimal-pairs", "--data", pairs.parent).out
    # One paradigm is its own mean, and is told once.
    assert shown.count(f"{found['accuracy'] * 100:.1f} (") == 1
    assert "A guess is right in 50 %" in shown
    assert "masked: 1 tie, counted as half right" in shown
    few = groundup("evaluate", run, "--task", "minimal-pairs", "--data", pairs, "--limit", 2, "--json").json
    assert few["scoring"]["masked"]["pairs"] == 2


def test_all_ways_that_apply_are_one_table(run_of, pairs, groundup) -> None:
    run = run_of("hybrid", **ENCODER)
    found = groundup("evaluate", run, "--task", "minimal-pairs", "--data", pairs, "--scoring", "all", "--json").json
    assert list(found["scoring"]) == ["masked_next", "causal"]
    out = groundup("evaluate", run, "--task", "minimal-pairs", "--data", pairs, "--scoring", "all").out
    assert all(len(line) <= 80 for line in out.splitlines())


def test_a_way_or_task_that_does_not_apply_says_what_does(run_of, pairs, groundup) -> None:
    run = run_of("masked", **ENCODER)
    outcome = groundup("evaluate", run, "--task", "minimal-pairs", "--data", pairs, "--scoring", "causal")
    assert outcome.code == 2
    assert "What does: masked." in outcome.error
    outcome = groundup("evaluate", run, "--data", pairs)
    assert outcome.code == 2
    assert "'masked'" in outcome.error
    assert "--task minimal-pairs applies to it, scored by masked" in outcome.error


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--task", "minimal-pair"], "Did you mean 'minimal-pairs'?"),
        (["--scoring", "all"], "--scoring belongs to --task minimal-pairs"),
        (["--limit", "3"], "--limit belongs to --task minimal-pairs"),
        (["--task", "minimal-pairs", "--stride", "3"], "--stride belongs to --task language-modelling"),
        (["--task", "minimal-pairs", "--limit", "0"], "--limit is 0"),
    ],
)
def test_options_of_another_task_are_refused(words, part, pairs, tiny, groundup) -> None:
    outcome = groundup("evaluate", tiny.run, "--data", pairs, *words)
    assert outcome.code == 2
    assert part in outcome.error


def test_a_text_is_measured_as_a_corpus_would_mend_it(tiny, groundup, tmp_path) -> None:
    plain = groundup("evaluate", tiny.run, "--data", tiny.text, "--json").json
    windows = tiny.text.read_text().replace("\n", "\r\n").replace("The", "The\x07", 1)
    (tmp_path / "windows.txt").write_bytes(b"\xef\xbb\xbf" + windows.encode())
    assert groundup("evaluate", tiny.run, "--data", tmp_path / "windows.txt", "--json").json == plain


@pytest.mark.parametrize("data", [(), ("--data", "nowhere/test2016")])
def test_a_run_that_is_not_there_is_said_before_anything_else(data, groundup) -> None:
    outcome = groundup("evaluate", "nowhere/run", *data)
    assert outcome.code == 2
    assert "There is no run folder nowhere/run" in outcome.error


@pytest.mark.parametrize("data", [(), ("--data", "nowhere/blimp")])
def test_who_has_no_pairs_is_told_where_there_are_some(data, tiny, groundup) -> None:
    outcome = groundup("evaluate", tiny.run, "--task", "minimal-pairs", *data)
    assert outcome.code == 2
    for part in ("BLiMP", "github.com/alexwarstadt/blimp", "sentence_good", ".jsonl"):
        assert part in outcome.error


def test_a_detector_is_refused_in_good_english(run_of, pairs, groundup) -> None:
    outcome = groundup("evaluate", run_of("detection", **ENCODER), "--task", "minimal-pairs", "--data", pairs)
    assert outcome.code == 2
    assert "by a model trained on the objective 'detection'" in outcome.error
    assert "encoder" not in outcome.error.split("Give")[0]


def test_what_an_objective_cannot_do_is_refused_without_torch(run_of, pairs) -> None:
    masked, detection = run_of("masked", **ENCODER), run_of("detection", **ENCODER)
    script = """
import sys
from groundup.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as left:
    print(left.code, "torch" in sys.modules)
"""
    for words in (
        ("generate", masked, "x"),
        ("evaluate", masked, "--task", "language-modelling", "--data", pairs),
        ("evaluate", detection, "--task", "minimal-pairs", "--data", pairs),
    ):
        told = subprocess.run(
            [sys.executable, "-c", script, *map(str, words)], capture_output=True, text=True, timeout=120
        )
        assert told.stdout == "2 False\n", (words, told.stderr)


def test_who_asks_a_model_to_write_that_does_not_is_told_what_shows_what_it_knows(run_of, groundup) -> None:
    for objective, has_pairs in (("masked", True), ("detection", False)):
        run = run_of(objective, **ENCODER)
        error = groundup("generate", run, "x").error
        assert f"groundup report {run}" in error
        # With its --data, and not for a detector, which would be refused.
        assert (f"groundup evaluate {run} --task minimal-pairs --data" in error) is has_pairs


@pytest.mark.parametrize(
    ("name", "data", "examples", "figures"),
    [
        ("classification", "reviews.csv", 48, {"accuracy", "macro_f1", "log_loss"}),
        ("classification", "reviews.tsv", 48, {"accuracy", "macro_f1", "log_loss"}),
        ("classification", "reviews.jsonl", 48, {"accuracy", "macro_f1", "log_loss"}),
        ("pretrained", "reviews.csv", 48, {"accuracy"}),
        ("translation", "train", 48, {"bleu", "chrf"}),
        ("translation", "run/examples/validation.jsonl", 5, {"bleu", "chrf"}),
        ("separate", "train", 48, {"bleu", "chrf"}),
        ("spans", "squad.json", 16, {"f1", "exact"}),
        ("spans", "run/examples/validation.jsonl", 2, {"f1", "exact"}),
        ("stories", "qa1_single_train.txt", 32, {"f1", "exact"}),
    ],
)
def test_a_task_is_measured_on_every_format(task_run, groundup, tmp_path, name, data, examples, figures) -> None:
    made, out = task_run(name), tmp_path / "said.jsonl"
    outcome = groundup("evaluate", made.run, "--data", made.folder / data, "--out", out, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["examples"] == examples
    assert figures <= set(outcome.json["figures"])
    assert outcome.json["interval"]["low"] <= outcome.json["figures"][outcome.json["main"]]
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == len({row["id"] for row in rows}) == examples


def test_the_formats_of_one_set_of_examples_give_one_figure(task_run, groundup) -> None:
    made = task_run("classification")
    found = [
        groundup("evaluate", made.run, "--data", made.folder / f"reviews.{ending}", "--json").json["figures"]
        for ending in ("csv", "tsv", "jsonl")
    ]
    assert found[0] == found[1] == found[2]
    shown = groundup("evaluate", made.run, "--data", made.folder / "reviews.csv").out
    assert f"{found[0]['accuracy']:.2f} %" in shown
    assert "interval" in shown


def test_odd_columns_and_bad_rows_lead_on_by_the_options_of_this_command(task_run, groundup) -> None:
    made = task_run("classification")
    words = ["evaluate", made.run, "--data", made.folder / "odd.csv", "--json"]
    outcome = groundup(*words)
    assert outcome.code == 2
    assert "--columns 'text=Column A' 'label=Column B'" in outcome.err
    words += ["--columns", "text=Column A", "label=Column B"]
    outcome = groundup(*words)
    assert outcome.code == 2
    assert "--on-bad-row skip" in outcome.err
    assert groundup(*words, "--on-bad-row", "skip").json["examples"] == 48


def test_options_of_tasks_are_theirs_alone(task_run, tiny, groundup) -> None:
    outcome = groundup("evaluate", tiny.run, "--data", tiny.text, "--on-bad-row", "skip")
    assert outcome.code == 2
    assert "--on-bad-row belongs to" in outcome.error
    made = task_run("classification")
    outcome = groundup("evaluate", made.run, "--data", made.folder / "none.csv")
    assert outcome.code == 2
    assert "none.csv" in outcome.error
    outcome = groundup("evaluate", made.run, "--data", made.folder / "reviews.csv", "--task", "language-modelling")
    assert outcome.code == 2
    assert "groundup classify" in outcome.error


def test_labels_that_were_never_learned_are_said(task_run, groundup, tmp_path) -> None:
    (tmp_path / "other.csv").write_text("text,label\nA superb film,1\nA boring film,-1\n")
    outcome = groundup("evaluate", task_run("classification").run, "--data", tmp_path / "other.csv")
    assert outcome.code == 2
    assert "theirs are '1', '-1', and it knows 'bad', 'good'" in outcome.error


def test_runs_are_measured_together(task_run, tiny, groundup) -> None:
    made = task_run("translation")
    words = ("evaluate", made.run, "--data", made.folder / "train")
    alone, both = groundup(*words, "--json").json, groundup(*words, "--with", made.run, "--json").json
    assert both.pop("with") == [str(made.run)]
    # A model and its like expect what it expects alone.
    assert both["figures"] == pytest.approx(alone["figures"])
    stories = task_run("stories")
    words = ("evaluate", stories.run, "--data", stories.folder / "qa1_single_train.txt", "--with", stories.run)
    assert groundup(*words).code == 0
    outcome = groundup(*words[:-1], task_run("spans").run)
    assert outcome.code == 2
    assert "points at answers" in outcome.error
    labelled = task_run("classification")
    words = ("evaluate", labelled.run, "--data", labelled.folder / "reviews.csv", "--json")
    assert groundup(*words, "--with", labelled.run).json["figures"] == groundup(*words).json["figures"]
    outcome = groundup("evaluate", tiny.run, "--data", tiny.text, "--with", made.run)
    assert outcome.code == 2
    assert "--with belongs to" in outcome.error


def test_a_pool_is_measured_with_each_of_its_members_beside_it(task_run, groundup) -> None:
    made = task_run("pooled")
    examples = made.run / "examples" / "test.jsonl"
    found = groundup("evaluate", made.run, "--data", examples, "--json").json
    assert found["figures"] == pytest.approx(made.facts("test")["figures"], abs=1e-5)
    assert set(found["details"]["alone"]) == {"network", "ngrams"}
    shown = groundup("evaluate", made.run, "--data", examples).out
    assert "accuracy, the network alone" in shown
    assert "accuracy, runs of words alone" in shown


def test_what_was_left_out_and_what_cannot_be_right_is_told_beside_the_figures(task_run, groundup, tmp_path) -> None:
    (tmp_path / "more.csv").write_text("Review,label\nA superb film,good\nA boring film,Bad\n,good\nFine,neutral\n")
    words = ("evaluate", task_run("classification").run, "--data", tmp_path / "more.csv", "--on-bad-row", "skip")
    outcome = groundup(*words, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["examples"] == 3
    for part in (
        "the text is read from the column 'Review'; --columns text=NAME can name another",
        "1 of 4 rows left out (empty cell: 1); the first: Line 4 of more.csv",
        "the label 'Bad' (1, first at more.csv#3) was never learned, so what has it counts as wrong. "
        "Did you mean 'bad'?",
        "the label 'neutral' (1, first at more.csv#5) was never learned",
    ):
        assert f"note: {part}" in outcome.err
