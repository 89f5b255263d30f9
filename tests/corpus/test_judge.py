"""One document is judged by its signals alone, and goes for the first that speaks against it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from groundup.corpus.annotate import annotate
from groundup.corpus.document import Document, Reading
from groundup.corpus.judge import judge_of
from groundup.corpus.language import KeptLanguage, LanguageSettings
from groundup.corpus.quality.settings import QualitySettings, ThresholdSettings
from groundup.corpus.settings import CorpusSettings, SourceSettings

ENGLISH = "The harbour was quiet that morning, and the boats lay still upon the water. " * 12
GERMAN = "Der Hafen war an jenem Morgen still, und die Boote lagen ruhig auf dem Wasser. " * 12
PLAIN = CorpusSettings((SourceSettings("x"),), language=LanguageSettings(), quality=QualitySettings())


def row(text: str) -> dict[str, Any]:
    reading = Reading(Document("x/1", "x", text=text), len(text))
    one = annotate(reading, PLAIN)
    return {**one.reading.document.row(), **one.signals}


def rule(text: str, **settings: Any) -> str:
    change = judge_of(replace(PLAIN, **settings))(row(text))
    if change is None:
        return ""
    assert (change.action, change.before, change.after) == ("drop", len(text), 0)
    return change.rule


def test_nothing_is_asked_of_a_text_by_default() -> None:
    assert [rule(text) for text in (ENGLISH, GERMAN, "x")] == ["", "", ""]
    assert rule(" \n") == "minimum characters"


@pytest.mark.parametrize("least", [1, 5, 6])
def test_length_counts_no_space_at_the_ends(least: int) -> None:
    assert rule("  words \n", minimum_characters=least) == ("minimum characters" if least > 5 else "")


def test_languages_that_are_not_kept_go() -> None:
    keep = LanguageSettings(keep=(KeptLanguage("en", 0.5),))
    assert rule(ENGLISH, language=keep) == ""
    assert rule(GERMAN, language=keep).startswith("language/de")


def test_rules_and_thresholds_of_ones_own() -> None:
    own = ThresholdSettings("long enough", signal="words", at_least=50)
    assert rule("Few words.", quality=QualitySettings(thresholds=(own,))) == "own/long enough"
    assert rule("Few words.", quality=QualitySettings(rules=("gopher",))) == "gopher/words"
    assert rule(ENGLISH * 2, quality=QualitySettings(rules=("gopher",))) == ""


def test_the_first_that_speaks_against_it_is_named() -> None:
    keep = LanguageSettings(keep=(KeptLanguage("en"),))
    strict = {"minimum_characters": 10_000, "language": keep, "quality": QualitySettings(rules=("gopher",))}
    assert rule(GERMAN, **strict) == "minimum characters"
    assert rule(GERMAN, **(strict | {"minimum_characters": 1})).startswith("language/de")
