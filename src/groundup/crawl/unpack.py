"""Replies unpacked with a limit, so that a bomb of a few kilobytes stays one (S3)."""

from __future__ import annotations

import zlib


class UnpackError(ValueError):
    """A body cannot be unpacked, or becomes too large; the message says which, in a few words."""


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """`body` without its Content-Encoding, at most `most` bytes; raises UnpackError.

    gzip is all that was asked for; deflate is what old servers send anyway. What is cut short is no page.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        if name in ("", "identity"):
            continue
        if name in ("gzip", "x-gzip"):
            body = _inflated(body, zlib.MAX_WBITS | 16, most)
        elif name == "deflate":
            # RFC 9110 means zlib's format, and some servers send the bare stream.
            is_zlib = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
            body = _inflated(body, zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS, most)
        else:
            raise UnpackError(f"packed in a way that was not asked for ({name[:20]})")
    return body


def unzipped(body: bytes, most: int) -> bytes:
    """A file that may be gzip, as sitemaps are, unpacked; raises UnpackError."""
    return _inflated(body, zlib.MAX_WBITS | 16, most) if body.startswith(b"\x1f\x8b") else body


def _inflated(body: bytes, window: int, most: int) -> bytes:
    pieces = bytearray()
    rest = body
    while rest:
        decoder = zlib.decompressobj(window)
        try:
            pieces += decoder.decompress(rest, most + 1 - len(pieces))
        except zlib.error as error:
            raise UnpackError("its compressed data is damaged") from error
        if len(pieces) > most:
            raise UnpackError(f"larger than {most / 1e6:,.0f} million bytes when unpacked")
        if not decoder.eof:
            raise UnpackError("its compressed data is cut short")
        # A gzip file may have several members; after the last one only zeros may stand.
        rest = decoder.unused_data.lstrip(b"\0") if window > zlib.MAX_WBITS else b""
    return bytes(pieces)
