"""The bytes of a web archive, unpacked, with the places they come from; and how to go on after damaged ones.

An archive is plain, or made of gzip members or zstd frames, commonly one a record, so that a record can be read by
its offset alone. FastWARC 2.0 and warcio 1.8 read half of such a file as a whole one, end at the first damaged member,
and unpack whatever a member claims to hold. So the members are opened here: each ends with its checksum verified or in
`Broken`, and none unpacks to more than texts do.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol, TypeAlias

from groundup.catalogue.decompress import PIECE
from groundup.catalogue.limits import Broken, Refused
from groundup.corpus.sources import zstd
from groundup.corpus.sources.expand import ALWAYS_ALLOWED, LARGEST_RATIO

# How every record begins, in all versions of the format.
MAGIC = b"WARC/"
# Behind damage it is looked for at the beginning of a line, even where the end of the line before is what was damaged.
_NEXT_RECORD = re.compile(rb"(?:\n|\r\n\r.)WARC/", re.DOTALL)
_LONGEST_BEFORE = 4

# About what one page packs to: what follows the end of a member is copied, so larger bites cost more than they save.
_GZIP_BITE = 16 * 2**10
# RFC 1952: method 8 is the only one, three flags are reserved, the tenth byte names one of 14 systems or none.
_GZIP_BEGINNING = re.compile(rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]", re.DOTALL)

_ZSTD_BEGINNING = re.compile(re.escape(zstd.BEGINNING))
# RFC 8878, 3.1.2: frames to be skipped. IIPC's zstd specification for WARC puts a dictionary for all others into one.
_ZSTD_SKIPPED = frozenset(bytes((low, 0x2A, 0x4D, 0x18)) for low in range(0x50, 0x60))
_ZSTD_DICTIONARY = b"\x5d\x2a\x4d\x18"
_LARGEST_DICTIONARY = 8 * 2**20

_OVERLAP = 10  # The longest of the beginnings.


@dataclass(frozen=True, order=True)
class Place:
    """Where a byte lies: `offset` in the file is that of its member, `inside` counts the member's unpacked bytes.

    In a plain archive every byte is counted in the file, and `inside` is 0.
    """

    offset: int
    inside: int = 0

    def __str__(self) -> str:
        return f"{self.offset}+{self.inside}" if self.inside else str(self.offset)


_Piece: TypeAlias = tuple[Place, bytes]
"""Unpacked bytes and where the first of them lies; without bytes, the end of a member whose checksum was right."""


@dataclass(frozen=True)
class _Packing:
    """How one kind of archive is opened at an offset, and what its members begin with."""

    pieces: Callable[[int], Iterator[_Piece]]
    beginning: re.Pattern[bytes]
    is_plain: bool = False


class ArchiveBytes:
    """The unpacked bytes of an open archive from `start` on, read forwards; what is damaged raises Broken or Refused.

    After that, `resume` finds the next place where a record may begin. It goes back for it, but all in all not much
    further than the file is long: an archive whose every record claims the rest of the file must not take a year.
    """

    def __init__(self, file: BinaryIO, name: str, start: int = 0) -> None:
        self._file = file
        self.size = file.seek(0, 2)
        self._packing = _packing(file, name)
        self._went_back = 0
        self._pieces = self._packing.pieces(start)
        # The piece at hand, where it begins, and how much of it was given away.
        self._piece, self._place, self._used = b"", Place(start), 0

    @property
    def is_plain(self) -> bool:
        """Whether the archive is not compressed."""
        return self._packing.is_plain

    @property
    def place(self) -> Place:
        """Where the next byte lies."""
        return self._at(self._used)

    def has_more(self) -> bool:
        """Whether there is a next byte."""
        while self._used == len(self._piece):
            if not self._advance():
                return False
        return True

    def read(self, size: int) -> bytes:
        """The next bytes: one to `size` of them, or none at the end."""
        if not self.has_more():
            return b""
        taken = self._piece[self._used : self._used + size]
        self._used += len(taken)
        return taken

    def line(self, limit: int) -> bytes:
        """The next line with its end, but not more than `limit` bytes; the last of an archive may lack its end."""
        parts: list[bytes] = []
        left = limit
        while left and self.has_more():
            end = self._piece.find(b"\n", self._used, self._used + left) + 1
            part = self._piece[self._used : end or self._used + left]
            self._used += len(part)
            left -= len(part)
            parts.append(part)
            if end:
                break
        return b"".join(parts)

    def take_through(self, mark: bytes, limit: int) -> bytes | None:
        """The bytes up to `mark` and with it, where they are at hand and at most `limit`; None elsewhere."""
        end = self._piece.find(mark, self._used, self._used + limit)
        if end < 0:
            return None
        start, self._used = self._used, end + len(mark)
        return self._piece[start : self._used]

    def skip(self, size: int) -> int:
        """Pass over `size` bytes; returns how many there were."""
        if self.is_plain and size > len(self._piece) - self._used:
            here = self.place.offset
            there = min(here + size, self.size)
            self._go_to(Place(there))
            return there - here
        left = size
        while left and (taken := self.read(min(left, PIECE))):
            left -= len(taken)
        return size - left

    def has_ended_member(self) -> bool:
        """Whether a member ends here, which is then known to be whole. A plain archive ends with its file only.

        Nothing behind the end is looked at: the next member's damage is not this record's.
        """
        while self._used == len(self._piece):
            if not self._advance() or not self._piece:
                return True
        return False

    def resume(self, after: Place, *, is_packing_damaged: bool) -> bool:
        """Go on at the first record behind the one at `after`; False where there is none.

        It is looked for in the unpacked bytes, or, where these are damaged, from member to member in the file.
        """
        way = max(0, self.place.offset - after.offset) + after.inside
        may_go_back = self._went_back + way <= max(ALWAYS_ALLOWED, 2 * self.size)
        if may_go_back:
            self._went_back += way
        start = after.offset if may_go_back else max(after.offset, self._file.tell() - _OVERLAP)
        if not is_packing_damaged:
            try:
                if may_go_back:
                    self._go_to(Place(after.offset))
                    self.skip(after.inside + 1)
                return self._find_in_bytes()
            except (Broken, Refused):
                start = max(start, self.place.offset)
        return self._find_in_file(start + 1)

    def _find_in_bytes(self) -> bool:
        """Go to the next line, or member, that begins as records do."""
        while self.has_more():
            starts_member = not self.is_plain and self._used == 0 and self._place.inside == 0
            if starts_member and self._piece.startswith(MAGIC):
                return True
            if found := _NEXT_RECORD.search(self._piece, self._used):
                self._used = found.end() - len(MAGIC)
                return True
            # The mark may lie across two pieces, which are then put together.
            start = max(self._used, len(self._piece) - len(MAGIC) - _LONGEST_BEFORE)
            tail, place = self._piece[start:], self._at(start)
            self._used = len(self._piece)
            if self.has_more() and (self.is_plain or self._place.offset == place.offset):
                self._place, self._piece = place, tail + self._piece
        return False

    def _find_in_file(self, start: int) -> bool:
        """Go to the next member from `start` on that holds what begins as records do."""
        while (found := self._find(self._packing.beginning, start)) >= 0:
            try:
                self._go_to(Place(found))
                if self.read(len(MAGIC)) == MAGIC:
                    self._go_to(Place(found))
                    return True
            except (Broken, Refused):
                pass
            start = found + 1
        return False

    def _find(self, mark: re.Pattern[bytes], start: int) -> int:
        self._file.seek(start)
        kept = b""
        while data := self._file.read(PIECE):
            window = kept + data
            if found := mark.search(window):
                return start - len(kept) + found.start()
            start += len(data)
            kept = window[-_OVERLAP:]
        return -1

    def _go_to(self, place: Place) -> None:
        self._pieces = self._packing.pieces(place.offset)
        self._place, self._piece, self._used = place, b"", 0

    def _at(self, used: int) -> Place:
        offset, inside = self._place.offset, self._place.inside
        return Place(offset + used) if self.is_plain else Place(offset, inside + used)

    def _advance(self) -> bool:
        """Take the next piece, which may be empty; False at the end of the archive."""
        following = next(self._pieces, None)
        if following is None:
            return False
        self._place, self._piece = following
        self._used = 0
        return True


def _packing(file: BinaryIO, name: str) -> _Packing:
    """How an archive is packed, by its first bytes, since names lie; by its name where these bytes are damaged."""
    file.seek(0)
    start = file.read(len(MAGIC))
    is_known = start == MAGIC or start[:2] == b"\x1f\x8b" or _ZSTD_BEGINNING.match(start) or start[:4] in _ZSTD_SKIPPED
    if not is_known:
        start = {".gz": b"\x1f\x8b", ".zst": zstd.BEGINNING}.get(name[name.rfind(".") :].lower(), MAGIC)
    if start.startswith(b"\x1f\x8b"):
        return _Packing(lambda offset: _members(file, offset, _GZIP_BITE, _Gzip, "gzip member"), _GZIP_BEGINNING)
    if _ZSTD_BEGINNING.match(start) or start[:4] in _ZSTD_SKIPPED:
        return _zstd(file)
    return _Packing(lambda offset: _plain(file, offset), re.compile(MAGIC), is_plain=True)


def _plain(file: BinaryIO, offset: int) -> Iterator[_Piece]:
    file.seek(offset)
    while data := file.read(PIECE):
        yield Place(offset), data
        offset += len(data)


class _Decoder(Protocol):
    """What opens one member."""

    @property
    def has_ended(self) -> bool: ...

    @property
    def rest(self) -> bytes:
        """What was given beyond the member's end."""

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """All that comes out of the next bytes, in small pieces. Raises Broken."""


