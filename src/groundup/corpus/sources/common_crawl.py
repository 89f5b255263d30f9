"""Pages that an index chooses out of the web archives beside it: Common Crawl's, or any index of their form.

An index has a row a record: its address, what it is, and where it lies, as file, offset and length. It comes as CDXJ,
lines of a sort key, a time and a JSON object, or as the columns of Parquet. Only records that are chosen are read,
from archives that lie in the source's folder; nothing is fetched. An index also knows what an archive itself cannot
tell: that it is cut short between two records.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from groundup.catalogue.limits import Broken
from groundup.corpus.document import Change, Document, Found, Reading
from groundup.corpus.sources.expand import UnreadableError, read_lines
from groundup.corpus.sources.headers import number
from groundup.corpus.sources.index_settings import IndexSettings
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.sources.parquet import read_parquet_rows
from groundup.corpus.sources.warc import damaged, dropped, found_in, is_archive
from groundup.corpus.sources.warc_bytes import ArchiveBytes, Place
from groundup.corpus.sources.warc_records import Damage, read_record
from groundup.errors import GroundupError

# An address has at most some thousand letters.
_LINE_LIMIT = 2**20

# The names of CDXJ's keys (pywb's, and Common Crawl's index server's), and of the columns of Common Crawl's tables.
_CDXJ = {
    "filename": ("filename",),
    "offset": ("offset",),
    "length": ("length",),
    "address": ("url",),
    "status": ("status",),
    "media_type": ("mime-detected", "mime"),
    "languages": ("languages",),
}
_COLUMNS = {
    "filename": ("warc_filename",),
    "offset": ("warc_record_offset",),
    "length": ("warc_record_length",),
    "address": ("url",),
    "status": ("fetch_status",),
    "media_type": ("content_mime_detected", "content_mime_type"),
    "languages": ("content_languages",),
}
_NEEDED = ("filename", "offset", "length")


@dataclass(frozen=True)
class Entry:
    """One row of an index: the record in bytes `offset` to `offset + length` of an archive, and what is said of it."""

    filename: str
    offset: int
    length: int
    address: str
    status: int | None
    media_type: str
    languages: tuple[str, ...]


def is_index(name: str) -> bool:
    """Whether a file's name is one of an index: `a.cdxj`, `cdx-00000.gz`, `part-00000-….c000.gz.parquet`.

    Other Parquet files hold texts, so only the columns tell; see `read_index`.
    """
    last = name.lower().rsplit("/", 1)[-1]
    plain = last.removesuffix(".gz").removesuffix(".zst")
    return plain.endswith((".cdxj", ".cdx")) or (plain.startswith("cdx-") and plain != last)


def check_indexes(files: Sequence[InputFile]) -> None:
    """Raise GroundupError for a source that is to be read by its index and has none."""
    by_source: dict[str, list[InputFile]] = {}
    for file in files:
        if file.settings.index is not None:
            by_source.setdefault(file.settings.data, []).append(file)
    for data, some in by_source.items():
        if not any(_may_be_index(file) for file in some):
            raise GroundupError(
                f"The source {data!r} has `index`, which chooses records of web archives, and none of its "
                f"{len(some):,} files is an index; the first is {some[0].name}.",
                "Put Common Crawl's index (.cdxj, cdx-*.gz or Parquet) beside the archives, or leave `index` out.",
            )


def read_by_index(file: InputFile, others: Counter[str]) -> Iterator[Found]:
    """A file of a source that is read by its index: the index's documents, of an archive none, anything else dropped.

    `others` counts, beside what `read_indexed` does, the archives. Raises GroundupError as that does.
    """
    assert file.settings.index is not None, "asked for only with an index"
    if _may_be_index(file):
        yield from read_indexed(file, file.settings.index, others)
    elif is_archive(file.name):
        others["archives that an index chooses from"] += 1
    else:
        change = Change("read", "kind of file", "drop", 0, 0, sample="it is neither an index nor an archive")
        yield Reading(Document(file.id, file.source, address=file.name, licence=file.licence), 0, (change,))


def _may_be_index(file: InputFile) -> bool:
    return is_index(file.name) or file.name.lower().endswith(".parquet")


def read_indexed(file: InputFile, settings: IndexSettings, others: Counter[str] | None = None) -> Iterator[Found]:
    """The documents that an index file chooses, in its order, with the ids they have when the archives are read whole.

    `others` counts rows that are not chosen, by what they lack, and records that are no documents, by kind. Raises
    GroundupError for rows without a place, for archives that are not there, and for what is damaged in them, unless
    the source's `damaged` is `drop`.
    """
    others = Counter() if others is None else others
    rows = 0
    archives = _Archives(file)
    try:
        for row, entry in enumerate(read_index(file), 1):
            rows = row
            if entry is None:
                yield _wrong(file, row, "it does not say where its record lies")
            elif lacking := _lacks(entry, settings):
                others[f"not chosen by {lacking}"] += 1
            else:
                found = archives.read(entry, row, others)
                if found is not None:
                    yield found
    except UnreadableError as reason:
        yield _wrong(file, rows + 1, f"the index cannot be read from here on: {reason}")


def read_index(file: InputFile) -> Iterator[Entry | None]:
    """The rows of an index, one by one; None for a row that does not say where its record lies.

    Raises UnreadableError for what cannot be read, and GroundupError for a table that is no index.
    """
    if file.path.suffix.lower() == ".parquet":
        for row in read_parquet_rows(file.path, lambda names: _columns(file, names)):
            yield _entry(row, _COLUMNS)
        return
    for line in read_lines(file.path, _LINE_LIMIT):
        # The key may hold anything but a blank, the time is digits; a header of the old form begins with a blank.
        start = line.find(b"{")
        if not line.strip() or line.startswith((b" CDX", b"!meta")):
            continue
        try:
            said = json.loads(line[start:]) if start >= 0 else None
        except (ValueError, RecursionError):
            said = None
        yield _entry(said, _CDXJ) if isinstance(said, dict) else None


def _columns(file: InputFile, names: Sequence[str]) -> list[str]:
    missing = [column for need in _NEEDED for column in _COLUMNS[need] if column not in names]
    if missing:
        raise GroundupError(
            f"{file.path} is no index of web archives: it has no column {' and no column '.join(missing)}.",
            "Name a table of Common Crawl's columnar index, or read the file as texts.",
        )
    return [column for group in _COLUMNS.values() for column in group if column in names]


def _entry(row: Mapping[str, Any], names: Mapping[str, Sequence[str]]) -> Entry | None:
    said = {
        what: next((str(row[name]).strip() for name in among if row.get(name) is not None), "")
        for what, among in names.items()
    }
    offset, length = number(said["offset"]), number(said["length"])
    if not said["filename"] or offset is None or length is None:
        return None
    languages = tuple(word for part in said["languages"].split(",") if (word := part.strip().lower()))
    status = number(said["status"])
    return Entry(said["filename"], offset, length, said["address"], status, said["media_type"].lower(), languages)


def _lacks(entry: Entry, settings: IndexSettings) -> str:
    """What an entry would have to be in order to be chosen; "" where it is."""
    if settings.statuses and entry.status not in settings.statuses:
        return "status"
    if settings.media_types and entry.media_type not in settings.media_types:
        return "media type"
    if settings.languages and (not entry.languages or entry.languages[0] not in settings.languages):
        return "language"
    if settings.domains and not any(_is_of(entry.address, domain) for domain in settings.domains):
        return "domain"
    return ""


def _is_of(address: str, domain: str) -> bool:
    try:
        host = (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return False
    domain = domain.lower()
    return host == domain or host.endswith("." + domain)


def _wrong(file: InputFile, row: int, reason: str, rule: str = "damaged", address: str = "") -> Reading:
    """A row of an index that leads to no record. Raises GroundupError unless the source's `damaged` is `drop`."""
    if file.settings.damaged == "stop":
        raise GroundupError(
            f"Row {row:,} of the index {file.path} leads to no record: {reason}.",
            "Get index and archives again, or set `damaged: drop` for this source to go on without what is not there.",
        )
    return dropped(file, Place(row), {"warc-target-uri": address}, rule, reason)


