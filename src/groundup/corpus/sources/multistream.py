"""Multistream dumps: many short bzip2 streams one after another, and an index that says which pages are in which.

Where a stream is damaged the others are whole, and the index tells what was lost by name
(https://en.wikipedia.org/wiki/Wikipedia:Database_download, "multistream").
"""

from __future__ import annotations

import bz2
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO

from groundup.corpus.sources.expand import ALWAYS_ALLOWED, LARGEST_RATIO, UnreadableError, read_lines

_PIECE = 2**16
_LONGEST_LINE = 10_000
# Dumps have 100 in each.
_MOST_PAGES = 10_000
_LINE = re.compile(rb"(\d{1,15}):(\d{1,15}):(.*)")


@dataclass(frozen=True)
class Stream:
    """One stream of a dump: where it begins and ends (None: with the file), and the id and title of each page."""

    start: int
    end: int | None
    pages: tuple[tuple[str, str], ...]


def index_beside(path: Path) -> Path | None:
    """The index of a multistream dump, if it lies beside it.

    `x-multistream1.xml-p1p9.bz2` has `x-multistream-index1.txt-p1p9.bz2`.
    """
    name = path.name
    if "-multistream" not in name or ".xml" not in name or not name.endswith(".bz2"):
        return None
    index = path.with_name(name.replace("-multistream", "-multistream-index", 1).replace(".xml", ".txt", 1))
    for candidate in (index, index.with_name(index.name.removesuffix(".bz2"))):
        if candidate.is_file():
            return candidate
    return None


def is_index(path: Path) -> bool:
    """Whether a file is the index of a dump, which has no text of its own."""
    return "-multistream-index" in path.name and ".txt" in path.name


def streams(index: Path) -> Iterator[Stream]:
    """The streams of a dump in order: first the one that holds no pages but the wiki's names.

    Raises UnreadableError for what is no index.
    """
    groups = groupby(_entries(index), lambda entry: entry[0])
    before = Stream(0, None, ())
    for start, entries in groups:
        if start < before.start or (start == before.start and before.pages):
            raise UnreadableError(f"its index goes back from byte {before.start:,} to byte {start:,}")
        pages = tuple((name, title) for _, name, title in islice(entries, _MOST_PAGES))
        if next(entries, None) is not None:
            raise UnreadableError(f"its index names more than {_MOST_PAGES:,} pages in the stream at byte {start:,}")
        if start:
            yield Stream(before.start, start, before.pages)
        before = Stream(start, None, pages)
    yield before


def stream_pieces(file: BinaryIO, stream: Stream) -> Iterator[bytes]:
    """The content of one stream, or of several in a row, in pieces. Raises UnreadableError where it is damaged."""
    file.seek(stream.start)
    left = stream.end - stream.start if stream.end is not None else None
    decoder = bz2.BZ2Decompressor()
    taken = given = 0
    data = b""
    while True:
        if not data and decoder.needs_input:
            data = file.read(_PIECE if left is None else min(_PIECE, left - taken))
            taken += len(data)
            if not data:
                raise UnreadableError(f"its stream at byte {stream.start:,} is cut short")
        try:
            piece = decoder.decompress(data, _PIECE)
        except (OSError, EOFError) as error:
            raise UnreadableError(f"its stream at byte {stream.start:,} is damaged ({error})") from error
        data = b""
        given += len(piece)
        if given > ALWAYS_ALLOWED and given > LARGEST_RATIO * taken:
            raise UnreadableError(f"it unpacks to more than {LARGEST_RATIO} times its size, as bombs do")
        if piece:
            yield piece
        if decoder.eof:
            data = decoder.unused_data or file.read(_PIECE if left is None else min(_PIECE, left - taken))
            taken += len(data) if not decoder.unused_data else 0
            if not data:
                return
            decoder = bz2.BZ2Decompressor()


def _entries(index: Path) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(read_lines(index, _LONGEST_LINE), 1):
        found = _LINE.fullmatch(line)
        if found is None:
            shown = line[:80].decode("utf-8", "replace")
            raise UnreadableError(f"line {number:,} of its index {index.name} is not OFFSET:ID:TITLE but {shown!r}")
        yield int(found[1]), found[2].decode(), found[3].decode("utf-8", "replace")
