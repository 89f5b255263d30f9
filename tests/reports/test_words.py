from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from groundup.reports import words


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (812, "812"),
        (9_999, "9,999"),
        (12_345, "12.3 k"),
        (999_999, "1 M"),
        (1_796_352, "1.8 M"),
        (3e9, "3 B"),
        (0.0234, "0.0234"),
        (float("nan"), "not a number"),
        (float("-inf"), "minus infinite"),
    ],
)
def test_counts(value: float, said: str):
    assert words.count(value) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0042, "4.2 ms"),
        (0.42, "0.42 s"),
        (42, "42 s"),
        (59.7, "1 min"),
        (200, "3 min 20 s"),
        (3599.9, "1 h"),
        (7500, "2 h 5 min"),
        (86_390, "1 d"),
        (97_200, "1 d 3 h"),
    ],
)
def test_durations(seconds: float, said: str):
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("value", "said"), [(812, "812 bytes"), (1_200, "1.2 kB"), (999_700, "1 MB"), (3.4e9, "3.4 GB")]
)
def test_sizes(value: float, said: str):
    assert words.size(value) == said


@pytest.mark.parametrize(
    ("share", "said"), [(0, "0 %"), (0.00001, "below 0.1 %"), (0.0417, "4.17 %"), (1.0, "100 %"), (2.5, "250 %")]
)
def test_shares(share: float, said: str):
    assert words.percent(share) == said


@given(some.floats())
def test_every_float_has_words(value: float):
    for say in (words.count, words.duration, words.size, words.percent, words.figure):
        said = say(value)
        assert said
        if not math.isfinite(value):
            assert said in ("not a number", "infinite", "minus infinite")


@given(some.floats(min_value=1e4, max_value=9e14))
def test_a_shortened_count_is_within_a_hundredth_of_the_truth(value: float):
    figure, letter = words.count(value).split()
    scale = {"k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}[letter]
    assert float(figure.replace(",", "")) * scale == pytest.approx(value, rel=0.01)


@given(some.floats(min_value=10, max_value=1e7))
def test_a_duration_is_within_a_fiftieth_of_the_truth(seconds: float):
    units = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
    parts = words.duration(seconds).replace(",", "").split()
    told = sum(float(number) * units[unit] for number, unit in zip(parts[::2], parts[1::2], strict=True))
    assert told == pytest.approx(seconds, rel=0.06 if seconds < 60 else 0.02)


@given(some.text(some.characters() | some.characters(categories=["Cs", "Cc", "Cf"])))
def test_visible_text_can_be_written_and_hides_nothing(text: str):
    shown = words.visible(text)
    shown.encode()
    assert not any(ord(sign) < 32 and sign not in "\t\n" for sign in shown)
    assert not set(shown) & {"\u202e", "\u2066", "\u2028", "\x7f", "\x85"}
    assert words.visible(shown) == shown


def test_ordinary_text_of_any_script_stays_as_it_is():
    text = "Füße, «да», 你好, שלום, 👩‍🔬\tand\nmore"
    assert words.visible(text) == text


def test_text_is_cut_with_a_sign():
    assert words.shortened("abcdef", 6) == "abcdef"
    assert words.shortened("abcdefg", 6) == "abcde…"
    assert words.plural(1, "line") == "1 line"
    assert words.plural(2_000, "batch", "batches") == "2,000 batches"
