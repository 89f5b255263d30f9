from __future__ import annotations

import io

import pytest
from rich.console import Console

from groundup.cli import panel
from groundup.cli.panel import TrainingView, line

TRAIN = {"event": "train", "step": 50, "steps": 200, "tokens": 500, "loss": 2.5, "tokens_per_second": 100.0}
VALIDATION = {"event": "validation", "step": 50, "steps": 200, "loss": 2.25, "bits_per_byte": 3.25}
SAMPLE = {"event": "sample", "step": 50, "steps": 200, "prompt": "To ", "text": "be\nor \x1b[31mnot"}
BAD = {"event": "bad", "step": 50, "steps": 200, "fault": "the loss is not a number"}


def test_events_are_lines() -> None:
    assert line(TRAIN).startswith("step 50 of 200: loss 2.5000, 100 tokens/s, 15")
    assert line(VALIDATION) == "step 50 of 200: held-out loss 2.2500, 3.2500 bits per byte"
    assert line(BAD) == "step 50 of 200: the loss is not a number"


def test_a_sample_is_one_line_that_moves_no_cursor() -> None:
    assert "To be / or " in line(SAMPLE)
    assert "\x1b" not in line(SAMPLE)
    assert "\n" not in line(SAMPLE)


def test_what_was_made_of_a_text_stands_apart_from_it() -> None:
    assert "sample: A dog . → un chien ." in line(
        {**SAMPLE, "section": "finetune", "prompt": "A dog .", "text": "un chien ."}
    )
    assert "→" not in line({**SAMPLE, "section": "finetune", "prompt": ""})


@pytest.fixture
def seen(monkeypatch) -> io.StringIO:
    file = io.StringIO()
    monkeypatch.setattr(panel, "notes", Console(file=file, force_terminal=True, width=90, color_system=None))
    return file


def test_a_terminal_shows_the_newest_state(seen) -> None:
    view = TrainingView()
    for event in (TRAIN, VALIDATION, SAMPLE):
        view(event)
    view.close()
    shown = seen.getvalue()
    for part in ("50 of 200", "2.5000", "2.2500", "3.2500", "100 tokens/s", "To be"):
        assert part in shown
    assert "\x1b[31m" not in shown


def test_a_terminal_can_begin_with_any_event(seen) -> None:
    for event in (VALIDATION, SAMPLE, BAD, TRAIN):
        view = TrainingView()
        view(event)
        view.close()
    view.close()


def test_a_log_is_not_flooded(monkeypatch) -> None:
    file = io.StringIO()
    monkeypatch.setattr(panel, "notes", Console(file=file, width=90))
    view = TrainingView()
    for step in range(100):
        view({**TRAIN, "step": step + 1})
    view(VALIDATION)
    view.close()
    assert file.getvalue().count("\n") == 2


def test_fine_tuning_is_called_that_and_begins_with_a_clean_panel(seen) -> None:
    view = TrainingView()
    view({**VALIDATION, "section": "pretrain"})
    view({**TRAIN, "section": "finetune"})
    view.close()
    shown = seen.getvalue()
    assert 0 <= shown.index("pretraining") < shown.index("fine-tuning")
    assert set(view.latest) == {"train"}
    assert line({**VALIDATION, "section": "finetune"}).startswith("fine-tuning, step 50 of 200: held-out loss")
