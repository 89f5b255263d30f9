from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.quality.sets import RULE_SETS
from groundup.corpus.quality.signals import BULLETS, signal_names, signals

TEXTS = st.text(max_size=300) | st.lists(
    st.sampled_from(["The", "cat.", "\n", "\n\n", "• item", "...", "#", "{", "use cookies", "JavaScript", "10", "—"]),
    max_size=60,
).map(" ".join)
SHARES = [
    name
    for name in signal_names()
    if name.endswith(("_lines", "_paragraphs", "_characters", "_gram", "_grams", "alphabetic_words"))
]


@effort(deadline=None)
@given(TEXTS)
def test_every_text_has_every_signal_in_the_same_order(text: str) -> None:
    found = signals(text)
    assert tuple(found) == signal_names()
    assert all(isinstance(value, float) and math.isfinite(value) and value >= 0 for value in found.values())
    assert all(found[name] <= 1 for name in SHARES)
    assert found == signals(text)


@effort(deadline=None)
@given(TEXTS)
def test_white_space_around_lines_changes_nothing(text: str) -> None:
    padded = "\n".join(f"  {line}\t" for line in text.split("\n"))
    assert signals(padded) == signals(text)


def test_the_known_rules_ask_for_signals_that_there_are() -> None:
    asked = {rule.signal for rule_set in RULE_SETS.values() for rule in rule_set.rules}
    assert asked <= set(signal_names())


@effort(deadline=None)
@given(st.integers(1, 9), st.integers(0, 9))
def test_words_and_letters(plain: int, numbers: int) -> None:
    found = signals(" ".join(["word"] * plain + ["1914"] * numbers))
    assert found["words"] == plain + numbers
    assert found["mean_word_length"] == 4
    assert found["alphabetic_words"] == plain / (plain + numbers)


@pytest.mark.parametrize(
    ("text", "count"),
    [("The cat.", 1), ("THE 'to' (and)", 3), ("to to to", 1), ("theme together", 0), ("have, with: that; be? of", 5)],
)
def test_stop_words_are_counted_once_each(text: str, count: int) -> None:
    assert signals(text)["stop_words"] == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three?", 3),
        ("He said “no.” She (alas!) left.", 3),
        ("version 1.2 of it", 0),
        ("一句。两句！三句？", 3),
        ("एक वाक्य। दूसरा वाक्य।", 2),
        ("And then… nothing", 1),
    ],
)
def test_ends_of_sentences_are_counted(text: str, count: int) -> None:
    assert signals(text)["sentences"] == count


@effort(deadline=None)
@given(st.sampled_from(BULLETS), st.integers(0, 5), st.integers(1, 5))
def test_lines_with_bullets(bullet: str, with_bullet: int, without: int) -> None:
    text = "\n".join([f"  {bullet}thing"] * with_bullet + ["-5 degrees, *so* to say"] * without)
    assert signals(text)["bullet_lines"] == with_bullet / (with_bullet + without)


def test_lines_by_their_ends_and_lengths() -> None:
    long = ("A line of at least thirty letters and more...", "“A quoted end of a longer line”")
    text = "\n\n".join((*long, "short", "What is it?", "and so on…"))
    found = signals(text)
    assert found["lines"] == 5
    assert found["ellipsis_lines"] == 2 / 5
    assert found["punctuated_lines"] == 4 / 5
    assert found["short_lines"] == 3 / 5
    assert signals("x" * 29)["short_lines"] == 1
    assert signals("x" * 30)["short_lines"] == 0


def test_symbols_for_each_word() -> None:
    found = signals("#one #two three... four… five")
    assert found["hashes_to_words"] == 2 / 5
    assert found["ellipses_to_words"] == 2 / 5


def test_what_c4_looks_for() -> None:
    found = signals("Please enable JAVASCRIPT.\nThis site uses cookies.\nif (x) { y }\nLorem Ipsum dolor")
    assert found["javascript_lines"] == found["policy_lines"] == 1 / 4
    assert found["curly_brackets"] == found["lorem_ipsum"] == 1


def test_paragraphs_are_parted_by_blank_lines() -> None:
    found = signals("same\nlines\n \t\nsame\nlines\n\n\n\nother")
    assert found["duplicate_paragraphs"] == 1 / 3
    assert found["duplicate_paragraph_characters"] == 10 / 25
    assert found["duplicate_lines"] == 2 / 5
