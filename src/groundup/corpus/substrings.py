"""Passages that stand word for word in more than one place: every place but the first is cut (arXiv 2107.06499).

All texts are put in a row and their suffixes sorted, so that equal passages lie side by side (libdivsufsort, by
pydivsufsort). A passage goes if the same `minimum` units stand wholly before it, in an earlier document or in its own;
longer passages are many such, one unit further each. What is cut depends on the texts and their order alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy
from numpy.lib import format as npy
from numpy.typing import NDArray

from groundup.corpus.document import Change, sample
from groundup.corpus.memory import require_memory
from groundup.corpus.substring_settings import SubstringSettings
from groundup.corpus.whole import whole_or_absent
from groundup.errors import DamagedError, GroundupError

Bytes = NDArray[numpy.uint8]
Places = NDArray[numpy.int32]

FILE = "repeats.npy"
# One row for each passage to cut. `document`, `start` and `end` (in characters) say where it stands, `original` in
# which document its beginning stood first.
REPEAT = numpy.dtype([("document", "<i8"), ("start", "<i8"), ("end", "<i8"), ("original", "<i8")])

# No byte of UTF-8.
_BETWEEN = 0xFF
# Places in a text are 4 bytes wide.
LARGEST = 2**31 - 2
# Text, suffixes, windows, links and first places; while common prefixes are measured, a little less.
_BYTES_A_BYTE = 15
_BASE = 64_000_000
_AT_ONCE = 1_000_000


def estimate(text_bytes: int, documents: int) -> int:
    """The most bytes of memory that `find_repeats` takes for so many bytes of UTF-8 in so many documents."""
    return _BASE + _BYTES_A_BYTE * (text_bytes + documents) + 16 * documents


class Repeats:
    """The passages to cut, in the order of the documents; rows of `REPEAT` on disk."""

    def __init__(self, rows: NDArray[Any]) -> None:
        self.rows = rows

    @staticmethod
    def open(folder: Path) -> Repeats:
        """What was found into `folder`. Raises DamagedError where the file is not whole."""
        path = folder / FILE
        try:
            return Repeats(numpy.load(path, allow_pickle=False, mmap_mode="r"))
        except (OSError, ValueError, EOFError) as error:
            raise DamagedError(
                f"The file {path} is damaged ({error}).", "Delete the folder that holds it and start again."
            ) from error

    def of(self, document: int) -> list[Span]:
        """The passages to cut from the document with this number."""
        begin, end = numpy.searchsorted(self.rows["document"], [document, document + 1])
        return [Span(start, stop, original) for _, start, stop, original in self.rows[begin:end].tolist()]


@dataclass(frozen=True)
class Span:
    """A passage from character `start` to before `end`; it stood first in the document numbered `original`."""

    start: int
    end: int
    original: int


def find_repeats(
    texts: Iterable[str],
    text_bytes: int,
    documents: int,
    settings: SubstringSettings,
    into: Path,
    allowed: int | None = None,
) -> Repeats:
    """Find what stands again of `texts`, so many documents in order and `text_bytes` long in UTF-8 (or less).

    The folder `into` is whole or absent; one that is there is taken as it is. Raises GroundupError before it
    starts where that needs more memory than `allowed` bytes or than there is, or where the texts are too long.
    """
    if into.exists():
        return Repeats.open(into)
    remedy = "Look for substrings in each part of the corpus by itself, or after the other duplicates are gone."
    if text_bytes > LARGEST:
        raise GroundupError(
            f"Substrings are found in at most {LARGEST / 1e6:,.0f} MB of text; there are {text_bytes / 1e6:,.0f}.",
            remedy,
        )
    work = f"Looking for repeated passages in {text_bytes / 1e6:,.1f} MB of text"
    require_memory(estimate(text_bytes, documents), allowed, work, remedy)
    row, begins = _in_a_row(texts, text_bytes)
    with whole_or_absent(into, is_alone=True) as folder:
        found = list(_spans(row, begins, settings))
        rows = numpy.concatenate([numpy.empty(0, REPEAT), *found])
        with (folder / FILE).open("wb") as file:
            header = {"descr": npy.dtype_to_descr(REPEAT), "fortran_order": False, "shape": rows.shape}
            npy.write_array_header_1_0(file, header)
            rows.tofile(file)
    return Repeats.open(into)


def repeats(texts: Sequence[str], settings: SubstringSettings) -> list[list[Span]]:
    """`find_repeats` for texts in memory: the passages to cut of each."""
    row, begins = _in_a_row(texts, sum(len(text.encode()) for text in texts))
    found = Repeats(numpy.concatenate([numpy.empty(0, REPEAT), *_spans(row, begins, settings)]))
    return [found.of(document) for document in range(len(texts))]


def without(
    text: str, spans: Sequence[Span], settings: SubstringSettings, name: Callable[[int], str] = str
) -> tuple[str, Change | None]:
    """The text without these passages, and the change that this is; None where there are none.

    The change's value is the length of the longest passage in characters, its sample the beginning of that, and
    its cluster what `name` makes of the number of the document where that stood first.
    """
    if not spans:
        return text, None
    kept = []
    at = 0
    for span in spans:
        kept.append(text[at : span.start])
        at = span.end
    left = "".join([*kept, text[at:]])
    longest = max(spans, key=lambda span: (span.end - span.start, -span.start))
    change = Change(
        "duplicates",
        "repeated passages",
        "cut",
        len(text),
        len(left),
        float(longest.end - longest.start),
        float(settings.minimum),
        sample(text[longest.start : longest.end].strip()),
        cluster=name(longest.original),
    )
    return left, change


def _in_a_row(texts: Iterable[str], text_bytes: int) -> tuple[Bytes, NDArray[numpy.int64]]:
    """All texts with a byte between them, and where each begins; at the end, where one more would."""
    begins = [0]
    row = bytearray()
    for text in texts:
        row += text.encode()
        row.append(_BETWEEN)
        begins.append(len(row))
        assert len(row) - (len(begins) - 1) <= text_bytes, "the texts are longer than was said"
    if len(row) > LARGEST:
        raise GroundupError(
            f"Substrings are found in at most {LARGEST / 1e6:,.0f} MB of text.", "Take fewer documents."
        )
    return numpy.frombuffer(row, numpy.uint8), numpy.array(begins, numpy.int64)


def _spans(row: Bytes, begins: NDArray[numpy.int64], settings: SubstringSettings) -> Iterator[NDArray[Any]]:
    """Rows of `REPEAT`, a document at a time."""
    if len(row) == 0:
        return
    first, needed = _first_places(row, begins, settings)
    for document, (begin, end) in enumerate(pairwise(begins.tolist())):
        at = begin
        characters = 0
        found = []
        for start, stop in _passages(first, needed, begin, end):
            characters += _characters(row[at:start])
            length = _characters(row[start:stop])
            original = int(numpy.searchsorted(begins, first[start], "right")) - 1
            found.append((document, characters, characters + length, original))
            characters += length
            at = stop
        if found:
            yield numpy.array(found, REPEAT)


def _characters(piece: Bytes) -> int:
    return int(numpy.count_nonzero((piece & 0xC0) != 0x80))


def _passages(first: Places, needed: Places, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Stretches of bytes of one document that are to go: windows that overlap or touch are one."""
    start = stop = -1
    for at in range(begin, end, _AT_ONCE):
        again = numpy.flatnonzero(first[at : min(end, at + _AT_ONCE)] >= 0) + at
        if not len(again):
            continue
        # Ends ascend as starts do, so only the end before tells whether there is a gap.
        stops = again + needed[again]
        gaps = numpy.flatnonzero(again[1:] > stops[:-1])
        opens = again[numpy.append(0, gaps + 1)].tolist()
        closes = stops[numpy.append(gaps, len(stops) - 1)].tolist()
        for opening, closing in zip(opens, closes, strict=True):
            if opening <= stop:
                stop = closing
                continue
            if start >= 0:
                yield start, stop
            start, stop = opening, closing
    if start >= 0:
        yield start, stop


