"""What each weighs, how good each is, and which runs speak loudest; nothing where the stage is not there or odd."""

from __future__ import annotations

from typing import Any

import pytest

from groundup.reports import html, markdown
from groundup.reports.document import Document
from groundup.reports.gather import Facts, StageFacts
from groundup.reports.ngrams import ngrams_section

FACTS: dict[str, Any] = {
    "runs": 54321,
    "weights": {"network": 0.614, "ngrams": 0.3},
    # As JSON gives it back: names sorted, so that the main figure is not the first.
    "validation": {
        "network": {"log_loss": 0.5, "accuracy": 80.0},
        "ngrams": {"log_loss": 0.6, "accuracy": 75.5},
        "pool": {"log_loss": 0.4, "accuracy": 85.25},
    },
    "strongest": {"good": ["truly good", "<u>_un"], "bad": ["dull", 7]},
}


def told(facts: dict[str, Any]) -> str:
    stage = StageFacts("ngrams", "f" * 64, 1, {}, {}, facts, 0)
    section = ngrams_section(Facts("x", stages={"ngrams": stage}))
    report = Document("x", "", (), (section,))
    assert "<u>" not in html.render(report)
    return markdown.render(report) if section.blocks else ""


def test_weights_figures_and_runs() -> None:
    text = told(FACTS)
    for words in (
        "54,321 runs",
        "to the power of 0.61",
        "to the power of 0.30",
        "| the network alone | 80.00 % |",
        "| runs of words alone | 75.50 % |",
        "| both together | 85.25 % |",
        "truly good",
        "dull",
    ):
        assert words in text, words
    assert text.index("accuracy") < text.index("log loss")


@pytest.mark.parametrize("facts", [{}, {**FACTS, "weights": {"network": 1}}, {**FACTS, "runs": "many"}])
def test_what_says_nothing_or_is_odd_has_no_section(facts: dict[str, Any]) -> None:
    assert told(facts) == ""
    assert ngrams_section(Facts("x")).blocks == ()


def test_runs_that_were_switched_off_since_are_not_told_of() -> None:
    stages = {
        "ngrams": StageFacts("ngrams", "f" * 64, 1, {}, {}, FACTS, 0),
        "test": StageFacts("test", "e" * 64, 1, {"ngrams": None}, {}, {}, 0),
    }
    assert ngrams_section(Facts("x", stages=stages)).blocks == ()
    stages["test"] = StageFacts("test", "e" * 64, 1, {"ngrams": {"words": 2}}, {}, {}, 0)
    assert ngrams_section(Facts("x", stages=stages)).blocks


def test_what_is_odd_within_is_left_out() -> None:
    odd = {**FACTS, "validation": [1], "strongest": "loud"}
    assert "to the power of 0.61" in told(odd)
