from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from groundup.reports import document, html, markdown
from groundup.reports.account import account_document, corpus_section, headline
from groundup.reports.gather import gather


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


def test_the_sums_of_each_shard_are_looked_at(run: Path):
    account = copy.deepcopy(dict(gather(run).account))
    assert "shard" not in told(account)
    documents = {"documents_read": 3, "documents_kept": 2, "documents_dropped": 1}
    characters = {"characters_read": 9, "characters_kept": 5, "characters_dropped": 3, "characters_removed": 1}
    account["shards"] = [documents | characters] * 16
    assert "It adds up, shard by shard (16 shards)." in told(account)
    account["shards"][3] = account["shards"][3] | {"characters_kept": 4}
    assert "does not add up in 1 of 16 shards: 3." in told(account)


def test_sets_of_rules_are_named_with_where_they_come_from():
    gopher = {"name": "gopher", "version": "1", "languages": ["en"], "source": "Rae et al. 2021"}
    page = page_of({"rule_sets": [gopher, {"name": "own", "version": "1", "languages": [], "source": "the recipe"}]})
    assert "| gopher | 1 | en | Rae et al. 2021 |" in page
    assert "| own | 1 | all | the recipe |" in page


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
names = (
    "documents",
    "characters",
    "rules",
    "sources",
    "split",
    "train",
    "removed",
    "clusters",
    "clusters_found",
    "shards",
)


@given(some.fixed_dictionaries({}, optional=dict.fromkeys(names, anything)))
def test_an_account_of_another_shape_does_no_harm(account: dict[str, Any]):
    page = document.Document("x", "", (), (corpus_section(account),))
    assert html.render(page)
    assert markdown.render(page)


def page_of(account: dict[str, Any]) -> str:
    return markdown.render(account_document(account, "plays")).replace("\\", "")


def test_an_account_has_a_page_of_its_own(run: Path):
    account = json.loads((run / "corpus" / "account.json").read_text())
    assert "<h1>plays</h1>" in html.render(account_document(account, "plays"))
    assert "near duplicates" in page_of(account)
    assert headline(account).startswith("74 documents read, 41 kept, 33 dropped; 11,200,000 characters read")


RULE = {"stage": "extract", "rule": "templates in sentences", "action": "cut", "documents": 2, "characters": 9}
MORE: dict[str, Any] = {
    "documents": {"read": 10, "kept": 6, "dropped": 4},
    "characters": {"read": 100, "kept": 100},
    "sources": [{"source": "wiki"}, {"source": "web"}],
    "others": {"request": 5, "revisit": 7},
    "rules": [
        {**RULE, "names": [{"name": "{{weight}}", "count": 3}], "names_found": 30, "names_counted": 44},
        {**RULE, "rule": "damaged", "action": "drop", "documents": 1, "sources": {"web": 1}},
        {
            **RULE,
            "stage": "filter",
            "rule": "words",
            "action": "drop",
            "documents": 3,
            "sources": {"wiki": 2, "web": 1},
        },
    ],
    "signals": [
        {
            "signal": "language",
            "values": [{"value": "en", "kept": 6, "dropped": 1}, {"value": "", "kept": 0, "dropped": 2}],
            "values_found": 2,
            "bounds": [{"rule": "language", "one_of": ["en"]}],
        },
        {
            "signal": "mean_word_length",
            "edges": [0, 5, 10],
            "kept": {"histogram": [6, 0], "median": 4.2},
            "dropped": {"histogram": [0, 3], "median": 8},
            "bounds": [{"rule": "gopher/mean word length", "at_least": 3, "at_most": 10}],
        },
    ],
}


def test_stages_sources_records_templates_and_signals_are_told():
    page = page_of(MORE)
    assert "| extract | 1 | 9 | 90 % |" in page
    assert "| filter | 3 | 6 | 60 % |" in page
    assert "| filter: words | drop | 2 | 1 |" in page
    assert page.index("| revisit | 7 |") < page.index("| request | 5 |")
    assert "| templates in sentences | 30 | 44 | {{weight}} 3, and 18 more |" in page
    assert "1 piece of the sources could not be read" in page
    assert "| en | 6 | 1 |" in page
    assert "| none | 0 | 2 |" in page
    assert "mean word length: kept 6 documents, most from 0 to 5; dropped 3 documents, most from 5 to 10." in page
    assert "at least 3, at most 10 (gopher/mean word length); median kept 4.2; median dropped 8" in page


@given(
    some.fixed_dictionaries(
        {}, optional=dict.fromkeys((*names, "signals", "others", "cleaning", "rule_sets"), anything)
    )
)
def test_a_page_of_any_account_does_no_harm(account: dict[str, Any]):
    page = account_document(account, "x")
    assert html.render(page)
    assert markdown.render(page)
    assert headline(account)


signal = some.fixed_dictionaries(
    {}, optional=dict.fromkeys(("signal", "edges", "values", "values_found", "kept", "dropped", "bounds"), anything)
)


@given(some.lists(signal | some.just(MORE["signals"][1]), max_size=3))
def test_signals_of_another_shape_do_no_harm(signals: list[dict[str, Any]]):
    assert html.render(account_document({"signals": signals}, "x"))
