from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.privacy.identity import identity_numbers

# The examples of the offices that give the numbers out, or of their descriptions.
NUMBERS = [
    "529.982.247-25",
    "2 55 08 14 168 025 38",
    "255081416802538",
    "RSSMRA85T10A562S",
    "12345678Z",
    "X1234567L",
    "X-1234567-L",
]


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in identity_numbers(text)]


@pytest.mark.parametrize("number", NUMBERS)
def test_right_numbers_are_found(number: str) -> None:
    assert found(f"number {number}, please") == [number]
    assert found(f"number x{number}") == []


@effort(deadline=None)
@given(st.sampled_from(NUMBERS), st.integers(1, 9))
def test_a_wrong_digit_is_noticed(number: str, shift: int) -> None:
    place = max(place for place, character in enumerate(number) if character.isdigit())
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert found(wrong) == []


@pytest.mark.parametrize("text", ["123-45-6789", "111.111.111-11", "12345678", "20240501A", "ABCDEF12G34H567I"])
def test_what_cannot_be_told_stays(text: str) -> None:
    assert found(text) == []
