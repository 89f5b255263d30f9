from __future__ import annotations

import sys
from pathlib import Path

from groundup.reports.task import FIGURES, MEANINGS, QUESTIONS, figures_of, in_order, interval_of, question_to

sys.path.insert(0, str(Path(__file__).parent))
from tasked import TEST


def test_every_figure_has_a_meaning() -> None:
    assert set(MEANINGS) == set(FIGURES)


def test_the_main_figure_is_first_and_unknown_ones_last() -> None:
    assert in_order(["zeal", "bleu", "f1", "accuracy"], "f1") == ["f1", "bleu", "accuracy", "zeal"]


def test_every_kind_of_task_is_asked_by_its_command() -> None:
    for kind, command in (("translation", "translate"), ("classification", "classify"), ("questions", "answer")):
        found = question_to(kind, "runs/x")
        assert found is not None
        assert found[1].startswith(f"groundup {command} runs/x ")
    assert len(QUESTIONS) == 3
    assert question_to("", "runs/x") is None


def test_an_interval_is_said_where_it_is_known() -> None:
    assert interval_of(TEST) == "62.50 to 77.50 %"
    assert interval_of({"main": "accuracy", "interval": {"low": None, "high": 3}}) == ""


def test_examples_that_are_all_alike_have_no_interval() -> None:
    alike = {**TEST, "figures": {"accuracy": 100.0}, "interval": {"low": 100.0, "high": 100.0, "level": 0.95}}
    assert interval_of(alike) == ""
    assert figures_of(alike)[0] == ("accuracy", "100.00 %  (no interval: all examples are alike)")


def test_figures_are_labels_and_values() -> None:
    rows = figures_of({**TEST, "figures": {"accuracy": 70.0, "log_loss": 0.6}})
    assert rows[0] == ("accuracy", "70.00 %  (95% interval 62.50 to 77.50 %)")
    assert rows[-1] == ("examples", "40")
