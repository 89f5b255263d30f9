"""What an HTTP reply carries, out of its transfer and content codings (RFC 9110, RFC 9112), whatever size it claims.

Archives keep replies as they came over the wire, or decoded but under the headers of the coded ones; so a header says
what may be, and the bytes say what is.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module

from groundup.catalogue.decompress import PIECE
from groundup.catalogue.limits import Broken
from groundup.corpus.sources import zstd
from groundup.corpus.sources.expand import ALWAYS_ALLOWED, LARGEST_RATIO
from groundup.corpus.sources.headers import fields, number
from groundup.corpus.sources.sniff import is_binary

# Browsers take about as much.
_HEADER_LIMIT = 2**18
_BITE = 2**14
# RFC 9659: the largest window that a sender may ask for.
_ZSTD_WINDOW = 2**23
_MOST_CODINGS = 5
_CLEARLY_TEXT = 40
# A chunk's size and its extensions, one line (RFC 9112, 7.1), and how many chunks an honest page may have.
_SIZE_LINE = 1_000
_MOST_CHUNKS = 1_000_000


class UndecodableError(Exception):
    """A reply without content that can be had. `rule` is the ledger's word for why; the message is a sentence."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True)
class Reply:
    """A reply as it was recorded; `body` is still coded."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def parse_reply(block: bytes) -> Reply:
    """The parts of a recorded reply. Raises UndecodableError for what is none."""
    # Lines end in one or two bytes, so the empty one is looked for in both spellings.
    end, length = block.find(b"\r\n\r\n", 0, _HEADER_LIMIT), 4
    if end < 0:
        end = min(len(block), _HEADER_LIMIT)
        length = 0
    if (earlier := block.find(b"\n\n", 0, end)) >= 0:
        end, length = earlier, 2
    first, _, lines = block[:end].partition(b"\n")
    version, _, rest = first.strip().partition(b" ")
    status = number(rest.strip()[:3].decode("latin-1"))
    if not version.upper().startswith(b"HTTP/") or status is None:
        raise UndecodableError("no reply", f"it does not begin as HTTP replies do, but with {first[:60]!r}")
    return Reply(status, fields(lines), block[end + length :])


def content_of(reply: Reply, limit: int) -> bytes:
    """The content of a reply, decoded. Raises UndecodableError.

    However many codings lie inside each other, each gives at most `limit` bytes, and at most 200 times what was taken
    of the recorded body where that is more than 16 MiB.
    """
    transfer = _words(reply.headers.get("transfer-encoding", ""))
    body = transferred(reply)
    codings = [*_words(reply.headers.get("content-encoding", "")), *transfer]
    codings = [word for word in codings if word not in ("identity", "chunked", "none")]
    if len(codings) > _MOST_CODINGS:
        raise UndecodableError("content coding", f"its content is coded {len(codings):,} times over")
    for coding in codings:
        if coding not in _DECODERS:
            raise UndecodableError("content coding", f"its content coding {coding[:40]!r} is not known")
    if codings and _is_decoded(codings[-1], body):
        return body
    promised = number(reply.headers.get("content-length", ""))
    if promised is not None and "chunked" not in transfer and promised > len(body):
        raise UndecodableError("incomplete", f"it promised {promised:,} bytes, and {len(body):,} came")
    if not codings:
        return body
    meter = _Meter(limit)
    pieces = meter.given(body)
    for coding in reversed(codings):
        pieces = meter.held(_DECODERS[coding](pieces), coding)
    try:
        return b"".join(pieces)
    except UndecodableError as error:
        # Brotli and deflate begin with no mark, so only trying shows that the archive keeps the content decoded. A few
        # bytes may be a good beginning of either by chance; tags, or many bytes without a control character, are text.
        is_clear = error.rule == "content coding" or len(body) >= _CLEARLY_TEXT or body.lstrip().startswith(b"<")
        is_text = is_clear and not is_binary(body)
        if codings[-1] in ("br", "deflate") and error.rule in ("content coding", "incomplete") and is_text:
            return body
        raise


def transferred(reply: Reply) -> bytes:
    """The body without its chunks, and still in its content coding. Raises UndecodableError."""
    return _dechunked(reply.body) if "chunked" in _words(reply.headers.get("transfer-encoding", "")) else reply.body


def _words(value: str) -> list[str]:
    return [word for part in value.lower().split(",") if (word := part.strip())]


def _dechunked(body: bytes) -> bytes:
    """The chunks put together; the body itself where the first is none. Raises UndecodableError."""
    parts: list[bytes] = []
    place = 0
    for _ in range(_MOST_CHUNKS):
        end = body.find(b"\n", place, place + _SIZE_LINE)
        size = _chunk_size(body[place:end]) if end >= 0 else None
        if size is None:
            if not parts:
                return body  # The archive keeps it decoded, under the headers that it came with.
            raise UndecodableError("incomplete", f"its chunks are broken off after {place:,} bytes")
        if size == 0:
            return b"".join(parts)
        parts.append(body[end + 1 : end + 1 + size])
        place = end + 1 + size
        if place > len(body):
            raise UndecodableError("incomplete", f"its last chunk lacks {place - len(body):,} of {size:,} bytes")
        place += 2 if body.startswith(b"\r\n", place) else int(body.startswith(b"\n", place))
    raise UndecodableError("bomb", f"it comes in more than {_MOST_CHUNKS:,} chunks")


def _chunk_size(line: bytes) -> int | None:
    digits = line.partition(b";")[0].strip()
    # Sixteen digits are more than any machine has; int() would take blanks, signs and underscores for granted.
    if not 0 < len(digits) <= 16 or digits.strip(b"0123456789abcdefABCDEF"):
        return None
    return int(digits, 16)


def _is_decoded(coding: str, body: bytes) -> bool:
    """Whether the body cannot be of that coding: the archive keeps it decoded, under the headers that it came with."""
    if coding in ("gzip", "x-gzip"):
        return not body.startswith(b"\x1f\x8b")
    return coding == "zstd" and not body.startswith(zstd.BEGINNING)


class _Meter:
    """Holds what comes out of codings against what went in."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._given = 0

    def given(self, body: bytes) -> Iterator[bytes]:
        """The body in bites, counted."""
        for place in range(0, len(body), _BITE):
            bite = body[place : place + _BITE]
            self._given += len(bite)
            yield bite

    def held(self, pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
        """The pieces, until they are too many. Raises UndecodableError."""
        done = 0
        for piece in pieces:
            done += len(piece)
            if done > max(ALWAYS_ALLOWED, LARGEST_RATIO * self._given):
                raise UndecodableError("bomb", f"its {coding} unpacks to more than {LARGEST_RATIO} times its size")
            if done > self._limit:
                raise UndecodableError(
                    "too large", f"it has more than {self._limit / 1e6:,.0f} million bytes (`largest_document`)"
                )
            yield piece


def _gzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    return _inflated(pieces, "gzip", lambda _: 31)


def _deflate(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Many servers leave out the zlib header that RFC 9110, 8.4.1.2 asks for; -15 is deflate without it."""
    return _inflated(
        pieces, "deflate", lambda start: 15 if start[0] & 15 == 8 and int.from_bytes(start[:2]) % 31 == 0 else -15
    )


def _inflated(pieces: Iterable[bytes], coding: str, window: Callable[[bytes], int]) -> Iterator[bytes]:
    stream = None
    for data in pieces:
        while data:
            stream = stream or zlib.decompressobj(wbits=window(data))
            try:
                piece = stream.decompress(data, PIECE)
            except zlib.error as error:
                raise UndecodableError("content coding", f"its {coding} is damaged ({error})") from error
            if piece:
                yield piece
            data = stream.unconsumed_tail
            while not data and len(piece) == PIECE and not stream.eof:
                # A full piece may leave more inside zlib although all input is used up.
                piece = stream.decompress(b"", PIECE)
                if piece:
                    yield piece
            if stream.eof:
                # Gzip may come in several members; what else follows the end is passed over, as browsers do.
                data = stream.unused_data
                if not data.startswith(b"\x1f\x8b") or coding != "gzip":
                    return
                stream = None
    if stream is not None:
        raise UndecodableError("incomplete", f"its {coding} is cut short")


def _brotli(pieces: Iterable[bytes]) -> Iterator[bytes]:
    brotli = import_module("brotli")
    decoder = brotli.Decompressor()
    has_begun = False
    for data in pieces:
        has_begun = True
        try:
            # The decoder is asked for little at a time, and keeps the rest.
            piece = decoder.process(data, output_buffer_limit=PIECE)
            while piece:
                yield piece
                piece = b"" if decoder.is_finished() else decoder.process(b"", output_buffer_limit=PIECE)
        except brotli.error as error:
            raise UndecodableError("content coding", f"its brotli is damaged ({error})") from error
        if decoder.is_finished():
            return
    if has_begun:
        raise UndecodableError("incomplete", "its brotli is cut short")


def _zstd(pieces: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from zstd.unpacked(pieces, _ZSTD_WINDOW)
    except zstd.CutShort as reason:
        raise UndecodableError("incomplete", str(reason)) from reason
    except Broken as reason:
        raise UndecodableError("content coding", str(reason)) from reason


_DECODERS: dict[str, Callable[[Iterable[bytes]], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
