from __future__ import annotations

import io
import json

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
