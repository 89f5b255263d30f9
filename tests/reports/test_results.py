from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from groundup.reports import html, markdown
from groundup.reports.document import Alert, Paragraph, Section, Table
from groundup.reports.gather import Facts, StageFacts, gather
from groundup.reports.predictions import Shown
from groundup.reports.report import headline, known_figures, save_report, summary
from groundup.reports.results import result_cards, results_sections
from groundup.reports.story import tell

sys.path.insert(0, str(Path(__file__).parent))
import tasked
from pages import Page
from plays import build as build_text


def judged(**facts: Any) -> Facts:
    """A run of which nothing is known but what its test says."""
    test = StageFacts("test", "f" * 64, 1, {}, {}, {**tasked.TEST, **facts}, 0)
    return Facts("x", stages={"test": test})


def tables(section: Section) -> dict[str, Table]:
    return {block.caption: block for block in section.blocks if isinstance(block, Table)}


def said(section: Section) -> str:
    return " ".join(block.text for block in section.blocks if isinstance(block, Paragraph | Alert))


def test_the_main_figure_stands_on_top_beside_the_best_baseline() -> None:
    main, best = result_cards(judged())
    assert (main.label, main.value, main.note) == ("Accuracy", "70.00 %", "95 % interval 62.50 to 77.50 %")
    assert (best.label, best.value, best.note) == ("Best baseline, accuracy", "80.00 %", "logistic regression")


def test_the_main_figure_is_first_and_every_baseline_has_a_row() -> None:
    section, _ = results_sections(judged())
    table = tables(section)["Judged on the same examples"]
    assert table.header == ("", "accuracy", "calibration error", "log loss")
    assert table.rows == (
        ("this model", "70.00 %", "7.00 %", "0.6000 nats"),
        ("majority", "50.00 %", "–", "–"),
        ("logistic regression", "80.00 %", "–", "–"),
    )
    apart = tables(section)["How far the model is from the baselines"].rows
    assert apart[1] == ("logistic regression", "−10.00", "−14.00 to −6.00", "0.004")
    assert apart[0] == ("majority", "–", "–", "–")
    assert "10.00 points below the best baseline, logistic regression" in said(section)
    assert "A lexicon is not in the table" in said(section)


def test_what_examples_cannot_tell_apart_is_said() -> None:
    close = {"name": "b", "figures": {"accuracy": 69.0}, "difference": {"difference": {"score": 1.0}, "p_value": 0.4}}
    section, _ = results_sections(judged(baselines=[close]))
    assert "do not tell the two apart" in said(section)
    section, _ = results_sections(judged(part="validation", baselines=[]))
    assert "No examples were kept for a test" in said(section)


@pytest.mark.parametrize(("classes", "is_shown"), [(12, True), (13, False)])
def test_a_confusion_matrix_has_room_for_twelve_classes(classes: int, is_shown: bool) -> None:
    details = {
        "classes": [f"c{n}" for n in range(classes)],
        "confusion": [[n] * classes for n in range(classes)],
        **{name: [0.5] * classes for name in ("precision", "recall", "f1")},
    }
    section, _ = results_sections(judged(details=details))
    found = tables(section)
    assert ("Which labels were taken for which" in found) == is_shown
    assert len(found["Each label"].rows) == classes


def test_failed_tasks_of_babi_are_marked_and_other_kinds_are_not() -> None:
    for names, header, last in (
        (("qa2", "qa10"), "task", ("", "failed")),
        (("explicit", "implicit"), "kind", ("99.00 %", "50.00 %")),
    ):
        kinds = {
            name: {"questions": 100, "exact": exact, "f1": exact}
            for name, exact in sorted(zip(names, (99.0, 50.0), strict=True))
        }
        section, _ = results_sections(judged(details={"kinds": kinds}))
        (table,) = (table for table in tables(section).values() if table.header[0] == header)
        assert tuple(row[0] for row in table.rows) == names
        assert tuple(row[-1] for row in table.rows) == last


def test_what_it_said_stands_beside_what_is_right_and_long_texts_are_cut() -> None:
    facts = Facts("x", shown=(Shown("Long " * 500, ("a",), "b", 0.5, False), Shown("Q", (), "", 0.5, True, "P")))
    _, section = results_sections(facts)
    text = markdown.render(tell(facts, "x"))
    assert "Wrong: it said b (score 0.500); right is a" in text
    assert "Right: it said no answer" in text
    assert max(map(len, text.split("\n"))) < 1000
    assert section.blocks


@pytest.mark.parametrize("odd", [{}, {"main": 3}, {"figures": []}, {"baselines": 5, "details": {"confusion": [1]}}])
def test_facts_of_another_shape_are_left_out(odd: dict[str, Any]) -> None:
    facts = Facts("x", stages={"test": StageFacts("test", "f" * 64, 1, {}, {}, odd, 0)})
    assert html.render(tell(facts, "x"))
    assert markdown.render(tell(judged(**odd), "x"))
    assert headline(facts) == {}


def test_a_run_of_a_task_is_told_whole_and_without_a_corpus(tmp_path: Path) -> None:
    run = tasked.build(tmp_path / "moods")
    report = tell(gather(run), "runs/moods")
    assert [section.title for section in report.sections] == [
        "How good it is",
        "What it says",
        "How it learnt",
        "Where the examples came from",
        "Tokenizer",
        "Model and budget",
        "Speed",
        "To make it again",
        "What to try next",
        "What the figures mean",
    ]
    text = markdown.render(report)
    assert "nats a label" in text
    assert "nats a token, perplexity" not in text
    assert "How often the label was right" in text
    assert "A blind guess among 2 labels scores 0.693" in text
    assert "groundup classify runs/moods" in text
    assert "--finetune.budget '20 steps' --finetune.compile no" in text
    assert "groundup generate" not in text
    assert not Page(save_report(run).read_text()).dangers()


def test_pretraining_before_a_task_has_its_own_curve(tmp_path: Path) -> None:
    run = tasked.build(build_text(tmp_path / "both"))
    facts = gather(run)
    assert (facts.trained, facts.figure("validation_loss")) == ("finetune", 0.6)
    assert facts.earlier is not None
    assert facts.earlier.figure("validation_loss") == 1.4712
    titles = [section.title for section in tell(facts, "x").sections]
    assert titles.index("How it learnt") + 1 == titles.index("How it learnt before its task")
    assert "Where the text came from" in titles
    text = markdown.render(tell(facts, "x"))
    assert "As pretraining went on" in text
    assert "--pretrain.budget '1200 steps'" in text
    assert "--finetune.budget '20 steps'" in text


def test_the_summary_names_the_figures_of_the_task_first(tmp_path: Path) -> None:
    found = summary(tasked.build(tmp_path / "moods"))
    assert list(found)[:4] == ["run", "accuracy", "calibration_error", "log_loss"]
    assert known_figures(found)[0] == ("accuracy", "70.00 %")
    assert ("validation loss", "0.6000 nats a label") in known_figures(found)


def test_a_task_whose_model_only_read_so_far_is_not_finished(tmp_path: Path) -> None:
    import shutil

    run = tasked.build(build_text(tmp_path / "both"))
    shutil.rmtree(run / "test")
    assert "not judged yet" in tell(gather(run), "x").subtitle
    shutil.rmtree(run / "finetune")
    assert gather(run).training == "unfinished"
