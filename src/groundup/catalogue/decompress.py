"""gzip, bzip2 and xz as a stream of small pieces that stops at a limit.

113 bytes of bzip2 unpack to 100 MiB, so the decoder is always told how much it may hand out at once, and the
sum is held against the limit before the next piece is asked for.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from groundup.catalogue.limits import Broken, Limits, Refused

PIECE = 64 * 2**10


class Decoder(Protocol):
    """What bz2 and lzma decoders have in common; `_Gzip` gives zlib the same shape."""

    @property
    def eof(self) -> bool:
        """Whether the end of the compressed stream was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether more output needs more input first."""

    @property
    def unused_data(self) -> bytes:
        """What followed the end of the compressed stream."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes of output; keeps input that it did not use."""


class _Gzip:
    def __init__(self) -> None:
        self.stream = zlib.decompressobj(wbits=31)  # 31: gzip header and checksum, window of 32 kB
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self.stream.eof

    @property
    def unused_data(self) -> bytes:
        return self.stream.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        piece = self.stream.decompress(self.stream.unconsumed_tail + data, max_length)
        # A full piece may leave more output inside zlib although all input is used up.
        self.needs_input = not self.stream.unconsumed_tail and len(piece) < max_length
        return piece


def _decoders(limits: Limits) -> dict[bytes, Callable[[], Decoder]]:
    """By the first bytes of the file: names lie, and an archive inside another may have any name."""
    return {
        b"\x1f\x8b": _Gzip,
        b"BZh": bz2.BZ2Decompressor,
        b"\xfd7zXZ\0": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=limits.xz_memory),
    }


class Stream:
    """Bytes that come in pieces, read forwards; `limits.total_bytes` bounds them all."""

    def __init__(self, pieces: Iterator[bytes], limits: Limits) -> None:
        self._pieces = pieces
        self._limits = limits
        self._total = 0
        self._rest = b""

    def read(self, size: int) -> bytes:
        """The next bytes: one to `size` of them, or none at the end."""
        if not self._rest:
            self._rest = next(self._pieces, b"")
            self._total += len(self._rest)
            if self._total > self._limits.total_bytes:
                raise Refused(f"it unpacks to more than {self._limits.total_bytes / 2**20:,.0f} MiB")
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def read_exactly(self, size: int) -> bytes:
        """The next `size` bytes, or `Broken` where the file ends before. Only for small sizes."""
        parts = []
        missing = size
        while missing:
            part = self.read(missing)
            if not part:
                raise Broken("it ends in the middle of a member")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        while size:
            size -= len(self.read_exactly(min(size, PIECE)))


class Unpacked(Stream):
    """The decompressed bytes of a file."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        start = file.read(6)
        file.seek(0)
        decoders = _decoders(limits)
        make = next((decoders[magic] for magic in decoders if start.startswith(magic)), None)
        super().__init__(_plain(file) if make is None else _decoded(file, make, limits), limits)


def _plain(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _decoded(file: BinaryIO, make: Callable[[], Decoder], limits: Limits) -> Iterator[bytes]:
    decoder = make()
    streams = 1
    data = file.read(PIECE)
    try:
        while True:
            piece = decoder.decompress(data, PIECE)
            if piece:
                yield piece
            data = b""
            if decoder.eof:
                # The formats allow several streams one after another, and zeros to fill up a block.
                data = (decoder.unused_data or file.read(PIECE)).lstrip(b"\0")
                while not data and (more := file.read(PIECE)):
                    data = more.lstrip(b"\0")
                if not data:
                    return
                streams += 1
                if streams > limits.entries:
                    raise Refused(f"it is made of more than {limits.entries:,} compressed streams")
                decoder = make()
            elif decoder.needs_input:
                data = file.read(PIECE)
                if not data:
                    raise Broken("its compressed data is cut short")
    except lzma.LZMAError as error:
        if "limit" in str(error).lower():
            raise Refused("its xz decoder would need too much memory") from error
        raise Broken(f"its compressed data is damaged ({error})") from error
    except (zlib.error, OSError, EOFError) as error:
        raise Broken(f"its compressed data is damaged ({error})") from error
