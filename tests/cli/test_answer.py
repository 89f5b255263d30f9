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


def test_a_run_of_another_kind_is_named_before_a_passage_is_asked_for(task_run, groundup) -> None:
    outcome = groundup("answer", task_run("classification").run, "Where did Mary go?")
    assert outcome.code == 2
    assert "trained on a task of kind classification" in outcome.error
    assert "groundup classify" in outcome.error


@pytest.mark.parametrize("name", ["spans", "stories"])
def test_a_passage_longer_than_the_context_is_read_too(task_run, groundup, name) -> None:
    outcome = groundup("answer", task_run(name).run, "Where is Mary?", "--context", f"{PASSAGE} " * 12, "--json")
    assert outcome.code == 0, outcome.err


def test_the_next_best_answers_are_shown_where_they_are_asked_for(task_run, groundup) -> None:
    words = ("answer", task_run("spans").run, "Where did Mary go?", "--context", PASSAGE)
    assert len(groundup(*words).out.splitlines()) == 1
    for many in (1, 3, 8):
        found = groundup(*words, "--n-best", many, "--json").json
        assert len(found["others"]) == many - 1
        # All of them probabilities, which rank the answers; no answer stands behind one where it must not come first.
        answers = [(found["answer"], found["score"]), *((other["text"], other["score"]) for other in found["others"])]
        assert all(0 <= score <= 1 for _, score in answers)
        scores = [score for text, score in answers if text]
        assert scores == sorted(scores, reverse=True)
        lines = groundup(*words, "--n-best", many).out.splitlines()
        assert len(lines) == many
        assert lines[0].endswith(found["answer"] or "(no answer)")


@pytest.mark.parametrize("option", [("--beams", 3), ("--length-penalty", 0.5)])
def test_options_of_a_search_are_refused_where_nothing_is_written(task_run, groundup, option) -> None:
    outcome = groundup("answer", task_run("spans").run, "Where?", "--context", PASSAGE, *option)
    assert outcome.code == 2
    assert f"{option[0]} is for runs that write answers" in outcome.error


def test_a_passage_that_is_none_is_said(task_run, groundup, tmp_path) -> None:
    (tmp_path / "passage.txt").write_text(PASSAGE)
    words = ("answer", task_run("spans").run, "Where did Mary go?", "--context")
    outcome = groundup(*words, tmp_path / "pasage.txt")
    assert outcome.code == 2
    assert "There is no file" in outcome.error
    assert "Did you mean 'passage.txt'?" in outcome.error
    outcome = groundup(*words, "none/passage.txt")
    assert outcome.code == 2
    outcome = groundup(*words, " ")
    assert outcome.code == 2
    assert "--context is empty" in outcome.error
    assert groundup(*words, "Go.").code == 0
