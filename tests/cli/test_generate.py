from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest


def test_the_same_seed_is_the_same_text(tiny, groundup) -> None:
    once = groundup("generate", tiny.run, "The ", "--tokens", 20, "--seed", 5)
    assert once.code == 0, once.err
    assert once.out.startswith("The ")
    assert groundup("generate", tiny.run, "The ", "--tokens", 20, "--seed", 5).out == once.out
    assert groundup("generate", tiny.run, "The ", "--tokens", 20, "--seed", 6).out != once.out


def test_json_is_one_object_a_text_and_nothing_else(tiny, groundup) -> None:
    outcome = groundup("generate", tiny.run, "The ", "A ", "--tokens", 6, "--json")
    rows = [json.loads(line) for line in outcome.out.splitlines()]
    assert [row["prompt"] for row in rows] == ["The ", "A "]
    assert all(len(row["text"]) <= 6 for row in rows)
    assert outcome.err == ""


def test_a_file_gives_a_beginning_a_line_and_so_does_a_pipe(tiny, groundup, tmp_path, monkeypatch) -> None:
    (tmp_path / "prompts.txt").write_text("The \nA \n")
    words = ("generate", tiny.run, "--tokens", 6, "--json")
    given = groundup(*words, "The ", "A ").out
    assert groundup(*words, "--file", tmp_path / "prompts.txt").out == given
    monkeypatch.setattr("sys.stdin", io.StringIO("The \nA \n"))
    assert groundup(*words).out == given


def test_it_ends_before_a_stop_text(tiny, groundup) -> None:
    text = groundup("generate", tiny.run, "The ", "--tokens", 60, "--stop", " ", "--stop", "\n", "--json").json["text"]
    assert not set(text) & {" ", "\n"}


def test_what_the_tokenizer_does_not_know_is_said(tiny, groundup) -> None:
    outcome = groundup("generate", tiny.run, "The \u65e5 ", "--tokens", 3)
    assert outcome.code == 0
    assert "does not know" in outcome.err
    assert "\u65e5" in outcome.err
    assert "does not know" not in groundup("generate", tiny.run, "The ", "--tokens", 3).err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("x", "--tokens", "0"), "--tokens"),
        (("x", "--tokens", "ten"), "--tokens"),
        (("x", "--temperature", "nan"), "--temperature"),
        (("x", "--top-p", "2"), "--top-p"),
        (("x", "--seed", "-1"), "--seed"),
        (("x", "--file", "none.txt"), "--file"),
        (("--file", "none.txt"), "none.txt"),
        (("--file", "."), "cannot be read"),
        (("x", "--tokenz", "3"), "--tokenz"),
        (("x", "--beams", "0"), "--beams"),
        (("x", "--beams", "2", "--n-best", "3"), "--n-best"),
        (("x", "--beams", "2", "--length-penalty", "-1"), "--length-penalty"),
        (("x", "--beams", "2", "--tokens", "0"), "--tokens"),
        (("x", "--n-best", "2"), "Add --beams"),
        (("x", "--length-penalty", "1"), "Add --beams"),
        (("x", "--beams", "2", "--temperature", "0.5"), "--temperature has no say"),
        (("x", "--beams", "2", "--stop", "e"), "--stop has no say"),
    ],
)
def test_mistakes_are_told(words, part, tiny, groundup) -> None:
    outcome = groundup("generate", tiny.run, *words)
    assert outcome.code == 2
    assert outcome.out == ""
    assert part in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(("content", "part"), [(b"caf\xe9", "not UTF-8"), (b"", "is empty")])
def test_a_file_that_is_no_text_is_named(content, part, tiny, groundup, tmp_path) -> None:
    (tmp_path / "prompts.txt").write_bytes(content)
    outcome = groundup("generate", tiny.run, "--file", tmp_path / "prompts.txt")
    assert outcome.code == 2
    assert part in outcome.error
    assert "prompts.txt" in outcome.error


