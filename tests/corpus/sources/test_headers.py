from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.sources.headers import fields, media_type, number


@given(st.lists(st.binary(max_size=60), max_size=10).map(b"\n".join))
@effort(deadline=None)
def test_any_lines_give_fields_without_blanks_around_them(block: bytes) -> None:
    for name, value in fields(block).items():
        assert name == name.lower()
        assert value == value.strip()


def test_a_field_goes_on_in_the_lines_that_begin_with_blanks_however_many() -> None:
    assert fields(b"a: one\n two\n\t \n three \nb:\n  four\na: no\n five") == {"a": "one two three", "b": "four"}
    began = time.process_time()
    assert len(fields(b"a: b\n" + b" c\n" * 1_000_000)["a"]) == 2_000_001
    assert time.process_time() - began < 5


@given(st.text(max_size=200))
@effort(deadline=None)
def test_any_content_type_gives_names_or_nothing(value: str) -> None:
    kind, charset = media_type(value)
    assert kind == "" or kind.isascii()
    assert charset == "" or (charset.isascii() and not charset.isspace())
    # What is a type stays the same when it is asked for again.
    assert media_type(kind) == (kind, "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text/html", ("text/html", "")),
        ("Text/HTML; Charset=UTF-8", ("text/html", "utf-8")),
        ("text/html;charset='koi8-r'; x=y", ("text/html", "koi8-r")),
        ("text/html; level=1 ; charset = latin-1", ("text/html", "latin-1")),
        ("application/xhtml+xml", ("application/xhtml+xml", "")),
        ("text/html, text/html", ("", "")),
        ("html", ("", "")),
        ("text/", ("", "")),
        ("/html", ("", "")),
        ("", ("", "")),
        ("; charset=utf-8", ("", "utf-8")),
    ],
)
def test_media_types_and_charsets_are_told_apart(value: str, expected: tuple[str, str]) -> None:
    assert media_type(value) == expected


@pytest.mark.parametrize("value", ["", "-1", "1.5", "1_000", "+3", "٣", "9" * 19, " 1"])
def test_what_is_no_plain_number_is_none(value: str) -> None:
    assert number(value) is None
    assert number("0017") == 17
