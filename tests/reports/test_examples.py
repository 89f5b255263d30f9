from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from groundup.reports import html, markdown
from groundup.reports.document import Document, Table
from groundup.reports.examples import examples_section
from groundup.reports.gather import Facts, StageFacts

sys.path.insert(0, str(Path(__file__).parent))
from tasked import EXAMPLES


def told(facts: dict[str, Any]) -> str:
    section = examples_section(Facts("x", stages={"examples": StageFacts("examples", "f" * 64, 1, {}, {}, facts, 0)}))
    report = Document("x", "", (), (section,))
    assert html.render(report)
    return markdown.render(report)


def test_where_from_how_many_and_what_was_left_out() -> None:
    text = told(EXAMPLES)
    for words in ("are of moods, licence: CC0", "| train | 900 |", "an empty text: 10 (the first: train.csv, row 7"):
        assert words in text
    assert "2 of 40 test examples (5 %) are among the training examples" in text


def test_texts_of_one_side_that_stand_in_both_parts_are_told() -> None:
    seen = {"tests": 40, "seen": 0, "first": [], "sides": {"source": 0, "target": 12}}
    text = told({"test_seen": seen})
    assert "Of 40 test pairs the source of 0 and the target of 12 stands in a training pair, too" in text
    assert "learnt by heart" not in text
    assert "training pair, too" not in told({"test_seen": {**seen, "sides": {"source": 0, "target": 0}}})


def test_the_gate_says_which_rule_took_how_many_pairs() -> None:
    def rule(name: str, pairs: int) -> dict[str, Any]:
        samples = [{"id": "t#3", "title": "", "sample": "Ja → Ja"}]
        return {"stage": "gate", "rule": name, "action": "drop", "documents": pairs, "samples": samples}

    account = {
        "sources": {"train": {"documents_read": 100, "documents_kept": 90, "documents_dropped": 10}},
        "rules": {"a": rule("copies", 3), "b": rule("length ratio", 7)},
    }
    text = told({"gate": account})
    assert "Of 100 training pairs 90, 90 %, passed the gate" in text
    assert text.index("| length ratio | 7 | 7 % |") < text.index("| copies | 3 | 3 % |")
    assert "Ja → Ja" in text


def test_a_run_without_examples_has_no_such_section() -> None:
    assert examples_section(Facts("x")).blocks == ()


@pytest.mark.parametrize("odd", [{"examples": 3}, {"gate": {"rules": [1], "sources": {"a": 1}}}, {"train_file": []}])
def test_facts_of_another_shape_are_left_out(odd: dict[str, Any]) -> None:
    assert not any(isinstance(block, Table) for block in [told(odd)])


def test_what_was_said_of_them_before_training_is_told() -> None:
    finetune = StageFacts("finetune", "f" * 64, 1, {}, {}, {"notes": ["The label 'postive' looks like a slip."]}, 0)
    section = examples_section(Facts("x", stages={"finetune": finetune}))
    assert "**Mind:** The label 'postive' looks like a slip." in markdown.render(Document("x", "", (), (section,)))
    odd = StageFacts("finetune", "f" * 64, 1, {}, {}, {"notes": 3}, 0)
    assert examples_section(Facts("x", stages={"finetune": odd})).blocks == ()
