from __future__ import annotations

import codecs
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.corpus.sources.decode import NotTextError, decode

PROSE = "Ein schöner Tag, señor – l'été à Łódź. “Ja!”\n" * 20


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
def test_utf8_comes_back_as_it_was(text: str) -> None:
    assert decode(text.encode())[0] == text.removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_names_the_encoding_and_is_no_text(mark: bytes, encoding: str) -> None:
    assert decode(mark + PROSE.encode(encoding)) == (PROSE, encoding)


def test_old_western_books_are_read_as_cp1252_and_it_is_said() -> None:
    french = "Où est l’hôtel ? — Là-bas, près du café.\n" * 30
    assert decode(french.encode("cp1252")) == (french, "cp1252")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), "binary"),
        (bytes(1000), "binary"),
        ("Всё счастливые семьи похожи друг на друга. ".encode("koi8-r") * 20, "encoding is not known"),
        ("吾輩は猫である。名前はまだ無い。".encode("shift_jis") * 20, "encoding is not known"),
        (b"caf\xe9 \x81", "encoding is not known"),
        (codecs.BOM_UTF16_LE + b"a\x00b", "not whole utf-16-le"),
    ],
)
def test_what_is_no_text_or_not_known_is_never_guessed(data: bytes, reason: str) -> None:
    with pytest.raises(NotTextError, match=reason):
        decode(data)


def test_a_named_encoding_is_used_for_what_is_not_utf8() -> None:
    russian = "Всё счастливые семьи похожи друг на друга."
    assert decode(russian.encode("koi8-r"), "koi8-r") == (russian, "koi8-r")
    assert decode(russian.encode(), "koi8-r") == (russian, "utf-8")


@given(st.binary(max_size=400))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    with contextlib.suppress(NotTextError):
        assert isinstance(decode(data)[0], str)
