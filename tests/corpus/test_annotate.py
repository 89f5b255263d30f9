"""Every document gets its text and its signals, and nothing goes for a threshold yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from groundup.corpus.annotate import annotate, annotated, annotation_settings, signal_schema
from groundup.corpus.document import Document, Found, Page, Reading
from groundup.corpus.extraction.settings import ExtractionSettings
from groundup.corpus.language import KeptLanguage, LanguageSettings
from groundup.corpus.privacy.settings import PrivacySettings
from groundup.corpus.quality.settings import LineSettings, QualitySettings
from groundup.corpus.settings import (
    ClassicSettings,
    CorpusSettings,
    NearDuplicateSettings,
    SourceSettings,
    ValidationSettings,
)
from groundup.corpus.substring_settings import SubstringSettings

PLAIN = CorpusSettings((SourceSettings("x"),), extraction=ExtractionSettings("plain"))
JUDGED = replace(PLAIN, language=LanguageSettings(), quality=QualitySettings())


def page(number: int, words: str = "Some words of a page.") -> Page:
    return Page(Document(f"x/{number}", "x"), f"<title>T</title><p>{words} {number}</p>".encode(), "text/html")


def text(number: int) -> Reading:
    return Reading(Document(f"x/{number}", "x", text=f"Text number {number}.\r\n"), 14 + len(str(number)))


def test_pages_and_texts_come_in_order_as_each_would_alone() -> None:
    found: list[Found] = [text(0), page(1), page(2), text(3), text(4), page(5)]
    got = list(annotated(found, JUDGED))
    assert [one.reading.document.id for one in got] == [f"x/{number}" for number in range(6)]
    for one, other in zip(got, (annotate(each, JUDGED) for each in found), strict=True):
        assert (one.reading, one.signals, one.digest) == (other.reading, other.signals, other.digest)
        assert one.signature is not None
        assert (one.signature == other.signature).all()


def test_each_signal_has_its_column() -> None:
    schema = signal_schema(JUDGED)
    signals = annotate(page(1), JUDGED).signals
    assert list(signals) == list(schema)
    assert all(type(signals[name]) in (kind, int) for name, kind in schema.items())
    assert signal_schema(PLAIN) == {} == dict(annotate(page(1), PLAIN).signals)
    assert not set(schema) & set(Document.__dataclass_fields__)


def test_a_page_that_cannot_be_had_is_dropped_with_its_reason() -> None:
    (one,) = annotated([replace(page(1), media_type="image/png")], PLAIN)
    assert one.reading.is_dropped
    assert one.reading.changes[-1].rule == "media type"


def test_lines_go_before_signals_are_taken() -> None:
    lines = replace(JUDGED, quality=QualitySettings(lines=LineSettings(least_words=3)))
    found = Reading(Document("x/1", "x", text="Home\nThis line has enough words.\n"), 33)
    one = annotate(found, lines)
    assert one.reading.document.text.strip() == "This line has enough words."
    assert one.signals["words"] == 5


@pytest.mark.parametrize(
    "decision",
    [
        {"minimum_characters": 100},
        {"cleaning": "classic", "classic": ClassicSettings(lowercase=True)},
        {"near_duplicates": NearDuplicateSettings(threshold=0.5, keep="longest")},
        {"substring_duplicates": SubstringSettings()},
        {"privacy": PrivacySettings()},
        {"validation": ValidationSettings(0.5)},
        {"language": LanguageSettings(keep=(KeptLanguage("de"),))},
        {"quality": QualitySettings(rules=("gopher", "fineweb"))},
    ],
    ids=lambda decision: next(iter(decision)),
)
def test_what_only_decides_does_not_annotate_otherwise(decision: dict[str, Any]) -> None:
    changed = replace(JUDGED, **decision)
    assert changed != JUDGED
    assert annotation_settings(changed) == annotation_settings(JUDGED)
    one, other = annotate(page(1), changed), annotate(page(1), JUDGED)
    assert (one.reading, one.signals, one.digest) == (other.reading, other.signals, other.digest)


@pytest.mark.parametrize(
    "other",
    [
        {"extraction": ExtractionSettings("resiliparse")},
        {"cleaning": "faithful"},
        {"near_duplicates": NearDuplicateSettings(shingle=3)},
        {"near_duplicates": None},
        {"language": None},
        {"quality": QualitySettings(lines=LineSettings())},
    ],
    ids=str,
)
def test_what_reads_otherwise_annotates_anew(other: dict[str, Any]) -> None:
    assert annotation_settings(replace(JUDGED, **other)) != annotation_settings(JUDGED)
