from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.sources.http_reply import Reply, UndecodableError, content_of, parse_reply

brotli = pytest.importorskip("brotli")
LIMIT = 10**6
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "identity": bytes,
}
texts = st.text(min_size=1, max_size=500).map(lambda text: text.encode())


def chunked(body: bytes, sizes: list[int]) -> bytes:
    parts, place = [], 0
    for size in [*sizes, len(body)]:
        if piece := body[place : place + size]:
            parts.append(b"%x;name=value\r\n%b\r\n" % (len(piece), piece))
        place += size
    return b"".join([*parts, b"0\r\n\r\n"])


@given(texts, st.lists(st.sampled_from(list(CODINGS)), max_size=3), st.lists(st.integers(1, 50), max_size=8))
@effort(deadline=None)
def test_content_comes_out_of_all_codings(text: bytes, codings: list[str], sizes: list[int]) -> None:
    body = text
    for coding in codings:
        body = CODINGS[coding](body)
    headers = {"content-encoding": ", ".join(codings).upper()}
    assert content_of(Reply(200, headers, body), LIMIT) == text
    assert content_of(Reply(200, headers | {"transfer-encoding": "Chunked"}, chunked(body, sizes)), LIMIT) == text


@given(st.text("abc<> \r\n", min_size=1), st.sampled_from(["gzip", "zstd", "br", "deflate"]))
@effort(deadline=None)
def test_content_that_the_archive_keeps_decoded_is_left_as_it_is(text: str, coding: str) -> None:
    headers = {"content-encoding": coding, "transfer-encoding": "chunked", "content-length": "9999"}
    # Letters of numbers would be a chunk's size, and are one where they are.
    body = f"<p>{text}".encode()
    assert content_of(Reply(200, headers, body), LIMIT) == body


def test_deflate_without_its_header_and_gzip_in_members_are_decoded() -> None:
    packer = zlib.compressobj(wbits=-15)
    raw = packer.compress(b"words" * 99) + packer.flush()
    assert content_of(Reply(200, {"content-encoding": "deflate"}, raw), LIMIT) == b"words" * 99
    members = gzip.compress(b"one ") + gzip.compress(b"two") + b"what follows"
    assert content_of(Reply(200, {"content-encoding": "gzip"}, members), LIMIT) == b"one two"


@pytest.mark.parametrize("coding", ["gzip", "zstd", "br", "deflate"])
def test_what_is_cut_short_is_not_given_as_whole(coding: str) -> None:
    whole = CODINGS[coding](bytes(range(256)) * 40)
    for length in range(5, len(whole), 11):
        with pytest.raises(UndecodableError) as error:
            content_of(Reply(200, {"content-encoding": coding}, whole[:length]), LIMIT)
        assert error.value.rule in ("incomplete", "content coding")
    body = chunked(b"words" * 40, [50, 50, 50])
    for length in range(20, len(body) - 5):
        with pytest.raises(UndecodableError, match=r"chunk"):
            content_of(Reply(200, {"transfer-encoding": "chunked"}, body[:length]), LIMIT)
    with pytest.raises(UndecodableError, match="promised 100 bytes, and 5 came"):
        content_of(Reply(200, {"content-length": "100"}, b"words"), LIMIT)


def test_more_than_the_limit_is_too_large() -> None:
    content = bytes(range(256)) * 5_000
    for coding in ("gzip", "zstd", "br", "deflate"):
        with pytest.raises(UndecodableError) as error:
            content_of(Reply(200, {"content-encoding": coding}, CODINGS[coding](content)), LIMIT)
        assert error.value.rule == "too large"


@given(st.binary(max_size=300), st.lists(st.sampled_from(list(CODINGS)), max_size=3), st.booleans())
@effort(deadline=None)
def test_any_bytes_end_in_content_or_a_reason(body: bytes, codings: list[str], is_chunked: bool) -> None:
    headers = {"content-encoding": ",".join(codings)} | ({"transfer-encoding": "chunked"} if is_chunked else {})
    try:
        content = content_of(Reply(200, headers, body), LIMIT)
    except UndecodableError as error:
        content = f"{error.rule}: {error}".encode()
    assert len(content) <= LIMIT


@given(st.binary(max_size=300), st.sampled_from([b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n", b"HTTP/2 404\n"]))
def test_any_block_is_a_reply_or_is_said_to_be_none(rest: bytes, start: bytes) -> None:
    try:
        body = parse_reply(start + rest).body
    except UndecodableError:
        body = b""
    assert (start + rest).endswith(body)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_headers_end_at_the_first_empty_line(end: bytes) -> None:
    lines = [b"HTTP/1.1 200 OK", b"A: 1", b"a: 2", b"Folded: x", b"\ty", b"no field", b"", b"body", b"", b"more"]
    reply = parse_reply(end.join(lines))
    assert reply == Reply(200, {"a": "1", "folded": "x y"}, end.join(lines[7:]))
