"""Wikimedia Enterprise's HTML snapshots: a JSON object a page, in NDJSON files, plain or in a tar.

The page is what a reader of the wiki sees, with every template written out; the text is taken from it as from any page
of the web. Fields: https://enterprise.wikimedia.com/docs/data-dictionary/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groundup.catalogue.decompress import Stream
from groundup.catalogue.limits import Broken, Limits, Refused
from groundup.catalogue.tar import tar_members
from groundup.corpus.document import Change, Document, Found, Page, Reading, sample
from groundup.corpus.sources.expand import UnreadableError, lines, read_pieces
from groundup.corpus.sources.listing import InputFile
from groundup.errors import GroundupError

# JSON has integers that no float can hold.
_NO_NAMESPACE = 2**31
_TARS = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.bz2", ".tar.xz")
_LINES = (".ndjson", ".ndjson.gz", ".ndjson.zst", ".ndjson.bz2", ".ndjson.xz")


def is_snapshot(path: Path) -> bool:
    """Whether a file's name is that of a snapshot, or of one of the files in it."""
    name = path.name.lower()
    return name.endswith(_LINES) or (is_tar(path) and ("namespace" in name or "enterprise-html" in name))


def is_tar(path: Path) -> bool:
    """Whether a file's name is that of a tar; where a wiki is looked for, that is a snapshot: no dump comes in one."""
    return path.name.lower().endswith(_TARS)


def read_snapshot(file: InputFile) -> Iterator[Found]:
    """The pages of a snapshot in their order, of type text/html. Raises GroundupError as `read_wikipedia` does."""
    limit = file.settings.largest_document * 1_000_000
    try:
        for name, pieces in _files(file):
            for number, line in enumerate(lines(pieces, limit), 1):
                if line.strip():
                    yield _page(file, line, f"line {number:,} of {name}", f"{file.id}#{name}-{number}")
    except (UnreadableError, Broken, Refused) as reason:
        yield _damaged(file, file.id, f"The file {file.path} cannot be read: {reason}", str(reason))


def _files(file: InputFile) -> Iterator[tuple[str, Iterator[bytes]]]:
    pieces = read_pieces(file.path)
    if not is_tar(file.path):
        yield file.name, pieces
        return
    limits = Limits(total_bytes=2**62)
    for member in tar_members(Stream(pieces, limits), limits, is_marked=True):
        if not member.name.endswith("/"):
            yield member.name, member.pieces


def _page(file: InputFile, line: bytes, place: str, otherwise: str) -> Found:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return _damaged(file, otherwise, f"In {file.path}, {place} is not JSON ({error})", f"{place} is not JSON")
    body = _inside(row, "article_body", "html")
    if not isinstance(row, dict) or not isinstance(_inside(row, "name"), str):
        return _damaged(file, otherwise, f"In {file.path}, {place} is no page of a snapshot", f"{place} is no page")
    name = row.get("identifier")
    licences = row.get("license")
    licence = licences[0] if isinstance(licences, list) and licences else None
    document = Document(
        f"{file.id}#{name}" if isinstance(name, int) else otherwise,
        file.source,
        address=_text(row.get("url")) or file.name,
        title=_text(row["name"]),
        date=_text(row.get("date_modified")),
        licence=file.licence or _text(_inside(licence, "identifier")),
    )
    content = _text(body)
    length = len(content)
    namespace = _inside(row, "namespace", "identifier")
    if isinstance(namespace, int) and namespace != 0:
        value = float(namespace) if abs(namespace) < _NO_NAMESPACE else None
        change = Change("read", "other namespace", "drop", length, 0, value, sample=sample(document.title))
        return Reading(document, length, (change,))
    if not content.strip():
        change = Change("read", "empty", "drop", length, 0, sample="there is no article_body.html")
        return Reading(document, length, (change,))
    return Page(document, content.encode(), "text/html", "utf-8")


def _inside(row: Any, *keys: str) -> Any:
    for key in keys:
        row = row.get(key) if isinstance(row, dict) else None
    return row


def _text(value: Any) -> str:
    """A string that UTF-8 can hold, "" for all else."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _damaged(file: InputFile, where: str, message: str, reason: str) -> Reading:
    if file.settings.damaged == "stop":
        raise GroundupError(
            f"{message}.", "Fetch it again, or set `damaged: drop` for this source to go on without what is lost."
        )
    document = Document(where, file.source, address=file.name, licence=file.licence)
    return Reading(document, 0, (Change("read", "damaged", "drop", 0, 0, sample=sample(reason)),))
