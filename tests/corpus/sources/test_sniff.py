from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.sources.sniff import is_binary, known_binary, sniff


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<!DOCTYPE html><p>", "text/html"),
        (b"\xef\xbb\xbf \n<HTML lang=en>", "text/html"),
        (b"<!-- a page -->", "text/html"),
        (b"<p>words", "text/html"),
        (b"<pre>words", "text/plain"),
        (b'<?xml version="1.0"?><html xmlns="x">', "application/xhtml+xml"),
        (b'<?xml version="1.0"?><rss>', "application/xml"),
        (b"words", "text/plain"),
        (b"", "text/plain"),
        (b"BMW and ID3 are words", "text/plain"),
        ("\ufeffwords".encode("utf-16-le"), "text/plain"),
        (b"BM\x00\x00", "image/bmp"),
        (b"%PDF-1.7 words", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\x10\x00\x00\x00WEBP", "image/webp"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"\x01\x02\x03", "application/octet-stream"),
    ],
)
def test_bytes_say_what_they_are(content: bytes, expected: str) -> None:
    assert sniff(content) == expected


@given(st.binary(max_size=100))
@effort(deadline=None)
def test_what_is_sniffed_as_text_holds_no_controls(content: bytes) -> None:
    kind = sniff(content)
    assert kind.count("/") == 1
    if kind == "text/plain" and content[:2] not in (b"\xff\xfe", b"\xfe\xff") and content[:3] != b"\xef\xbb\xbf":
        assert not is_binary(content)
        assert not known_binary(content)
