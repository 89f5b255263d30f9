from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from rich.console import Console

from groundup.reports.attribution import AGAINST, Explained, fragment, said, signs, terminal, terminal_legend

sys.path.insert(0, str(Path(__file__).parent))
from pages import Page

REVIEW = Explained(
    "positive", (("A", 0.02), (" wonderful", 2.0), (" film,", 0.3), (" if", 0.0), (" slow", -0.9), ("\n.", -1.9))
)
texts = some.lists(some.tuples(some.text(some.characters() | some.characters(categories=["Cs", "Cc"])), some.floats()))


def console(system: str | None = None) -> Console:
    return Console(color_system=system, force_terminal=system is not None, file=io.StringIO(), width=80)  # type: ignore[arg-type]


def test_signs_tell_direction_and_strength() -> None:
    assert signs(REVIEW) == ("", "+++", "+", "", AGAINST * 2, AGAINST * 3)
    assert signs(Explained("any", ())) == ()
    assert signs(Explained("any", (("still", 0.0),))) == ("",)


def test_without_colours_the_signs_stand_behind_the_words() -> None:
    shown = terminal(REVIEW, console())
    assert shown.plain == f"A wonderful[+++] film,[+] if slow[{AGAINST * 2}]\n.[{AGAINST * 3}]"
    assert not [span for span in shown.spans if span.style]


def test_with_colours_the_text_is_as_it_was_and_spaces_are_not_marked() -> None:
    shown = terminal(REVIEW, console("truecolor"))
    assert shown.plain == "A wonderful film, if slow\n."
    marked = [shown.plain[span.start : span.end] for span in shown.spans if span.style]
    assert marked == ["wonderful", "film,", "slow", "."]
    assert len({str(span.style) for span in shown.spans if span.style}) == 4


def test_a_wish_for_no_colours_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "[+++]" in terminal(REVIEW, console("truecolor")).plain


def test_the_legend_shows_every_degree() -> None:
    plain = terminal_legend(console()).plain
    assert all(f"[{sign * times}]" in plain for sign in ("+", AGAINST) for times in (1, 2, 3))
    assert "[" not in terminal_legend(console("truecolor")).plain


def test_a_sentence_names_the_strongest_words_of_both_sides() -> None:
    assert said(REVIEW) == (
        "positive: for it \u201cwonderful\u201d +2.00, \u201cfilm,\u201d +0.30, \u201cA\u201d +0.02; "
        "against it \u201c.\u201d \u22121.90, \u201cslow\u201d \u22120.90. All words together \u22120.48."
    )
    assert "nothing against it" in said(Explained("good", (("yes", 1.0),)))


def test_the_fragment_says_in_signs_what_it_says_in_colours() -> None:
    page = Page(fragment([REVIEW]))
    assert not page.open
    assert not page.misplaced
    marks = [(found["class"], found["title"]) for tag, found in page.elements if tag == "mark"]
    assert marks[:4] == [
        ("for3", "+2.00"), ("for1", "+0.30"), ("against2", "\u22120.90"), ("against3", "\u22121.90")
    ]  # fmt: skip
    shown = "".join(page.text)
    assert f"A wonderful+++ film,+ if slow{AGAINST * 2}\n.{AGAINST * 3}" in shown
    assert "much for the label" in shown
    assert said(REVIEW) in shown
    assert "prefers-color-scheme: dark" in shown


@settings(max_examples=100, deadline=None)
@given(some.text(), texts)
def test_any_text_is_shown_and_none_is_run(label: str, words: list[tuple[str, float]]) -> None:
    hostile = "<script>alert(1)</script>"
    explained = Explained(label + hostile, ((hostile, 1.0), ("\x1b[31m", 0.5), *words))
    html = fragment([explained])
    html.encode()
    page = Page(html)
    assert page.dangers() == []
    assert page.tags <= {"figure", "style", "p", "mark", "sup", "figcaption"}
    plain = terminal(explained, console("truecolor")).plain
    assert "\x1b" not in plain
    assert hostile in plain
