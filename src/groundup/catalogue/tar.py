"""Read a tar forwards, member by member, believing nothing it says.

Python's `tarfile` takes a whole extended header into memory, of whatever size it claims, and follows twenty
years of dialects. A collection of texts needs files and folders with long names, and that is all this reads:
POSIX.1-2001 (ustar and pax) and GNU long names. Links, devices, sparse files and the rest are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from groundup.catalogue.decompress import PIECE, Stream
from groundup.catalogue.limits import Broken, Limits, Refused

BLOCK = 512
FILE_KINDS = (b"0", b"\0")
FOLDER = b"5"
FORBIDDEN_KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a named pipe",
    b"7": "a reserved kind of file",
    b"S": "a sparse file",
}


@dataclass(frozen=True)
class Member:
    """One file or folder (its name ends in "/") of an archive; `pieces` is good until the next one."""

    name: str
    size: int
    pieces: Iterator[bytes]


def tar_members(stream: Stream, limits: Limits, *, is_marked: bool = False) -> Iterator[Member]:
    """The files and folders of a tar, in order. With `is_marked`, one that lacks the mark of its end is cut short."""
    extended: dict[str, str] = {}
    entries = 0
    while any(header := _header(stream, is_marked)):
        entries += 1
        # Headers that only prepare a member count too, or an endless chain of them would never end.
        if entries > 2 * limits.entries:
            raise Refused(f"it has more than {limits.entries:,} members")
        kind = header[156:157]
        size = _number(header[124:136])
        if kind in (b"x", b"g", b"L", b"K"):
            if size > limits.header_bytes:
                raise Refused(f"it has an extended header of {size:,} bytes")
            body = stream.read_exactly(size)
            stream.skip(-size % BLOCK)
            if kind == b"x":
                extended |= _pax(body)
            elif kind == b"L":
                extended["path"] = body.rstrip(b"\0").decode("utf-8", "surrogateescape")
            continue
        name = extended.get("path") or _name(header)
        if "size" in extended:
            size = _decimal(extended["size"])
        if any(key.startswith("GNU.sparse") for key in extended):
            raise Refused(f"its member {name[:100]!r} is a sparse file")
        extended = {}
        if kind in FORBIDDEN_KINDS or kind not in (*FILE_KINDS, FOLDER):
            what = FORBIDDEN_KINDS.get(kind, f"of the unknown kind {kind!r}")
            raise Refused(f"its member {name[:100]!r} is {what}")
        if size > limits.total_bytes:
            raise Refused(f"its member {name[:100]!r} claims {size / 2**20:,.0f} MiB")
        body_left = _Body(stream, size)
        # Old tars mark a folder by a slash at the end alone.
        is_folder = kind == FOLDER or name.endswith("/")
        yield Member(name.rstrip("/") + "/" if is_folder else name, size, body_left.pieces())
        stream.skip(body_left.left + -size % BLOCK)


class _Body:
    """The bytes of one member that are still to come."""

    def __init__(self, stream: Stream, size: int) -> None:
        self.stream = stream
        self.left = size

    def pieces(self) -> Iterator[bytes]:
        while self.left:
            piece = self.stream.read(min(self.left, PIECE))
            if not piece:
                raise Broken("it ends in the middle of a member")
            self.left -= len(piece)
            yield piece


def _header(stream: Stream, is_marked: bool) -> bytes:
    """The next header block; at the end the zeros that mark it, or nothing where the mark may be missing."""
    first = stream.read(BLOCK)
    if not first:
        if is_marked:
            raise Broken("it ends without the mark of its end, so it may be cut short")
        return b""
    block = first + stream.read_exactly(BLOCK - len(first))
    if not any(block):
        return block
    # The checksum counts its own field as spaces (POSIX.1-2001, pax, ustar interchange format).
    if sum(block) - sum(block[148:156]) + 8 * ord(" ") != _number(block[148:156]):
        raise Broken("it is no tar, or a header of it is damaged")
    return block


def _name(header: bytes) -> str:
    name = header[:100].split(b"\0", 1)[0]
    # Only POSIX headers have a prefix; GNU's put other things there.
    if header[257:263] == b"ustar\0" and header[345]:
        name = header[345:500].split(b"\0", 1)[0] + b"/" + name
    return name.decode("utf-8", "surrogateescape")


def _number(field: bytes) -> int:
    """Octal digits, or GNU's base 256 for sizes over 8 GB."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if digits.strip(b"01234567"):
        raise Broken("it is no tar, or a header of it is damaged")
    return int(digits or b"0", 8)


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Broken(f"an extended header gives the size {text[:20]!r}")
    return int(text)


def _pax(body: bytes) -> dict[str, str]:
    """Records `LENGTH KEY=VALUE`, each a line whose length counts all of it."""
    records: dict[str, str] = {}
    while body:
        length, space, _ = body[:12].partition(b" ")
        if not (space and length.isdigit() and len(length) < int(length) <= len(body)):
            raise Broken("an extended header is damaged")
        record, body = body[len(length) + 1 : int(length)], body[int(length) :]
        key, equals, value = record.partition(b"=")
        if not equals or not value.endswith(b"\n"):
            raise Broken("an extended header is damaged")
        records[key.decode("utf-8", "replace")] = value[:-1].decode("utf-8", "surrogateescape")
    return records
