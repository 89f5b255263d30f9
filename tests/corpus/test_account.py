from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.corpus.account import Account, by_category, ordered_rules, totals
from groundup.corpus.document import Change, Document

# A document: its source, the characters each edit takes, whether it is dropped at the end, and how many are left then.
STORIES = st.lists(
    st.tuples(st.sampled_from("ab"), st.lists(st.integers(-3, 9), max_size=3), st.booleans(), st.integers(0, 50)),
    max_size=20,
)


def tell(stories) -> Account:
    account = Account()
    for number, (source, edits, is_dropped, left) in enumerate(stories):
        document = Document(str(number), source)
        length = left + sum(edits)
        account.read(document, length)
        for lost in edits:
            account.change(document, Change("clean", "e", "edit", length, length - lost, removed={"x": 1}))
            length -= lost
        if is_dropped:
            account.change(document, Change("filter", "d", "drop", length, 0, sample="why"))
        else:
            account.kept(source, 1, length)
    return account


@given(STORIES)
def test_what_was_read_is_kept_or_accounted_for(stories) -> None:
    account = tell(stories)
    account.check()
    found = totals(account)
    assert found["documents"]["read"] == found["documents"]["kept"] + found["documents"]["dropped"] == len(stories)
    characters = found["characters"]
    gone = characters["dropped"] + characters["cut"] + characters["dropped_lines"] + characters["edited_away"]
    assert characters["read"] == characters["kept"] + gone


@given(STORIES, st.integers(0, 20))
def test_accounts_merge_to_the_account_of_all(stories, cut: int) -> None:
    merged = tell(stories[:cut])
    later = tell(stories[cut:])
    merged.merge(Account.from_plain(json.loads(json.dumps(later.as_plain()))))
    whole, parts = tell(stories).as_plain(), merged.as_plain()
    for rule in (*whole["rules"].values(), *parts["rules"].values()):
        # Ids are numbers within the part here, so they differ.
        rule["samples"] = len(rule["samples"])
    assert parts == whole


def test_what_has_a_name_is_counted_by_rule_and_characters_over_all() -> None:
    account = Account()
    for number, source in enumerate("aab"):
        change = Change("extract", "templates", "cut", 5, 5, removed={"{{convert}}": number + 1, "x": 1})
        account.change(Document(str(number), source), change)
    merged = Account.from_plain(json.loads(json.dumps(account.as_plain())))
    merged.merge(account)
    (rule,) = ordered_rules(merged, ("extract",))
    assert rule["names"] == [{"name": "{{convert}}", "count": 12}]
    assert (rule["names_found"], rule["names_counted"]) == (1, 12)
    assert rule["sources"] == {"a": 4, "b": 2}
    assert merged.removed == {"x": 6}


def test_a_document_that_vanishes_is_noticed() -> None:
    account = Account()
    account.read(Document("1", "s"), 5)
    with pytest.raises(AssertionError, match="documents of s do not add up"):
        account.check()


def test_characters_that_vanish_are_noticed() -> None:
    account = Account()
    account.read(Document("1", "s"), 5)
    account.kept("s", 1, 4)
    with pytest.raises(AssertionError, match="characters of s do not add up"):
        account.check()


def test_removed_characters_are_told_by_category_commonest_first() -> None:
    found = by_category({"\x00": 2, "\x07": 5, "!": 1})
    assert [(group["category"], group["characters"]) for group in found] == [("Cc", 7), ("Po", 1)]
    assert [one["name"] for one in found[0]["commonest"]] == ["U+0007 control", "U+0000 control"]
