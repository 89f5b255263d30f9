"""What bytes are, where nobody says it.

This is the part of the MIME Sniffing Standard (WHATWG, section 7) that tells pages and texts from what is neither.
"""

from __future__ import annotations

# What the standard looks at.
_HEAD = 1445
# 3: bytes that no text holds: all controls but tab, line feed, form feed, carriage return and escape.
_BINARY = bytes(byte for byte in range(32) if byte not in b"\t\n\x0c\r\x1b")
_BLANKS = b"\t\n\x0c\r "
_TAG_ENDS = tuple(bytes((byte,)) for byte in _BLANKS + b">")
# 7.1: tags that begin a page, each followed by its end or, wider than there, any blank.
_TAGS = tuple(
    f"<{name}".encode()
    for name in (
        "!doctype html",
        "html",
        "head",
        "script",
        "iframe",
        "h1",
        "div",
        "font",
        "table",
        "a",
        "style",
        "title",
        "b",
        "body",
        "br",
        "p",
    )
)
_MARKS = (
    (b"%PDF-", "application/pdf"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"BM", "image/bmp"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"OggS\x00", "application/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"PK\x03\x04", "application/zip"),
    (b"Rar!\x1a\x07", "application/x-rar-compressed"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
)
# These are followed by what may be text for a while.
_READABLE_MARKS = (b"%PDF-", b"%!PS-Adobe-")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe")


def sniff(content: bytes) -> str:
    """The media type of the content: `text/html`, `application/xml`, `text/plain`, or of something that is no text."""
    start = content[:_HEAD]
    first = start.removeprefix(_BYTE_ORDER_MARKS[0]).lstrip(_BLANKS).lower()
    if first.startswith(b"<!--") or any(
        first.startswith(tag) and first[len(tag) : len(tag) + 1] in _TAG_ENDS for tag in _TAGS
    ):
        return "text/html"
    if first.startswith(b"<?xml"):
        return "application/xhtml+xml" if b"<html" in first else "application/xml"
    if start.startswith(_BYTE_ORDER_MARKS):
        return "text/plain"
    return known_binary(content) or ("application/octet-stream" if is_binary(content) else "text/plain")


def known_binary(content: bytes) -> str:
    """The media type of pictures, archives and other things that are known by their first bytes; "" for all else."""
    if not is_binary(content) and not content.startswith(_READABLE_MARKS):
        return ""
    if content.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(content[8:12], "video/avi")
    if content[4:8] == b"ftyp":
        return "video/mp4"
    return next((kind for mark, kind in _MARKS if content.startswith(mark)), "")


def is_binary(content: bytes) -> bool:
    """Whether bytes that no text holds stand among the first."""
    start = content[:_HEAD]
    return len(start) != len(start.translate(None, _BINARY))
