"""Bytes become the text that their author wrote, whoever is right about the encoding."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.corpus.extraction.charset import decode_page, web_codec
from groundup.corpus.sources.decode import NotTextError

GERMAN = "<p>Die Straße führt über die Brücke zur Mühle.</p>"
RUSSIAN = "<p>Съешь же ещё этих мягких французских булок, да выпей чаю.</p>"
JAPANESE = "<p>いろはにほへと ちりぬるを わかよたれそ つねならむ</p>"


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1),
    st.sampled_from(["", "iso-8859-1", "shift_jis", "nonsense"]),
)
def test_utf_8_is_read_whatever_the_server_says(text: str, charset: str) -> None:
    decoded = decode_page(text.encode(), charset)
    assert (decoded.text, decoded.encoding, decoded.replaced) == (text.removeprefix("\ufeff"), "utf-8", 0)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]))
def test_a_mark_at_the_beginning_is_believed(text: str, encoding: str) -> None:
    mark = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}[encoding]
    decoded = decode_page(mark + text.encode(encoding), "koi8-r")
    assert (decoded.text, decoded.encoding) == (text, encoding)


@pytest.mark.parametrize(
    ("text", "encoding", "charset", "read_as"),
    [
        (GERMAN, "cp1252", "", "cp1252"),
        (GERMAN, "latin-1", "ISO-8859-1", "cp1252"),
        (RUSSIAN, "cp1251", "windows-1251", "cp1251"),
        (RUSSIAN, "koi8-r", "", "koi8-r"),
        (JAPANESE, "shift_jis", "Shift_JIS", "cp932"),
        (JAPANESE, "iso2022_jp", "iso-2022-jp", "iso2022_jp"),
        (JAPANESE, "euc_jp", "", "euc_jp"),
        ("<p>我能吞下玻璃而不傷身體</p>", "big5", "big5", "big5hkscs"),
        ("<p>我能吞下玻璃而不伤身体</p>", "gb2312", "GB2312", "gb18030"),
        (GERMAN * 9, "utf-16-le", "utf-16", "utf-16-le"),
    ],
)
def test_what_is_named_or_shows_is_read(text: str, encoding: str, charset: str, read_as: str) -> None:
    decoded = decode_page(text.encode(encoding), charset)
    assert (decoded.text, decoded.encoding, decoded.replaced) == (text, read_as, 0)


@pytest.mark.parametrize(
    "declaration",
    ['<meta charset="koi8-r">', "<meta content='text/html; CHARSET = koi8-r'>", '<?xml encoding="koi8-r"?>'],
)
def test_the_pages_own_word_counts_where_the_server_is_silent_or_wrong(declaration: str) -> None:
    page = declaration + "<p>да</p>"
    assert decode_page(page.encode("koi8-r")).text == page
    assert decode_page(page.encode("koi8-r"), "ascii-art").text == page


def test_a_server_that_names_what_does_not_fit_is_not_believed() -> None:
    assert decode_page(JAPANESE.encode("euc_jp"), "utf-8").text == JAPANESE


def test_bytes_that_fit_nothing_are_replaced_and_counted() -> None:
    decoded = decode_page(b"\xef\xbb\xbfgood \xff bad \xfe end")
    assert decoded.text == "good \ufffd bad \ufffd end"
    assert decoded.replaced == 2


@pytest.mark.parametrize("content", [bytes(range(256)) * 4, b"\x7fELF" + bytes(500), b"\x89PNG\r\n\x1a\n" + bytes(99)])
def test_programs_and_pictures_are_no_text(content: bytes) -> None:
    with pytest.raises(NotTextError, match="control characters"):
        decode_page(content)


@pytest.mark.parametrize("label", ["unicode_escape", "punycode", "rot13", "utf-7", "idna", "", "x" * 99, "\0"])
def test_only_encodings_of_the_web_are_known(label: str) -> None:
    assert web_codec(label) == ""
