"""What translate, classify and answer have in common: where texts come from, and where answers go."""

from __future__ import annotations

import io
import json
import sys

import pytest

COMMANDS = {
    "translate": ("translation", ["a dog runs at home", "two men talk near town"]),
    "classify": ("classification", ["A superb film", "A dreadful film"]),
    "answer": (
        "spans",
        ["Where did Mary go?\tMary went to the garden.", "Where is John?\tJohn went to the office."],
    ),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_arguments_a_file_and_standard_input_give_the_same(task_run, groundup, tmp_path, monkeypatch, command) -> None:
    name, texts = COMMANDS[command]
    run, file, out = task_run(name).run, tmp_path / "texts", tmp_path / "answers"
    file.write_text("".join(f"{text}\n" for text in texts))
    given = groundup(command, run, *texts, "--json")
    assert given.code == 0, given.err
    rows = [json.loads(line) for line in given.out.splitlines()]
    assert len(rows) == len(texts)
    assert groundup(command, run, "--file", file, "--json").out == given.out
    monkeypatch.setattr(sys, "stdin", io.StringIO(file.read_text()))
    assert groundup(command, run, "--json").out == given.out
    written = groundup(command, run, *texts, "--json", "--out", out)
    assert written.out == ""
    assert "2 answers" in written.err
    assert [json.loads(line) for line in out.read_text().splitlines()] == rows
    # For people, a line each, in the file as on the screen.
    plain = groundup(command, run, "--file", file)
    assert plain.code == 0
    assert len(plain.out.splitlines()) == len(texts)
    groundup(command, run, "--file", file, "--out", out)
    assert out.read_text().split() == plain.out.split()


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_to_work_on_and_other_runs_are_said(task_run, tiny, groundup, tmp_path, monkeypatch, command) -> None:
    name, texts = COMMANDS[command]
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    outcome = groundup(command, task_run(name).run)
    assert outcome.code == 2
    assert "standard input" in outcome.error
    other = task_run("classification" if name != "classification" else "spans").run
    outcome = groundup(command, other, texts[0])
    assert outcome.code == 2
    assert "Ask it by: groundup" in outcome.error
    outcome = groundup(command, tiny.run, texts[0])
    assert outcome.code == 2
    assert "trained on text alone" in outcome.error
    outcome = groundup(command, tmp_path / "none", texts[0])
    assert outcome.code == 2
    assert "no run folder" in outcome.error


def test_lines_for_people_are_the_texts_themselves(task_run, groundup, tmp_path) -> None:
    run, file, out = task_run("classification").run, tmp_path / "texts", tmp_path / "answers"
    file.write_text("A :heart: film\nA film\u2028of two\n", encoding="utf-8")
    shown = groundup("classify", run, "--file", file).out
    assert [line.split("\t")[2] for line in shown.split("\n")[:-1]] == ["A :heart: film", "A film of two"]
    groundup("classify", run, "--file", file, "--out", out)
    assert out.read_text(encoding="utf-8") == shown
