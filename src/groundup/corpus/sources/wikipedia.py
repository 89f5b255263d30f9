"""Wikipedia: dumps of MediaWiki's export XML, and Wikimedia Enterprise's snapshots in HTML.

Articles are pages of the namespace without a name that lead nowhere else. All others, of other namespaces, redirects
and pages without text, are dropped one by one with the reason. What is a redirect is said by its element and what a
namespace is called by the dump's head, so every language is read alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from groundup.corpus.document import Change, Document, Found, Page, Reading, sample
from groundup.corpus.sources.expand import UnreadableError, read_pieces
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.sources.mediawiki_xml import DumpReader, Revision, Wiki
from groundup.corpus.sources.multistream import Stream, index_beside, is_index, stream_pieces, streams
from groundup.corpus.sources.wikipedia_html import is_snapshot, is_tar, read_snapshot
from groundup.errors import GroundupError

WIKITEXT = "text/x-wiki"
LICENCE = "CC BY-SA 4.0"
"""Of all text of these projects of Wikimedia's (https://foundation.wikimedia.org/wiki/Policy:Terms_of_Use, section 7).
Text of before June 2023 came under version 3.0, which lets it be used under the later one."""
_PROJECTS = ("wikipedia", "wiktionary", "wikiquote", "wikibooks", "wikisource", "wikiversity", "wikivoyage")

_DUMP_NAME = re.compile(r"\.xml(?:-p\d+p\d+)?(?:\.(?:bz2|gz|zst|xz))?$")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_REMEDY = "Fetch it again, or set `damaged: drop` for this source to go on without what is lost."


def is_dump(path: Path) -> bool:
    """Whether a file's name says that it is a dump, a dump's index or a snapshot, as `read_wikipedia` reads them.

    Any XML might be one; `read_wikipedia` says where it is none.
    """
    return bool(_DUMP_NAME.search(path.name.lower())) or is_index(path) or is_snapshot(path)


def read_wikipedia(file: InputFile) -> Iterator[Found]:
    """The pages of a dump or a snapshot in their order: articles as pages, all others dropped with the reason.

    An id is the file's and the page's; of a page's older versions also the revision's. A dump's index gives nothing.
    Raises GroundupError naming file and place for what is damaged, unless the source's `damaged` is `drop`: then what
    could be read stays, and what is lost has a row; each page its own, where a dump's index lies beside it.
    """
    if is_index(file.path):
        return
    if is_snapshot(file.path) or is_tar(file.path):
        yield from read_snapshot(file)
        return
    index = index_beside(file.path)
    yield from _read_streams(file, index) if index is not None else _read_through(file)


def _read_through(file: InputFile) -> Iterator[Found]:
    reader = DumpReader(_longest(file))
    try:
        for piece in read_pieces(file.path):
            for revision in reader.feed(piece):
                yield _found(file, reader.wiki, revision)
        for revision in reader.feed(b"", is_last=True):
            yield _found(file, reader.wiki, revision)
    except UnreadableError as reason:
        yield _lost(file, file.id, f"{reason}; {reader.pages:,} pages began before", str(reason))


def _read_streams(file: InputFile, index: Path) -> Iterator[Found]:
    """A multistream dump by its index: a damaged stream costs its own pages and no others."""
    wiki = Wiki()
    try:
        with file.path.open("rb") as dump:
            for stream in streams(index):
                missing = dict(stream.pages)
                try:
                    for revision in _stream(dump, stream, wiki, _longest(file)):
                        missing.pop(revision.values.get("id", ""), None)
                        yield _found(file, wiki, revision)
                    reason = f"its stream at byte {stream.start:,} lacks a page that its index names"
                except UnreadableError as error:
                    reason = str(error)
                    if not missing:
                        yield _lost(file, f"{file.id}@{stream.start}", reason, reason)
                for name, title in missing.items():
                    document = Document(f"{file.id}#{name}", file.source, title=title)
                    yield _lost(file, document.id, f"{reason}: page {name}, {title!r}", reason, document)
    except UnreadableError as reason:
        yield _lost(file, file.id, str(reason), str(reason))
    except OSError as error:
        yield _lost(file, file.id, f"it cannot be opened ({error.strerror})", "it cannot be opened")


def _stream(dump: BinaryIO, stream: Stream, wiki: Wiki, longest: int) -> Iterator[Revision]:
    """The revisions of one stream, which is a piece of XML that neither begins nor ends as a whole one does."""
    reader = DumpReader(longest, wiki)
    if stream.start:
        yield from reader.feed(b"<mediawiki>")
    for piece in stream_pieces(dump, stream):
        yield from reader.feed(piece)
    # The last stream has the root's end, the others have not; any other end is a page cut in two.
    if not reader.is_between_pages:
        raise UnreadableError(f"its stream at byte {stream.start:,} ends within a page")


def _found(file: InputFile, wiki: Wiki, revision: Revision) -> Found:
    values, attributes = revision.values, revision.attributes
    title = values.get("title", "")
    page = values.get("id", "")
    where = f"{file.id}#{page}" if page else f"{file.id}#page {revision.number}"
    document = Document(
        where if revision.is_last else f"{where}@{values.get('revision', '')}",
        file.source,
        address=_address(wiki.base, title) or file.name,
        title=title,
        date=date if _DATE.fullmatch(date := values.get("timestamp", "")) else "",
        licence=file.licence or _licence(wiki.base),
    )

    def dropped(rule: str, shown: str, value: float | None = None, threshold: float | None = None) -> Reading:
        length = revision.characters
        return Reading(document, length, (Change("read", rule, "drop", length, 0, value, threshold, sample(shown)),))

    namespace = values.get("ns", "0")
    model = values.get("model", "wikitext")
    if not revision.is_last:
        return dropped("older revision", f"revision {values.get('revision', '')} of {title}")
    if namespace != "0":
        return dropped(
            "other namespace", title, float(namespace) if namespace.isascii() and namespace.isdigit() else None
        )
    if "redirect" in values:
        return dropped("redirect", f"to {values['redirect']}")
    if model != "wikitext":
        return dropped("not wikitext", f"its content model is {model}")
    if "deleted" in attributes:
        return dropped("hidden text", "the wiki has taken this text back")
    if not revision.characters:
        size = attributes.get("bytes", "0")
        if size.strip("0"):
            return dropped("text not in the dump", f"{size[:20]} bytes are announced; a stub dump has no texts")
        return dropped("empty", title)
    if revision.characters > len(revision.text):
        return dropped("too large", revision.text, float(revision.characters), float(_longest(file)))
    if not revision.text.strip():
        return dropped("empty", title)
    return Page(document, revision.text.encode(), WIKITEXT, "utf-8", wiki.namespaces)


def _longest(file: InputFile) -> int:
    return file.settings.largest_document * 1_000_000


def _address(base: str, title: str) -> str:
    """The address of a page, made like that of the main page, which the dump gives."""
    if not title or not base.startswith(("http://", "https://")):
        return ""
    for mark in ("title=", "/wiki/", "/"):
        before, found, _ = base.rpartition(mark) if mark == "/" else base.partition(mark)
        if found:
            # MediaWiki leaves these signs as they are (wfUrlencode).
            return before + found + quote(title.replace(" ", "_"), safe=";@$!*(),/~:")
    return ""


def _licence(base: str) -> str:
    try:
        host = urlsplit(base).hostname or ""
    except ValueError:
        return ""
    return LICENCE if any(host.endswith(f"{name}.org") for name in _PROJECTS) else ""


def _lost(file: InputFile, where: str, message: str, reason: str, document: Document | None = None) -> Reading:
    """What cannot be read: an error, or where the source says so a row."""
    if file.settings.damaged == "stop":
        raise GroundupError(f"The file {file.path} cannot be read: {message}.", _REMEDY)
    lost = document or Document(where, file.source, address=file.name, licence=file.licence)
    return Reading(lost, 0, (Change("read", "damaged", "drop", 0, 0, sample=sample(reason)),))
