from __future__ import annotations

from typing import Any

import pytest

from groundup.reports import html, markdown
from groundup.reports.back_translation import back_translation_section
from groundup.reports.document import Document
from groundup.reports.gather import Facts, StageFacts

RULE = {"stage": "gate", "rule": "length ratio", "documents": 20, "samples": [{"id": "back:a#3", "sample": "x → y"}]}
COUNTS = {"documents_read": 100, "documents_kept": 80, "documents_dropped": 20}
FACTS: dict[str, Any] = {
    "run": "runs/de-en",
    "texts": "more.de",
    "search": "sampling",
    "tag": "<BT>",
    "made": 100,
    "left_out": {"held out": 5, "blank": 15, "a new reason": 1},
    "gate": {"sources": {"back_translation": COUNTS}, "rules": {"a": RULE}},
    "examples": {"train": 80, "written_by_people": 320},
    "samples": [{"id": "back:a#1", "source": "a dog <u>", "target": "ein Hund"}],
}


def told(facts: dict[str, Any]) -> str:
    stage = StageFacts("back_translation", "f" * 64, 1, {}, {}, facts, 0)
    section = back_translation_section(Facts("x", stages={"back_translation": stage}))
    report = Document("x", "", (), (section,))
    assert "<u>" not in html.render(report)
    return markdown.render(report) if section.blocks else ""


def test_what_was_made_dropped_and_left_out() -> None:
    text = told(FACTS)
    for words in (
        "The run runs/de-en wrote sources for 100 texts of more.de (tokens drawn as they are likely)",
        "80 of the pairs joined",
        "begins with",
        "| among the targets that the model is measured by | 5 |",
        "| a new reason | 1 |",
        "| translated, and dropped by the gate | 20 |",
        "Of all 400 pairs that are learned from, 20 %",
        "Of 100 pairs that were made 80, 80 %, passed the gate",
        "ledger of the back-translation",
        "| length ratio | 20 |",
        "→ ein Hund",
    ):
        assert words in text, words


def test_untagged_sources_are_not_said_to_be() -> None:
    assert "begins with" not in told({**FACTS, "tag": ""})


def test_a_run_without_it_has_no_such_section() -> None:
    assert back_translation_section(Facts("x")).blocks == ()


@pytest.mark.parametrize("odd", [{"made": "many"}, {"examples": 3}, {"made": 0}, {}])
def test_facts_of_another_shape_are_left_out(odd: dict[str, Any]) -> None:
    assert told({**(FACTS if odd else {}), **odd}) == ""


@pytest.mark.parametrize("odd", [{"gate": 3}, {"left_out": [1]}, {"samples": [3]}, {"run": None}])
def test_what_is_odd_in_a_part_spoils_no_other(odd: dict[str, Any]) -> None:
    assert "wrote sources for 100 texts" in told({**FACTS, **odd})
