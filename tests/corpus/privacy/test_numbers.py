from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.privacy.numbers import accounts, cards, is_iban, is_luhn

# Made for tests by the networks, and the examples of the IBAN registry.
CARDS = [
    "4111111111111111",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "6011111111111117",
    "3530111333300000",
    "30569309025904",
    "4222222222222",
]
ACCOUNTS = [
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "FR1420041010050500013M02606",
    "NL91ABNA0417164300",
    "NO9386011117947",
    "MT84MALT011000012345MTLCAST001S",
    "CH9300762011623852957",
    "SA0380000000608010167519",
]


def found(find, text: str) -> list[str]:
    return [text[start:end] for start, end in find(text)]


@effort(deadline=None)
@given(st.text("0123456789", min_size=1, max_size=18))
def test_one_last_digit_in_ten_is_the_check_digit(digits: str) -> None:
    assert sum(is_luhn(digits + last) for last in "0123456789") == 1


@effort(deadline=None)
@given(st.sampled_from(CARDS), st.integers(0, 15), st.integers(1, 9))
def test_a_card_with_a_wrong_digit_is_none(card: str, place: int, shift: int) -> None:
    assert found(cards, f"pay with {card}.") == [card]
    place %= len(card)
    wrong = card[:place] + str((int(card[place]) + shift) % 10) + card[place + 1 :]
    assert found(cards, f"pay with {wrong}.") == []


@effort(deadline=None)
@given(st.sampled_from(CARDS[:3]), st.sampled_from(" -"))
def test_cards_are_found_as_they_are_printed(card: str, gap: str) -> None:
    grouped = gap.join(card[start : start + 4] for start in range(0, 16, 4))
    assert found(cards, f"no. {grouped}, until") == [grouped]
    assert found(cards, f"no. {grouped[:9]}{'-' if gap == ' ' else ' '}{grouped[10:]}") == []


@effort(deadline=None)
@given(st.text("0123456789", min_size=30, max_size=200))
def test_digits_that_go_on_are_no_card(digits: str) -> None:
    assert found(cards, digits) == []


@pytest.mark.parametrize("text", ["1234567812345670", "0.4111111111111111", "x4111111111111111", "4111111111111111.5"])
def test_what_no_issuer_gives_out_stays(text: str) -> None:
    assert found(cards, text) == []


@effort(deadline=None)
@given(st.sampled_from(ACCOUNTS), st.booleans(), st.sampled_from(["", " AND MORE", ", ", ".", "\n1234"]))
def test_accounts_are_found_with_and_without_gaps(account: str, grouped: bool, after: str) -> None:
    text = " ".join(account[start : start + 4] for start in range(0, len(account), 4)) if grouped else account
    assert found(accounts, f"IBAN {text}{after}") == [text]


@effort(deadline=None)
@given(st.sampled_from(ACCOUNTS), st.integers(2, 30), st.sampled_from("0123456789"))
def test_an_account_with_a_wrong_digit_is_none(account: str, place: int, digit: str) -> None:
    assume(place < len(account) and account[place].isdigit() and account[place] != digit)
    wrong = account[:place] + digit + account[place + 1 :]
    assert not is_iban(wrong)
    assert found(accounts, wrong) == []


def test_what_is_no_account_hides_none() -> None:
    assert found(accounts, "AB12 CDEF 1234 DE89 3704 0044 0532 0130 00") == ["DE89 3704 0044 0532 0130 00"]
