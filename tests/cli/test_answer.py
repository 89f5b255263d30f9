from __future__ import annotations

import pytest

PASSAGE = "Mary went to the garden at 3 o'clock and stayed there."


def test_an_answer_stands_in_its_passage(task_run, groundup, tmp_path) -> None:
    run, question = task_run("spans").run, "Where did Mary go?"
    outcome = groundup("answer", run, question, "--context", PASSAGE, "--json")
    assert outcome.code == 0, outcome.err
    found = outcome.json
    assert found["question"] == question
    assert PASSAGE[found["start"] : found["end"]] == found["answer"]
    assert 0 <= found["score"] <= 1
    # The passage may stand in a file or behind a tab, too.
    (tmp_path / "passage.txt").write_text(PASSAGE)
    assert groundup("answer", run, question, "--context", tmp_path / "passage.txt", "--json").json == found
    assert groundup("answer", run, f"{question}\t{PASSAGE}", "--json").json == found


def test_an_answer_is_written_where_the_run_learned_to(task_run, groundup) -> None:
    words = ("answer", task_run("stories").run, "Where is Mary?", "--context", "Mary moved to the garden.")
    found = groundup(*words, "--json").json
    assert isinstance(found["answer"], str)
    assert groundup(*words).out.strip() in (found["answer"], "(no answer)")


def test_a_question_wants_a_passage(task_run, groundup) -> None:
    outcome = groundup("answer", task_run("spans").run, "Where did Mary go?")
    assert outcome.code == 2
    assert "no passage to question 1" in outcome.error
    assert "--context" in outcome.error


@pytest.mark.parametrize("name", ["spans", "stories"])
def test_a_passage_longer_than_the_context_is_read_too(task_run, groundup, name) -> None:
    outcome = groundup("answer", task_run(name).run, "Where is Mary?", "--context", f"{PASSAGE} " * 12, "--json")
    assert outcome.code == 0, outcome.err