def _members(file: BinaryIO, offset: int, bite: int, make: Callable[[], _Decoder], name: str) -> Iterator[_Piece]:
    """The members from `offset` on, each followed by an empty piece at the place behind it."""
    file.seek(offset)
    read = offset  # How far the file was read.
    data = b""
    while True:
        # Zeros between members fill up blocks of tapes.
        while not (data := data.lstrip(b"\0")):
            data = file.read(bite)
            read += len(data)
            if not data:
                return
        offset = read - len(data)
        decoder = make()
        unpacked = 0
        while True:
            try:
                for piece in decoder.unpack(data):
                    if unpacked + len(piece) > max(ALWAYS_ALLOWED, LARGEST_RATIO * (read - offset)):
                        raise Refused(f"the {name} unpacks to more than {LARGEST_RATIO} times its size, as bombs do")
                    yield Place(offset, unpacked), piece
                    unpacked += len(piece)
            except Broken as reason:
                raise Broken(f"the {name} is damaged ({reason})") from reason
            if decoder.has_ended:
                break
            data = file.read(bite)
            read += len(data)
            if not data:
                raise Broken(f"the file is cut short inside the {name}")
        data = decoder.rest
        yield Place(read - len(data)), b""


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)  # 31: gzip header and checksum, window of 32 kB

    @property
    def has_ended(self) -> bool:
        return self._stream.eof

    @property
    def rest(self) -> bytes:
        return self._stream.unused_data

    def unpack(self, data: bytes) -> Iterator[bytes]:
        try:
            while True:
                piece = self._stream.decompress(data, PIECE)
                if piece:
                    yield piece
                # At the end what is left is in both `unused_data` and `unconsumed_tail`: asking on would never end.
                if self._stream.eof:
                    return
                data = self._stream.unconsumed_tail
                # A full piece may leave more inside zlib although all input is used up.
                if not data and len(piece) < PIECE:
                    return
        except zlib.error as error:
            raise Broken(str(error)) from error


