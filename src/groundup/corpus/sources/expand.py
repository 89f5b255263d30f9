"""The bytes of a file, unpacked on the way if its name says that it is compressed.

113 bytes of bzip2 unpack to 100 MiB, so output comes in small pieces and is held against what went in; and a
file that ends in the middle is an error with the place, never a shorter text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from groundup.catalogue.decompress import PIECE, Unpacked
from groundup.catalogue.limits import Broken, Limits, Refused
from groundup.corpus.sources import zstd

COMPRESSED = (".gz", ".zst", ".xz", ".bz2")
# Endings that stand for two.
_SHORT = {".tgz": ".gz"}

# Honest text packs 2 to 30 times, logs up to 100. Below 16 MiB nobody is hurt, so a page of blanks may pass.
LARGEST_RATIO = 200
ALWAYS_ALLOWED = 16 * 2**20


class UnreadableError(Exception):
    """A file that cannot be read to its end; the message is a sentence without the file's name."""


def read_pieces(path: Path) -> Iterator[bytes]:
    """The content of a file in pieces, unpacked where its name ends in .gz, .zst, .xz or .bz2.

    Raises UnreadableError where it is cut short, damaged, or a bomb, saying how far it could be read.
    """
    suffix = path.suffix.lower()
    suffix = _SHORT.get(suffix, suffix)
    done = 0
    try:
        with path.open("rb") as file:
            for piece in _pieces(file, suffix):
                done += len(piece)
                if done > ALWAYS_ALLOWED and done > LARGEST_RATIO * file.tell() and suffix in COMPRESSED:
                    raise UnreadableError(
                        f"it unpacks to more than {LARGEST_RATIO} times its size, as bombs do and texts do not"
                    )
                yield piece
    except (Broken, Refused) as reason:
        raise UnreadableError(f"{reason}, after {done:,} good bytes") from reason
    except OSError as error:
        raise UnreadableError(f"it cannot be opened ({error.strerror})") from error


def read_whole(path: Path, limit: int) -> bytes:
    """The whole content of a file of at most `limit` bytes (after unpacking). Raises UnreadableError."""
    pieces = []
    done = 0
    for piece in read_pieces(path):
        done += len(piece)
        if done > limit:
            raise UnreadableError(f"it has more than {limit / 1e6:,.0f} million bytes (`largest_document`)")
        pieces.append(piece)
    return b"".join(pieces)


def read_lines(path: Path, limit: int) -> Iterator[bytes]:
    """The lines of a file without their ends, each of at most `limit` bytes. Raises UnreadableError."""
    return lines(read_pieces(path), limit)


def lines(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """The lines of what comes in pieces, as `read_lines` gives them."""
    waiting: list[bytes] = []
    length = 0
    for piece in pieces:
        first, *rest = piece.split(b"\n")
        waiting.append(first)
        length += len(first)
        if length > limit:
            raise UnreadableError(f"it has a line of more than {limit / 1e6:,.0f} million bytes (`largest_document`)")
        for part in rest:
            yield b"".join(waiting)
            waiting, length = [part], len(part)
    if length:
        yield b"".join(waiting)


def _pieces(file: BinaryIO, suffix: str) -> Iterator[bytes]:
    if suffix == ".zst":
        # By bites here too: what was taken of the file bounds what may come out.
        yield from zstd.unpacked(iter(lambda: file.read(zstd.BITE), b""), zstd.LONG_WINDOW)
    elif suffix in COMPRESSED:
        # The ratio bounds the output; gzip, bzip2 and xz are told apart by their first bytes. A dump of Wikipedia is
        # made of 240,000 bzip2 streams, one after another.
        unpacked = Unpacked(file, Limits(total_bytes=2**62, entries=2**62))
        while piece := unpacked.read(PIECE):
            yield piece
    else:
        while piece := file.read(PIECE):
            yield piece
