from __future__ import annotations

from groundup.corpus.document import DOCUMENT_SCHEMA, LEDGER_SCHEMA, SAMPLE_LENGTH, Change, Document, Reading, sample


def test_rows_have_the_columns_of_their_schema() -> None:
    document = Document("id", "source", text="ö")
    assert list(document.row()) == list(DOCUMENT_SCHEMA)
    assert (document.row()["characters"], document.row()["bytes"]) == (1, 2)
    assert list(Change("read", "rule", "edit", 2, 1).row(document)) == list(LEDGER_SCHEMA)


def test_a_reading_is_dropped_by_its_last_change_only() -> None:
    edit, drop = Change("read", "a", "edit", 1, 1), Change("read", "b", "drop", 1, 0)
    assert not Reading(Document("id", "s"), 1).is_dropped
    assert not Reading(Document("id", "s"), 1, (edit,)).is_dropped
    assert Reading(Document("id", "s"), 1, (edit, drop)).is_dropped


def test_samples_are_short() -> None:
    assert sample("abc") == "abc"
    assert len(sample("x" * 10_000)) == SAMPLE_LENGTH