class _Archives:
    """The archives beside an index, by the names it gives them."""

    def __init__(self, index: InputFile) -> None:
        self._index = index
        self._limit = index.settings.largest_document * 1_000_000
        self._files: dict[str, InputFile | None] = {}

    def read(self, entry: Entry, row: int, others: Counter[str]) -> Found | None:
        """The document at an entry's place; None where the record is none. Raises GroundupError."""
        if entry.filename not in self._files:
            self._files[entry.filename] = self._find(entry.filename)
        file = self._files[entry.filename]
        if file is None:
            reason = f"it names the archive {entry.filename[:200]!r}, which is not in the folder of the index"
            return _wrong(self._index, row, reason, "no archive", entry.address)
        place = Place(entry.offset)
        if entry.offset + entry.length > file.bytes:
            return damaged(
                file,
                place,
                f"the archive is cut short: {self._index.name} names a record in bytes {entry.offset:,} to"
                f" {entry.offset + entry.length:,}, and the file has {file.bytes:,}",
                headers={"warc-target-uri": entry.address},
            )
        try:
            with file.path.open("rb") as opened:
                found = read_record(ArchiveBytes(opened, file.name, entry.offset), self._limit)
        except Broken as reason:
            return damaged(file, place, str(reason))
        except OSError as error:
            return damaged(file, place, f"it cannot be read ({error.strerror})")
        if found is None:
            found = Damage(place, f"no record is there, where {self._index.name} names one")
        return found_in(file, found, others)

    def _find(self, name: str) -> InputFile | None:
        """The archive of that name: by its path inside the source, or by its last part.

        An index comes from a stranger: its names lead to no file outside the source's folder.
        """
        root = self._index.root
        inside = root.resolve()
        parts = [part for part in name.split("/") if part]
        if ".." in parts or not parts:
            return None
        for relative in ("/".join(parts), parts[-1]):
            path = root / relative
            try:
                if path.is_file() and inside in path.resolve().parents:
                    return replace(self._index, name=relative, path=path, bytes=path.stat().st_size)
            except (OSError, ValueError):
                continue  # A name that no file can have.
        return None
