from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from groundup.corpus.document import DOCUMENT_SCHEMA, LEDGER_SCHEMA, SAMPLE_LENGTH, Change, Document, Reading, sample


def test_rows_have_the_columns_of_their_schema() -> None:
    document = Document("id", "source", text="ö")
    assert list(document.row()) == list(DOCUMENT_SCHEMA)
    assert (document.row()["characters"], document.row()["bytes"]) == (1, 2)
    assert list(Change("read", "rule", "edit", 2, 1).row(document)) == list(LEDGER_SCHEMA)


@given(st.text(max_size=30), st.integers(0, 100), st.sampled_from([0, 1, 7, 2**62]))
def test_both_parts_of_a_document_have_its_text_and_its_bytes(text: str, original: int, cut: int) -> None:
    document = Document("id", "source", text=text, original_bytes=original)
    first, rest = document.cut_at(cut)
    assert replace(first, text=first.text + rest.text, original_bytes=first.original_bytes + rest.original_bytes) == (
        document
    )
    # Whole documents take all their bytes with them, also those of which nothing is left.
    if cut == 0 or cut > len(text):
        assert (first if cut else rest).original_bytes == original
    assert 0 <= first.original_bytes <= original


def test_a_reading_is_dropped_by_its_last_change_only() -> None:
    edit, drop = Change("read", "a", "edit", 1, 1), Change("read", "b", "drop", 1, 0)
    assert not Reading(Document("id", "s"), 1).is_dropped
    assert not Reading(Document("id", "s"), 1, (edit,)).is_dropped
    assert Reading(Document("id", "s"), 1, (edit, drop)).is_dropped


def test_samples_are_short() -> None:
    assert sample("abc") == "abc"
    assert len(sample("x" * 10_000)) == SAMPLE_LENGTH
