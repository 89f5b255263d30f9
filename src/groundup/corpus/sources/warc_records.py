"""The records of a web archive (ISO 28500, WARC 1.0 and 1.1), each with what shows that it is whole.

A record is whole when its block has the length that its header says, is followed by the mark that ends a record, fits
the digest that it carries, and lies in a member with a right checksum. What is not whole is given as `Damage`, and
reading goes on behind it.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from groundup.catalogue.decompress import PIECE
from groundup.catalogue.limits import Broken, Refused
from groundup.corpus.sources.headers import fields, number
from groundup.corpus.sources.warc_bytes import MAGIC, ArchiveBytes, Place

# Servers refuse requests with lines of 8 to 64 kB, so no address is longer.
_LINE_LIMIT = 2**16
_MOST_HEADERS = 1_000
# Some writers put one too many between records.
_MOST_BLANK_LINES = 100
_END = b"\r\n\r\n"
# A digest spelt in another way is not verified, as one that is not there.
_HEXADECIMAL = string.hexdigits
# RFC 4648, 6, and the digits of the same values as int() reads them.
_BASE32 = string.ascii_letters + "234567"
_LETTERS = "0123456789abcdefghijklmnop"
_BASE32_DIGITS = str.maketrans(_BASE32, _LETTERS + _LETTERS + "qrstuv")
_ALGORITHMS = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512"})


@dataclass(frozen=True)
class Record:
    """One record. `length` counts the bytes of its block, and `block` is None where that is too large to be read."""

    place: Place
    headers: Mapping[str, str]
    length: int
    block: bytes | None

    @property
    def kind(self) -> str:
        """What the record says that it is, in lower case: `response`, `warcinfo`."""
        return self.headers["warc-type"].lower()


@dataclass(frozen=True)
class Damage:
    """A stretch of an archive that is no whole record."""

    place: Place
    reason: str
    """What was found, as the end of a sentence about the record."""
    rule: Literal["damaged", "digest"] = "damaged"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of the record, where they could be read."""
    is_packing: bool = False
    """Whether the compressed data is damaged, so that nothing more can be unpacked from this member."""


def read_records(data: ArchiveBytes, limit: int) -> Iterator[Record | Damage]:
    """All records from here on, and what is none, in order. Blocks of more than `limit` bytes are passed over."""
    while (found := read_record(data, limit)) is not None:
        yield found
        if isinstance(found, Record) or found.rule == "digest":
            continue  # The next record stands where it should.
        if not data.resume(found.place, is_packing_damaged=found.is_packing):
            return


def read_record(data: ArchiveBytes, limit: int) -> Record | Damage | None:
    """The next record; None at the end of the archive."""
    place = data.place
    headers: dict[str, str] = {}
    try:
        for _ in range(_MOST_BLANK_LINES):
            if not data.has_more():
                return None
            place = data.place
            if (first := data.line(_LINE_LIMIT)).strip():
                break
        if not first.startswith(MAGIC):
            raise _Misshapen(f"no record begins there, but: {first[:60]!r}")
        headers = fields(_headers(data))
        length = number(headers.get("content-length", ""))
        if length is None or not headers.get("warc-type"):
            raise _Misshapen("its headers do not say its type and length")
        block = _block(data, length) if length <= limit else None
        if block is None and (passed := data.skip(length)) < length:
            raise _Misshapen(_cut_block(length - passed, length))
        if not _has_ended(data):
            raise _Misshapen(f"its {length:,} bytes are not followed by the mark that ends a record")
    except _Misshapen as reason:
        return Damage(place, str(reason), headers=headers)
    except (Broken, Refused) as reason:
        return Damage(place, str(reason), headers=headers, is_packing=True)
    if block is not None and is_digest_of(headers.get("warc-block-digest", ""), block) is False:
        return Damage(place, "its block does not fit its WARC-Block-Digest", "digest", headers)
    return Record(place, headers, length, block)


def is_digest_of(digest: str, content: bytes) -> bool | None:
    """Whether `sha1:BASE32` and its like is the digest of the content; None where it cannot be read."""
    algorithm, _, value = digest.partition(":")
    algorithm = algorithm.strip().lower().replace("-", "")
    value = value.strip().rstrip("=")
    if algorithm not in _ALGORITHMS or not value.isascii():
        return None
    hashed = hashlib.new(algorithm, content, usedforsecurity=False).digest()
    bits = 8 * len(hashed)
    # As one number: hexadecimal has four bits a letter, base32 five, of which the last letter's last may be none.
    if len(value) == bits // 4 and not value.strip(_HEXADECIMAL):
        return int(value, 16) == int.from_bytes(hashed)
    if len(value) == -(-bits // 5) and not value.strip(_BASE32):
        return int(value.translate(_BASE32_DIGITS), 32) >> (len(value) * 5 - bits) == int.from_bytes(hashed)
    return None


class _Misshapen(Exception):  # noqa: N818  # a verdict; `read_record` makes a `Damage` of it
    """The bytes are there but are no whole record."""


def _headers(data: ArchiveBytes) -> bytes:
    if (block := data.take_through(_END, _LINE_LIMIT)) is not None:
        return block
    # They lie across two pieces, or end in another way.
    lines: list[bytes] = []
    for _ in range(_MOST_HEADERS):
        line = data.line(_LINE_LIMIT)
        if not line.endswith(b"\n"):
            raise _Misshapen(_cut("its headers") if len(line) < _LINE_LIMIT else "it has a header without an end")
        if not line.strip():
            return b"".join(lines)
        lines.append(line)
    raise _Misshapen(f"it has more than {_MOST_HEADERS:,} headers")


def _block(data: ArchiveBytes, length: int) -> bytes:
    parts = []
    missing = length
    while missing:
        part = data.read(min(missing, PIECE))
        if not part:
            raise _Misshapen(_cut_block(missing, length))
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _has_ended(data: ArchiveBytes) -> bool:
    """Whether the block that was just read is followed by the mark of a record's end.

    Writers that forget it are forgiven where a compressed member ends: its checksum says more than the mark.
    """
    mark = b""
    while len(mark) < len(_END):
        if not data.is_plain and data.has_ended_member():
            return _END.startswith(mark)
        part = data.read(len(_END) - len(mark))
        if not part:
            raise _Misshapen(_cut("the mark that ends a record"))
        mark += part
    # Here a member's checksum is seen, before its record is given away.
    return mark == _END and (data.is_plain or data.has_ended_member() or True)


def _cut_block(missing: int, length: int) -> str:
    return _cut(f"its block, {missing:,} of {length:,} bytes are missing")


def _cut(where: str) -> str:
    return f"the archive is cut short in {where}"