def _needed(row: Bytes, begins: NDArray[numpy.int64], settings: SubstringSettings) -> Places:
    """[bytes] How many bytes from each character on are `minimum` units in whole characters.

    More than there can be, where the document ends before that and within a character.
    """
    needed = numpy.full(len(row), len(row) + 1, numpy.int32)
    for begin, end in pairwise(begins.tolist()):
        for at in range(begin, end, _AT_ONCE):
            # A character has at most four bytes. The byte between two texts counts as one: there the last one ends.
            some = row[at : min(end, at + _AT_ONCE + 4 * settings.minimum)]
            starts = numpy.flatnonzero((some & 0xC0) != 0x80)
            if settings.unit == "characters":
                stops = starts[settings.minimum :]
            else:
                places = numpy.searchsorted(starts, starts + settings.minimum)
                stops = starts[places[places < len(starts)]]
            starts = starts[: len(stops)]
            needed[at + starts] = stops - starts
    return needed


def _first_places(row: Bytes, begins: NDArray[numpy.int64], settings: SubstringSettings) -> tuple[Places, Places]:
    """[bytes] Where the window from each byte on stands for the first time, if wholly before it, else -1.

    The second array is the length of each window, as `_needed` tells it.
    """
    from pydivsufsort import divsufsort, kasai

    suffixes = divsufsort(row)
    common = kasai(row, suffixes)
    needed = _needed(row, begins, settings)
    # Whether a suffix and the next begin with the same window.
    is_linked = numpy.empty(len(row), numpy.bool_)
    for start in range(0, len(row), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        is_linked[some] = common[some] >= needed[suffixes[some]]
    is_linked[-1] = False
    del common
    first = numpy.full(len(row), -1, numpy.int32)
    for start, stop in _stretches(is_linked):
        if stop - start > _AT_ONCE:
            lowest = suffixes[start:stop].min()
            for at in range(start, stop, _AT_ONCE):
                places = suffixes[at : min(stop, at + _AT_ONCE)]
                _mark(first, needed, places, numpy.full(len(places), lowest))
            continue
        links = is_linked[start:stop]
        # A stretch begins and ends between groups, so its last suffix is linked to none.
        follows = numpy.append(False, links[:-1])
        is_grouped = links | follows
        places = suffixes[start:stop][is_grouped]
        if len(places):
            heads = numpy.flatnonzero(~follows[is_grouped])
            sizes = numpy.diff(numpy.append(heads, len(places)))
            _mark(first, needed, places, numpy.repeat(numpy.minimum.reduceat(places, heads), sizes))
    return first, needed


def _mark(first: Places, needed: Places, places: Places, lowest: Places) -> None:
    """Note for each of these places the lowest with the same window, where that ends before this one begins."""
    is_again = lowest + needed[places] <= places
    first[places[is_again]] = lowest[is_again]


def _stretches(is_linked: NDArray[numpy.bool_]) -> Iterator[tuple[int, int]]:
    """The suffixes in stretches that end between groups: of `_AT_ONCE` at most, or one group that is longer."""
    start = 0
    while start < len(is_linked):
        ends = ~is_linked[start : start + _AT_ONCE]
        if ends.any():
            stop = start + len(ends) - int(numpy.argmax(ends[::-1]))
        else:
            stop = start + int(numpy.argmin(is_linked[start:])) + 1
        yield start, stop
        start = stop
