"""Durations say what they count, read what people write, and come back from their own text unchanged."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.training.duration import UNITS, Duration


@pytest.mark.parametrize(
    ("text", "kind", "total", "canonical"),
    [
        ("3 minutes", "clock", 180, "3 minutes"),
        ("90 seconds", "clock", 90, "90 seconds"),
        ("1.5 hours", "clock", 5400, "1.5 hours"),
        ("1 hour", "clock", 3600, "1 hour"),
        ("30s", "clock", 30, "30 seconds"),
        ("3min", "clock", 180, "3 minutes"),
        ("2 h", "clock", 7200, "2 hours"),
        ("1 Day", "clock", 86400, "1 day"),
        ("2000 steps", "steps", 2000, "2000 steps"),
        ("2_000 steps", "steps", 2000, "2000 steps"),
        ("5k steps", "steps", 5000, "5000 steps"),
        ("10 million tokens", "tokens", 10**7, "10 million tokens"),
        ("10M tokens", "tokens", 10**7, "10 million tokens"),
        ("2e6 tokens", "tokens", 2 * 10**6, "2 million tokens"),
        ("1.1 million tokens", "tokens", 1_100_000, "1.1 million tokens"),
        ("1234567 tokens", "tokens", 1234567, "1234567 tokens"),
        ("100 million tokens", "tokens", 10**8, "100 million tokens"),
        ("2.5B tokens", "tokens", 2_500_000_000, "2.5 billion tokens"),
        ("4 epochs", "epochs", 4, "4 epochs"),
        ("1 epoch", "epochs", 1, "1 epoch"),
        (" .5  epochs ", "epochs", 0.5, "0.5 epochs"),
    ],
)
def test_what_people_write(text, kind, total, canonical):
    duration = Duration.parse(text)
    assert (duration.kind, duration.total, str(duration)) == (kind, total, canonical)
    assert Duration.parse(canonical) == duration
    assert re.search(Duration.PATTERN, canonical)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (3, "has no unit"),
        ("2000", "has no unit"),
        (2.5, "has no unit"),
        ("10 million", "has no unit"),
        ("3 minuts", "Did you mean 'minutes'"),
        ("3 parsecs", "the units are seconds, minutes, hours, days, steps, tokens or epochs"),
        ("10m tokens", "no unit"),
        ("3 m", "minutes or millions"),
        ("three minutes", "is no duration"),
        ("", "is no duration"),
        ("0 steps", "above zero"),
        ("-3 minutes", "above zero"),
        ("nan minutes", "is no duration"),
        ("inf minutes", "is no duration"),
        ("1e400 minutes", "above zero"),
        ("1e-400 minutes", "above zero"),
        ("1e15 days", "at most"),
        ("2.5 steps", "come whole"),
        ("1.2.3 steps", "does not begin with a number"),
        ("1h30m", "no unit"),
        ("1_ steps", "does not begin with a number"),
        ("3 minutes minutes", "no unit"),
    ],
)
def test_what_is_refused_and_why(text, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        Duration.parse(text)


@pytest.mark.parametrize(("amount", "unit"), [(0, "steps"), (-1, "hours"), (float("nan"), "hours"), (1, "miles")])
def test_a_duration_cannot_be_built_wrong(amount, unit):
    with pytest.raises(ValueError):
        Duration(amount, unit)


@settings(max_examples=1000)
@given(
    unit=st.sampled_from(sorted(UNITS)),
    whole=st.integers(1, 10**10),
    part=st.floats(0, 1),
)
def test_text_and_value_round_trip(unit, whole, part):
    amount = whole if unit in ("steps", "tokens") else whole + part
    duration = Duration(amount, unit)
    assert Duration.parse(str(duration)) == duration
    assert re.search(Duration.PATTERN, str(duration))


@settings(max_examples=1000)
@given(thousandths=st.integers(1, 10**6), word=st.sampled_from(["million", "billion"]))
def test_decimal_scales_are_exact(thousandths, word):
    written = Decimal(thousandths) / 1000
    assert (
        Duration.parse(f"{written:f} {word} tokens").total == thousandths * {"million": 10**3, "billion": 10**6}[word]
    )


@settings(max_examples=1000)
@given(st.one_of(st.text(), st.text(alphabet="0123456789.eE+-_ kMmB" + "minutes tokp")))
def test_any_text_is_a_duration_or_a_value_error(text):
    try:
        duration = Duration.parse(text)
    except ValueError:
        return
    assert Duration.parse(str(duration)) == duration
