from __future__ import annotations

from typing import Any

import pytest

from groundup.tasks.recipe import TaskSettings


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"train": " "}, "train must name"),
        ({"validation_share": 0.0}, "examples to measure on"),
        ({"validation_share": 1.0}, "0 to 0.9"),
        ({"test_share": -0.1}, "0 to 0.9"),
        ({"test_share": 0.85}, "more than 0.9"),
        ({"limit": 1}, "2 or more"),
        ({"stride": -1}, "0 or more"),
        ({"longest_question": 0}, "1 or more"),
        ({"longest_answer": 0}, "1 or more"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TaskSettings(**{"kind": "questions", "train": "squad.json"} | values)


def test_no_share_is_held_out_where_files_say_what_is_measured_on() -> None:
    TaskSettings(kind="questions", train="a", validation="b", validation_share=0.0)


@pytest.mark.parametrize(
    ("kind", "answers", "writes"),
    [
        ("translation", "spans", True),
        ("classification", "texts", False),
        ("questions", "spans", False),
        ("questions", "texts", True),
    ],
)
def test_who_writes(kind: Any, answers: Any, writes: bool) -> None:
    assert TaskSettings(kind=kind, train="a", answers=answers).writes is writes