def test_one_beam_is_temperature_0(tiny, groundup) -> None:
    greedy = groundup("generate", tiny.run, "The ", "A ", "--tokens", 8, "--temperature", 0, "--json")
    beams = groundup("generate", tiny.run, "The ", "A ", "--tokens", 8, "--beams", 1, "--json")
    assert beams.code == 0, beams.err
    rows = [json.loads(line) for line in beams.out.splitlines()]
    assert all(row.pop("score") == row.pop("log_probability") < 0 for row in rows)
    assert rows == [json.loads(line) for line in greedy.out.splitlines()]


def test_the_best_texts_come_with_their_scores_best_first(tiny, groundup) -> None:
    words = ("generate", tiny.run, "The ", "A ", "--tokens", 6, "--beams", 4, "--n-best", 3, "--length-penalty", 0.6)
    rows = [json.loads(line) for line in groundup(*words, "--json").out.splitlines()]
    assert [row["prompt"] for row in rows] == ["The "] * 3 + ["A "] * 3
    for best in (rows[:3], rows[3:]):
        assert [row["score"] for row in best] == sorted((row["score"] for row in best), reverse=True)
        assert len({row["text"] for row in best}) == 3
    shown = groundup(*words).out
    for number, row in enumerate(rows):
        assert row["prompt"] + row["text"] in shown
        said = f"score {row['score']:.3f}, log probability {row['log_probability']:.3f} nats"
        assert f"text {number // 3 + 1}, rank {number % 3 + 1} of 3: {said} \u2500" in shown
        # Penalised scores are no logarithms of anything.
        assert row["score"] > row["log_probability"]


@pytest.fixture
def run_with(copy, random_model) -> Callable[..., Path]:
    """The tiny run with another model in the place of its own."""

    def make(**settings: Any) -> Path:
        from groundup.cli.runs import tokenizer_of
        from groundup.model.files import save_model
        from groundup.store.artefact import publish

        model = random_model(vocabulary=tokenizer_of(copy.run).vocabulary, **settings)
        draft = copy.run / "draft"
        draft.mkdir()
        save_model(model, draft)
        shutil.rmtree(copy.run / "pretrain")
        publish(
            draft,
            copy.run / "pretrain",
            stage="pretrain",
            fingerprint="0" * 64,
            settings=asdict(model.settings),
            seed=1,
            parents={},
            facts={},
        )
        return copy.run

    return make


def test_an_encoder_reads_the_text_and_the_decoder_writes_one_of_its_own(run_with, groundup) -> None:
    run = run_with(encoder=("attention", "glu"), decoder=("attention", "cross", "glu"))
    words = ("generate", run, "The sea ", "--tokens", 12)
    drawn = groundup(*words)
    assert drawn.code == 0, drawn.err
    assert not drawn.out.startswith("The sea ")
    assert groundup(*words, "--json").json["text"] == drawn.out.removesuffix("\n")
    found = groundup(*words, "--beams", 3, "--n-best", 2, "--json")
    assert found.code == 0, found.err
    best = [json.loads(line)["text"] for line in found.out.splitlines()]
    assert len(set(best)) == 2
    assert groundup(*words, "--beams", 3).out == best[0] + "\n"
    # It is of the source that it writes.
    other = groundup("generate", run, "A wind went.", "--tokens", 12, "--beams", 3, "--n-best", 2, "--json")
    assert [json.loads(line)["text"] for line in other.out.splitlines()] != best


@pytest.mark.parametrize("words", [(), ("--beams", "2")])
def test_an_encoder_alone_cannot_write(run_with, groundup, words) -> None:
    outcome = groundup("generate", run_with(encoder=("attention", "glu"), decoder=()), "The ", *words)
    assert outcome.code == 2
    assert outcome.out == ""
    assert "has an encoder only" in outcome.error


def test_learned_positions_that_run_out_are_told(run_with, groundup) -> None:
    outcome = groundup("generate", run_with(positions="learned", context=8), "The storm", "--beams", 2)
    assert outcome.code == 2
    assert "came to 9 tokens" in outcome.error
    assert "for 8" in outcome.error


def test_a_run_that_learned_only_a_task_says_how_to_ask_it(task_run, groundup) -> None:
    outcome = groundup("generate", task_run("classification").run, "The ")
    assert outcome.code == 2
    assert "Ask it by: groundup classify" in outcome.error
    assert groundup("generate", task_run("pretrained").run, "The ", "--tokens", 4).code == 0
