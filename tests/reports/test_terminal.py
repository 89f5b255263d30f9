from __future__ import annotations

import io
import sys
from pathlib import Path

from hypothesis import given
from rich.console import Console

from groundup.reports import document, terminal, words

sys.path.insert(0, str(Path(__file__).parent))
from test_html import everything, hostile


def drawn(thing: object, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, emoji=False)
    console.print(thing)
    shown = console.file
    assert isinstance(shown, io.StringIO)
    return shown.getvalue()


@given(hostile)
def test_no_text_moves_the_cursor_or_is_markup(text: str) -> None:
    shown = drawn(terminal.render(everything(f"x{text}")))
    assert not [sign for sign in shown if words.visible(sign) != sign]
    assert "[bold]\x1b" not in shown


def test_markup_is_shown_and_every_block_is_there() -> None:
    shown = drawn(terminal.render(everything("[bold red]word :smile:")))
    assert shown.count("[bold red]word :smile:") > 20
    assert "████████" in shown


def test_a_narrow_terminal_folds_and_loses_nothing() -> None:
    shown = drawn(terminal.render(everything("abcdefghij" * 20)), 40)
    assert all(len(line) <= 40 for line in shown.splitlines())
    assert "".join(shown.split()).count("abcdefghij") > 20


def rules_at(width: int) -> str:
    names = ("gopher-repetition/duplicate 5-grams", "fineweb/lines that end in punctuation")
    rows = tuple(("filter", name, "drop", "1,234", "2,345,678", "12.3 %", document.Bar(0.123)) for name in names)
    header = ("stage", "rule", "action", "documents", "characters", "of all read", "")
    (_, _, table) = terminal.block(document.Table("Taken", header, rows, frozenset({3, 4, 5})))
    return drawn(table, width)


def test_names_are_broken_last_of_all() -> None:
    """Before them go the bars, which repeat a number; then words part behind their slashes and hyphens."""
    wide, usual, narrow = map(rules_at, (120, 80, 70))
    assert "gopher-repetition/duplicate 5-grams" in wide
    assert "█" in wide
    assert "gopher-repetition/ " in usual
    assert "fineweb/lines that " in usual
    assert "█" not in usual + narrow
    assert "12.3 %" in narrow
    pieces = " ".join(narrow.replace("/", "/ ").replace("-", "- ").split()).split()
    assert {"gopher-", "repetition/", "duplicate", "punctuation"} <= set(pieces)
