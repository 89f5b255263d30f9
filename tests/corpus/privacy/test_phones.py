from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.privacy.phones import phones

phonenumbers = pytest.importorskip("phonenumbers")
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
FORMATS = phonenumbers.PhoneNumberFormat


def found(text: str, *regions: str) -> list[str]:
    return [text[start:end] for start, end in phones(text, regions)]


@pytest.mark.parametrize("region", REGIONS)
def test_the_numbers_of_every_country_are_found_as_they_are_written_there(region: str) -> None:
    example = phonenumbers.example_number(region)
    if len(str(example.national_number)) < 7:
        pytest.skip("with six digits and fewer it could be anything")
    national = phonenumbers.format_number(example, FORMATS.NATIONAL)
    if not national.isdigit() and region != "BY":
        assert found(f"call {national} now", region) == [national]
    for form in (FORMATS.INTERNATIONAL, FORMATS.E164):
        number = phonenumbers.format_number(example, form)
        assert found(f"call {number}, or not", region) == [number]
        assert found(f"call {number}, or not") == [number]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("(415) 555-2671 or 415.555.2671", ["(415) 555-2671", "415.555.2671"]),
        ("+1 415-555-2671/+44 (0)20 7946 0958", ["+1 415-555-2671", "+44 (0)20 7946 0958"]),
        ("Call 212 555 0123. 1914 was", ["212 555 0123"]),
        ("212 555 0123 2024-05-01", ["212 555 0123"]),
        ("1-800-356-9377", ["1-800-356-9377"]),
    ],
)
def test_numbers_in_running_text(text: str, numbers: list[str]) -> None:
    assert found(text, "US") == numbers


@pytest.mark.parametrize(
    "text",
    [
        "1914-1918 and 1939-1945",
        "2024-05-01 10:30",
        "ISBN 978-0-306-40615-7",
        "4155552671",
        "3.14159265358979",
        "1,234,567,890",
        "pages 100-110 120-130 140-150",
        "1 2 3 4 5 6 7 8 9 10 11 12 13",
        "id=415-555-2671",
        "415-555-2671abc",
        "115-555-2671",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert found(text, "US") == []


def test_a_piece_of_a_longer_number_stays() -> None:
    assert found("0306 40615", "GB", "DE") == ["0306 40615"]
    assert found("978-0306 40615-7", "GB", "DE") == []
    assert found("ISBN 978-0-306-40615-7", "GB", "DE") == []


@effort(deadline=None)
@given(st.text("0123456789 ()+-./\u00a0x", max_size=120), st.lists(st.sampled_from(["US", "GB", "DE"]), unique=True))
def test_what_is_found_has_the_digits_of_a_number_and_lies_apart(text: str, regions: list[str]) -> None:
    end = 0
    for start, stop in phones(text, tuple(regions)):
        assert end <= start < stop <= len(text)
        assert 7 <= sum(map(str.isdigit, text[start:stop])) <= 16
        end = stop


def test_a_country_that_is_none_has_no_numbers() -> None:
    assert found("415-555-2671", "QQ") == []
