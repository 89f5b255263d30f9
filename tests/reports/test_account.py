from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from groundup.reports import document, html, markdown
from groundup.reports.account import corpus_section
from groundup.reports.gather import gather
from groundup.reports.report import account_pages


def told(account: dict[str, Any]) -> str:
    return markdown.render(document.Document("x", "", (), (corpus_section(account),)))


def test_the_account_is_shown_whole(run: Path):
    page = told(dict(gather(run).account))
    for part in (
        "74 documents with 11,200,000 characters were read",
        "standard profile",
        "gutenberg header",
        "| duplicates | near duplicates | drop | 33 | 5,000,000 | 44.6 % |",
        "public domain",
        "| train | 37 | 5,040,000 | 5.1 MB | 90 % |",
        "The Tempeſt (0.41)",
        "U+200B ZERO WIDTH SPACE: 12",
        "*** START OF THIS <b>EBOOK</b>",
    ):
        assert part in page, part
    assert "does not add up" not in page


def test_an_account_that_does_not_add_up_is_not_glossed_over(run: Path):
    account = copy.deepcopy(dict(gather(run).account))
    account["characters"]["kept"] -= 7
    assert "does not add up: 7 of the characters" in told(account)


def test_one_document_is_not_some_documents():
    both = {"read": 1, "kept": 1}
    assert "1 document with 1 characters was read; 1 document with" in told({"documents": both, "characters": both})


def test_no_account_is_no_section():
    assert corpus_section({}).blocks == ()


anything = some.recursive(
    some.none() | some.booleans() | some.floats() | some.integers() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=2) | some.dictionaries(some.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)
names = ("documents", "characters", "rules", "sources", "split", "train", "removed", "clusters", "clusters_found")


@given(some.fixed_dictionaries({}, optional=dict.fromkeys(names, anything)))
def test_an_account_of_another_shape_does_no_harm(account: dict[str, Any]):
    page = document.Document("x", "", (), (corpus_section(account),))
    assert html.render(page)
    assert markdown.render(page)


def test_an_account_has_pages_of_its_own(run: Path):
    account = json.loads((run / "corpus" / "account.json").read_text())
    page, twin = account_pages(account, "plays")
    assert "<h1>plays</h1>" in page
    assert "near duplicates" in twin
