from __future__ import annotations

import io

import pytest
from rich.console import Console

from groundup.corpus.build import build_corpus
from groundup.corpus.read import explain, read_account
from groundup.corpus.settings import CorpusSettings, SourceSettings
from groundup.corpus.show import as_rich, headline, story, tables

HOSTILE = "[bold red]\x1b[31m\u202eevil"


@pytest.fixture
def account(tmp_path, place) -> dict:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / f"{HOSTILE}.txt").write_text(HOSTILE)
    (texts / "b.txt").write_text("Some words.")
    (texts / "c.txt").write_text("Some other words of a good length.\n* * *\n")
    (texts / "d.txt").write_text("Some other words of a good length.")
    settings = CorpusSettings((SourceSettings("x"),), minimum_characters=12)
    build_corpus(settings, [place(texts, "<b>name")], tmp_path / "out")
    return read_account(tmp_path / "out")


def drawn(thing) -> str:
    console = Console(file=io.StringIO(), width=200, force_terminal=True, color_system=None)
    console.print(thing)
    return console.file.getvalue()


def test_the_account_shows_its_counts_rules_and_samples(account) -> None:
    titles = {table.title.split(" (")[0] for table in tables(account)}
    assert {"The whole", "By source", "By rule", "Samples of what went"} <= titles
    assert headline(account).startswith("4 documents read, 2 kept, 2 dropped")
    shown = drawn(as_rich(account))
    assert "minimum characters" in shown
    assert "* * *" in shown


def test_no_text_of_a_stranger_is_markup_or_moves_the_cursor(account) -> None:
    shown = drawn(as_rich(account))
    assert "\x1b[31m" not in shown
    assert "\u202e" not in shown
    assert "[bold red]" in shown


def test_a_story_is_told_in_lines(account, tmp_path) -> None:
    told = drawn(story(explain(tmp_path / "out", "b.txt")))
    assert "filter: drop by minimum characters (11, threshold 12), 11 characters before, 0 after" in told
