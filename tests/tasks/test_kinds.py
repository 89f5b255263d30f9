from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from groundup.tasks.examples import Answer, Labelled, Pair, Question
from groundup.tasks.kinds import LABELLED, POINTED_AT, WRITTEN, kind_of
from groundup.tasks.settings import TaskSettings

QUESTION = Question("1", "The cat sat.", "Who?", (Answer("cat"),))


@pytest.mark.parametrize(
    ("kind", "answers"), list(product(["translation", "classification", "questions"], ["spans", "texts"]))
)
def test_every_task_has_its_kind(kind: Any, answers: Any) -> None:
    found = kind_of(TaskSettings(kind=kind, train="a", answers=answers))
    wanted = {"translation": WRITTEN, "classification": LABELLED, "questions": POINTED_AT}[kind]
    assert found is (WRITTEN if answers == "texts" and kind == "questions" else wanted)


def test_the_vocabulary_comes_from_what_is_read_and_what_is_written() -> None:
    assert WRITTEN.source(Pair("1", "a", "b")) == ("a",)
    assert WRITTEN.target(Pair("1", "a", "b")) == ("b",)
    assert WRITTEN.source(QUESTION) == (" The cat sat.\n Who?",)
    assert WRITTEN.target(QUESTION) == (" cat",)
    assert LABELLED.source(Labelled("1", "a", "label", "b")) == ("a", "b")
    assert LABELLED.source(Labelled("1", "a", "label")) == ("a",)
    assert POINTED_AT.source(QUESTION) == ("The cat sat.", "Who?")
    assert LABELLED.target(Labelled("1", "a", "label")) == POINTED_AT.target(QUESTION) == ()
