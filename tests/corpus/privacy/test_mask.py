from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.privacy.mask import KINDS, hidden, mask
from groundup.corpus.privacy.settings import PrivacySettings

pytest.importorskip("phonenumbers")

ALL = PrivacySettings(kinds=("email", "account", "card", "address", "identity", "phone"))
PLANTED = {
    "email": ["jane.doe@example.org", "o+x@mail.example.co.uk", "δοκιμή@παράδειγμα.ελ"],
    "account": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "FR1420041010050500013M02606"],
    "card": ["4111 1111 1111 1111", "378282246310005", "5555-5555-5555-4444"],
    "address": ["8.8.8.8", "2001:4860:4860::8888"],
    "identity": ["529.982.247-25", "12345678Z", "RSSMRA85T10A562S"],
    "phone": ["(415) 555-2671", "+44 20 7946 0958", "1-800-356-9377"],
}
# Words, numbers and marks that are nobody's.
PLAIN = st.sampled_from(
    [
        "the",
        "of",
        "1914-1918",
        "3.14",
        "10:30",
        "1,234,567",
        "2024-05-01",
        "std::vector",
        "v1.2.3.4",
        "192.168.1.1",
        "a@",
        "@b",
        "C++",
        "pp.",
        "100-110",
        "§12",
        "No.7",
    ]
)
ITEMS = st.sampled_from([(kind, item) for kind, items in PLANTED.items() for item in items])


@effort(deadline=None)
@given(st.lists(PLAIN.map(lambda word: ("", word)) | ITEMS, max_size=25))
def test_what_was_planted_goes_and_the_rest_stays(parts: list[tuple[str, str]]) -> None:
    after, changes = mask(" ; ".join(part for _, part in parts), ALL)
    assert after == " ; ".join(KINDS[kind].mask if kind else part for kind, part in parts)
    counts = {change.rule: change.value for change in changes}
    planted = [kind for kind, _ in parts]
    assert counts == {KINDS[kind].rule: planted.count(kind) for kind in KINDS if kind in planted}


@effort(deadline=None)
@given(st.text(max_size=300) | st.text("@.:+-() 0123456789aA", max_size=200))
def test_every_character_is_accounted_for(text: str) -> None:
    after, changes = mask(text, ALL)
    length = len(text)
    for change in changes:
        assert (change.stage, change.action, change.before) == ("finish", "edit", length)
        length = change.after
    assert length == len(after)


@effort(deadline=None)
@given(st.lists(ITEMS, min_size=1, max_size=8))
def test_the_ledger_does_not_tell_what_the_corpus_hides(parts: list[tuple[str, str]]) -> None:
    _, changes = mask(" and ".join(item for _, item in parts), ALL)
    assert changes
    for change in changes:
        assert not any(item in change.sample for _, item in parts)
        assert "[" in change.sample
        assert len(change.sample) <= 100


@effort(deadline=None)
@given(st.sets(st.sampled_from(sorted(PLANTED))))
def test_only_the_chosen_kinds_are_masked(kinds: set[str]) -> None:
    text = " ; ".join(items[0] for items in PLANTED.values())
    after, _ = mask(text, dataclasses.replace(ALL, kinds=tuple(kinds)))
    assert after == " ; ".join(KINDS[kind].mask if kind in kinds else items[0] for kind, items in PLANTED.items())


def test_masks_do_not_depend_on_what_was_masked_before() -> None:
    texts = [" ".join(items) for items in PLANTED.values()] * 3
    before = {text: mask(text, ALL) for text in texts}
    random.Random(0).shuffle(texts)
    assert {text: mask(text, ALL) for text in texts} == before


def test_novels_hold_no_personal_data(shared_data) -> None:
    """Old books have neither addresses nor phones, but years, prices and page numbers: nothing may go."""
    for path in sorted((shared_data / "novels").glob("*.txt"))[::12]:
        text = path.read_text(encoding="utf-8")
        assert mask(text, ALL) == (text, []), path.name


@effort(deadline=None)
@given(ITEMS, st.data())
def test_a_sample_that_was_cut_anywhere_shows_nothing_of_what_is_masked(planted: tuple[str, str], data) -> None:
    _, item = planted
    text = f"Write or call: {item} and no more of it."
    start, end = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
    for shown in (hidden(text[:end] + "…", ALL), hidden(text[start:end], ALL, is_piece=True)):
        for kind in KINDS.values():
            shown = shown.replace(kind.mask, "")
        # Of a number or an address no five characters in a row are left, but what is left of a local part's beginning.
        pieces = {item[place : place + 5] for place in range(len(item) - 4)}
        is_left = [piece for piece in pieces if piece in shown and any(map(str.isdigit, piece))]
        assert not is_left, shown
    assert hidden(text, None) == text
    assert hidden("Plain words stay as they are.", ALL) == "Plain words stay as they are."