def _zstd(file: BinaryIO) -> _Packing:
    import zstandard

    words = _dictionary(file)
    given = zstandard.ZstdCompressionDict(words) if words else None
    decompressor = zstandard.ZstdDecompressor(dict_data=given, max_window_size=zstd.LONG_WINDOW)
    return _Packing(
        lambda offset: _members(file, offset, zstd.BITE, lambda: _Zstd(decompressor), "zstd frame"), _ZSTD_BEGINNING
    )


def _dictionary(file: BinaryIO) -> bytes:
    """The dictionary that the archive begins with, b"" where it has none. Raises Broken."""
    import zstandard

    file.seek(0)
    start = file.read(8)
    if not start.startswith(_ZSTD_DICTIONARY):
        return b""
    length = int.from_bytes(start[4:], "little")
    if length > _LARGEST_DICTIONARY:
        raise Broken(f"its dictionary claims {length:,} bytes")
    words = file.read(length)
    if not _ZSTD_BEGINNING.match(words):
        return words
    try:
        return zstandard.ZstdDecompressor().decompress(words, max_output_size=_LARGEST_DICTIONARY)
    except zstandard.ZstdError as error:
        raise Broken(f"its dictionary is damaged ({error})") from error


class _Zstd:
    """One frame; those that are to be skipped end where they say."""

    def __init__(self, decompressor: Any) -> None:
        self._stream = decompressor.decompressobj()
        self._start: bytes | None = b""
        self._to_skip = 0
        self._is_skipped = False
        self._skipped_rest = b""

    @property
    def has_ended(self) -> bool:
        return self._to_skip == 0 if self._is_skipped else bool(self._stream.eof)

    @property
    def rest(self) -> bytes:
        return self._skipped_rest if self._is_skipped else bytes(self._stream.unused_data)

    def unpack(self, data: bytes) -> Iterator[bytes]:
        import zstandard

        if self._start is not None:
            data = self._start + data
            if len(data) < 8:  # A skipped frame's mark and length; no other frame is shorter.
                self._start = data
                return
            self._start = None
            self._is_skipped = data[:4] in _ZSTD_SKIPPED
            self._to_skip = 8 + int.from_bytes(data[4:8], "little")
        if self._is_skipped:
            passed = min(len(data), self._to_skip)
            self._to_skip -= passed
            self._skipped_rest = data[passed:]
            return
        try:
            if piece := self._stream.decompress(data):
                yield piece
        except zstandard.ZstdError as error:
            raise Broken(str(error)) from error
