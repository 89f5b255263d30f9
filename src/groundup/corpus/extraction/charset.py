"""The text of a page's bytes, whatever its server and its author say of the encoding.

A mark at the beginning is believed first. Bytes that are UTF-8 are UTF-8: by chance no other encoding is, and servers
that name one from their defaults are common. Then come the server's word, the page's own `<meta charset>`, and
detection; each must fit all bytes. What fits nothing is read as what it is most likely to be, with U+FFFD for the bytes
that are not, and the number of those is told.

Names of encodings mean what they mean on the web (https://encoding.spec.whatwg.org): who says Latin-1 means
windows-1252, who says GB2312 means GB18030.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from groundup.corpus.sources.decode import CONTROLS, refuse_binary

REPLACEMENT = "\ufffd"

# UTF-32 is none of the web's encodings, so what begins like UTF-16 is UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Python's name of a codec -> the codec that the web means by it.
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "utf-16": "utf-16-le",
}
# Encodings that a page may name. Python knows others that are none, such as unicode_escape and punycode.
_ALLOWED_NAMES = """
    utf-8 utf-16-le utf-16-be cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp866 cp874 cp932 cp949
    big5hkscs euc_jp gb18030 iso2022_jp iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8
    iso8859-10 iso8859-13 iso8859-14 iso8859-15 iso8859-16 koi8-r koi8-u mac-roman
"""
_ALLOWED = frozenset(_ALLOWED_NAMES.split())
# The standard looks at 1,024 bytes; many pages have a longer beginning.
_DECLARED_WITHIN = 4096
_DECLARED = re.compile(
    r"charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([a-z0-9_:.-]{1,40})|encoding=[\"']([a-z0-9_-]{1,40})", re.I
)
# Pages have vertical tabs, and the escapes of ISO-2022-JP.
_CONTROLS = CONTROLS.translate(None, b"\x0b\x1b")


@dataclass(frozen=True)
class Decoded:
    """A page's text, the encoding that its bytes were in, and how many characters had to be replaced."""

    text: str
    encoding: str
    replaced: int = 0


def decode_page(content: bytes, charset: str = "") -> Decoded:
    """The text of `content`, without a byte order mark. `charset` is what the server said.

    Raises NotTextError for bytes that are no text. Everything else has a result.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _forced(content[len(mark) :], encoding)
    # Most pages are UTF-8 through and through. Other text can look like it only with escapes or zeros in it.
    if b"\x1b" not in content and b"\0" not in content and (fits := _strict(content, "utf-8")):
        return fits
    named = [codec for label in (charset, _declared(content)) if (codec := web_codec(label))]
    # Escape sequences make this encoding look like ASCII.
    if "iso2022_jp" in named and b"\x1b" in content and (fits := _strict(content, "iso2022_jp")):
        return fits
    if "utf-16-le" in named or "utf-16-be" in named:
        named = _utf16_only_where_it_shows(content, named)
    if not (named and named[0].startswith("utf-16")):
        refuse_binary(content, _CONTROLS)
        if fits := _strict(content, "utf-8"):
            return fits
    for encoding in (*named, *_detected(content)):
        if fits := _strict(content, encoding):
            return fits
    return _forced(content, named[0] if named else "utf-8")


def web_codec(label: str) -> str:
    """Python's name of the encoding that a page or server means by `label`; "" where it is none of the web's."""
    try:
        name = codecs.lookup(label.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return ""
    meant = _MEANT.get(name, name)
    return meant if meant in _ALLOWED else ""


def _declared(content: bytes) -> str:
    found = _DECLARED.search(content[:_DECLARED_WITHIN].decode("latin-1"))
    return (found[1] or found[2]) if found else ""


def _utf16_only_where_it_shows(content: bytes, named: list[str]) -> list[str]:
    """Without the UTF-16 that was named, unless the bytes have the zeros that markup in UTF-16 is full of."""
    head = content[:_DECLARED_WITHIN]
    if head.count(0) * 4 < len(head):
        return [name for name in named if not name.startswith("utf-16")]
    return ["utf-16-be" if head[:1] == b"\0" else "utf-16-le"]


def _strict(content: bytes, encoding: str) -> Decoded | None:
    try:
        return Decoded(content.decode(encoding), encoding)
    except UnicodeError:
        return None


def _forced(content: bytes, encoding: str) -> Decoded:
    text = content.decode(encoding, "replace")
    return Decoded(text, encoding, text.count(REPLACEMENT))


def _detected(content: bytes) -> Iterator[str]:
    from resiliparse.parse.encoding import detect_encoding

    if found := web_codec(detect_encoding(content) or ""):
        yield found
    # What most old Western pages are in; five of its bytes have no meaning, so that it need not fit.
    yield "cp1252"
