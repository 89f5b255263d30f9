"""Every document gets its text and its signals, and nothing goes for a threshold yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from groundup.corpus.annotate import annotate, annotated, annotation_settings, signal_schema
from groundup.corpus.contamination import build_index
from groundup.corpus.contamination_settings import ContaminationSettings, EvaluationSettings, OverlapSettings
from groundup.corpus.document import Document, Found, Page, Reading
from groundup.corpus.extraction.settings import ExtractionSettings
from groundup.corpus.instruments import FILTER as FOLDER
from groundup.corpus.instruments import INDEX, open_instruments
from groundup.corpus.language import KeptLanguage, LanguageSettings
from groundup.corpus.privacy.settings import PrivacySettings
from groundup.corpus.quality.linear import save_filter, train_filter
from groundup.corpus.quality.settings import LinearFilterSettings, LinearSettings, LineSettings, QualitySettings
from groundup.corpus.settings import (
    ClassicSettings,
    CorpusSettings,
    NearDuplicateSettings,
    RepairSettings,
    SourceSettings,
    ValidationSettings,
)
from groundup.corpus.sources.index_settings import IndexSettings
from groundup.corpus.substring_settings import SubstringSettings

PLAIN = CorpusSettings((SourceSettings("x"),), extraction=ExtractionSettings("plain"))
JUDGED = replace(PLAIN, language=LanguageSettings(), quality=QualitySettings())

FILTER = LinearFilterSettings((SourceSettings("good"),), (SourceSettings("ordinary"),))
SOUGHT = ContaminationSettings((EvaluationSettings("questions"),))


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
        {"sources": (SourceSettings("x", weight=0.5),)},
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
        {"repair": RepairSettings(mojibake=False)},
        {"near_duplicates": NearDuplicateSettings(shingle=3)},
        {"near_duplicates": None},
        {"language": None},
        {"quality": QualitySettings(lines=LineSettings())},
        {"quality": QualitySettings(linear=FILTER)},
        {"contamination": SOUGHT},
        {"sources": (SourceSettings("x", index=IndexSettings()),)},
    ],
    ids=str,
)
def test_what_reads_otherwise_annotates_anew(other: dict[str, Any]) -> None:
    assert annotation_settings(replace(JUDGED, **other)) != annotation_settings(JUDGED)


def test_thresholds_of_what_is_held_against_documents_are_decisions() -> None:
    held = replace(PLAIN, quality=QualitySettings(linear=FILTER), contamination=SOUGHT)
    lax = replace(
        held,
        quality=QualitySettings(linear=replace(FILTER, at_least=None)),
        contamination=replace(SOUGHT, item_share=0.9, text_share=2, longest_run=0, action="cut", margin=9),
    )
    assert annotation_settings(lax) == annotation_settings(held)
    for other in (replace(SOUGHT, overlap=OverlapSettings(size=8)), replace(SOUGHT, sets=(EvaluationSettings("y"),))):
        assert annotation_settings(replace(held, contamination=other)) != annotation_settings(held)


def test_instruments_are_held_against_pages_in_their_guarded_process_too(tmp_path) -> None:
    settings = replace(PLAIN, quality=QualitySettings(linear=FILTER), contamination=SOUGHT)
    question = "which of these words of a question are found again here"
    build_index([("q", question)], OverlapSettings(), tmp_path / INDEX)
    filter = train_filter([question], ["ordinary text"], LinearSettings(bits=10, steps=5))
    save_filter(filter, tmp_path / FOLDER)
    instruments = open_instruments(tmp_path)
    (one,) = annotated([page(1, question)], settings, instruments)
    assert list(one.signals) == list(signal_schema(settings))
    assert (one.signals["contamination_item"], one.signals["contamination_item_share"]) == ("q", 1.0)
    assert one.signals["linear"] == filter.score(one.reading.document.text)
