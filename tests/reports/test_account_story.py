from __future__ import annotations

from typing import Any

from groundup.reports import markdown
from groundup.reports.account_story import story_document

ROW: dict[str, Any] = {
    "stage": "filter",
    "rule": "minimum characters",
    "action": "drop",
    "value": 11.0,
    "threshold": 12.0,
    "characters_before": 11,
    "characters_after": 0,
    "sample": "Some words.",
    "cluster": "",
    "cluster_size": 0,
}
STORY: dict[str, Any] = {
    "id": "texts/b.txt",
    "source": "texts",
    "address": "b.txt",
    "title": "",
    "date": "",
    "licence": "",
    "characters_read": 11,
    "is_kept": False,
    "ledger": [ROW],
    "signals": [
        {"signal": "language", "value": "en", "asked": [{"rule": "language", "one_of": ["en"], "is_met": True}]},
        {"signal": "mean_word_length", "value": 4.25, "asked": []},
        {"signal": "words", "value": 2.0, "asked": [{"rule": "gopher/words", "at_least": 50, "is_met": False}]},
    ],
    "kept": [],
    "duplicates": [],
}


def told(**changes: Any) -> str:
    return markdown.render(story_document(STORY | changes)).replace("\\", "")


def test_a_dropped_documents_story_is_told_in_order() -> None:
    page = told()
    assert "Dropped: filter, minimum characters." in page
    step = "filter: drop by minimum characters (11, threshold 12), 11 characters before, 0 after"
    assert page.index("read: 11 characters") < page.index(step) < page.index("Some words.")
    assert "| language | en | one of en (language): yes |" in page
    assert "| mean word length | 4.25 |" in page
    assert "| words | 2 | at least 50 (gopher/words): no |" in page


def test_a_kept_documents_story_ends_where_its_text_is() -> None:
    kept = [{"part": "train", "characters": 9}, {"part": "validation", "characters": 2}]
    copies = [
        {"id": "texts/c.txt", "title": "", "rule": "exact duplicates", "similarity": 1.0, "characters": 11},
        {"id": "texts/d.txt", "title": "", "rule": "repeated passages", "similarity": None, "characters": 7},
    ]
    page = told(is_kept=True, ledger=[], kept=kept, duplicates=copies, signals=[])
    assert "Kept, in train and validation." in page
    assert "kept: 2 characters in validation" in page
    assert "| texts/c.txt |  | exact duplicates | 1.00 | 11 |" in page
    assert "| texts/d.txt |  | repeated passages | – | 7 |" in page
    assert "do not lie beside this corpus" in page


def test_a_duplicate_names_what_stayed_for_it() -> None:
    row = ROW | {"stage": "duplicates", "rule": "near duplicates", "cluster": "texts/a.txt", "cluster_size": 2}
    assert "cluster of 2 kept as texts/a.txt" in told(ledger=[row])


def test_a_passage_names_where_it_stood_and_no_cluster() -> None:
    row = ROW | {"stage": "duplicates", "rule": "repeated passages", "action": "cut", "cluster": "texts/a.txt"}
    page = told(ledger=[row])
    assert "after, found in texts/a.txt" in page
    assert "cluster of" not in page
