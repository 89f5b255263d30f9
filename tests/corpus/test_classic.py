from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.corpus.classic import make_classic
from groundup.corpus.settings import ClassicSettings

NONE = ClassicSettings(keep="")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“We’re off,” she said; it’s 10.1 or 1,000.", "We’re off she said it’s 10.1 or 1,000"),
        ("See https://a.example/x?y=1, or mail me@b.example!", "See https://a.example/x?y=1 or mail me@b.example"),
        ("well-known—and 12:30 -- (so)", "well known and 12:30 so"),
        ("dogs' o'clock 'tis", "dogs o'clock tis"),
        ("ﬁne ½ x²", "fine 1 2 x2"),
        ("$5 & 10%\n\n* item", "5 10\n\nitem"),
    ],
)
def test_punctuation_goes_but_not_inside_numbers_addresses_and_contractions(text: str, expected: str) -> None:
    assert make_classic(text, NONE)[0] == expected


def test_a_keep_set_stays_and_small_letters_are_a_choice() -> None:
    text, _ = make_classic("Stop! Why, now?", ClassicSettings(lowercase=True))
    assert text == "stop! why now?"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (ClassicSettings(punctuation=False), "  fine 1\u20442 Stop, “Now”!"),
        (ClassicSettings(punctuation=False, compatibility_forms=False, lowercase=True), "  ﬁne ½ stop, “now”!"),
        (ClassicSettings(keep="", compatibility_forms=False), "ﬁne ½ Stop Now"),
    ],
)
def test_each_step_is_a_choice(settings: ClassicSettings, expected: str) -> None:
    assert make_classic("  ﬁne ½ Stop, “Now”!", settings)[0] == expected


def test_inside_words_can_be_forced() -> None:
    text, (change,) = make_classic("We're 10.1", ClassicSettings(keep="", inside_words=True))
    assert text == "Were 10 1"
    assert change.removed == {"'": 1, ".": 1}


@given(st.text(max_size=200))
def test_what_is_left_of_forced_text_has_no_punctuation(text: str) -> None:
    after, _ = make_classic(text, ClassicSettings(keep="", inside_words=True))
    assert not [character for character in after if unicodedata.category(character)[0] in "PS"]


@given(st.text(max_size=200))
def test_the_change_tells_the_whole_difference(text: str) -> None:
    after, changes = make_classic(text, NONE)
    if changes:
        assert (changes[0].before, changes[0].after) == (len(text), len(after))
    else:
        assert after == text
