from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from groundup.cli import output


@pytest.fixture
def heard(monkeypatch) -> io.StringIO:
    file = io.StringIO()
    monkeypatch.setattr(output, "notes", Console(file=file, width=90))
    return file


def test_json_is_one_line_of_any_text(capsys) -> None:
    output.print_json({"text": "a\nb\u2028\u65e5"})
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {"text": "a\nb\u2028\u65e5"}


def test_figures_that_json_lacks_are_null(capsys) -> None:
    output.print_json({"loss": float("nan"), "curve": [(1.0, float("inf"))], "steps": 3})
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == {
        "loss": None,
        "curve": [[1.0, None]],
        "steps": 3,
    }


def test_a_log_hears_beginnings_and_ends(heard) -> None:
    progress = output.terminal_progress()
    for done in range(1001):
        progress("reading", done, 1000)
    progress("thinking")
    assert heard.getvalue().splitlines() == ["reading", "reading 1,000 of 1,000", "thinking"]


def test_work_that_does_not_get_on_says_so_in_figures(heard, monkeypatch) -> None:
    monkeypatch.setattr(output, "SECONDS_BETWEEN_LINES", 0.0)
    progress = output.terminal_progress()
    for _ in range(2):
        progress("crawling (pages)", 0, 50)
    progress("waiting", 0, 30)
    progress("waiting", 6.6, 30)
    heard_of = heard.getvalue().splitlines()
    assert heard_of == ["crawling (pages)", "crawling (pages) 0 of 50", "waiting", "waiting 7 of 30"]


def test_a_terminal_is_left_clean(monkeypatch) -> None:
    file = io.StringIO()
    monkeypatch.setattr(output, "notes", Console(file=file, force_terminal=True, width=90))
    progress = output.terminal_progress()
    for done in range(4):
        progress("reading", done, 3)
    progress("done before", 0, 0)
    assert "reading" in file.getvalue()
    assert progress.task is None


def test_markup_in_a_message_is_only_text(heard) -> None:
    output.terminal_progress()("[bold]x[/nonsense]")
    assert heard.getvalue() == "[bold]x[/nonsense]\n"
