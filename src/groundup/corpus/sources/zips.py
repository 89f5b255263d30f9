"""Texts in zips: a zip is read as the folder that it holds, each text or page in it as a document.

Project Gutenberg ships a book as 158-0.zip with 158-0.txt in it, or as 158-h.zip with a page and its pictures. Zips of
many texts are read too. What else is in a zip is counted in one row of the ledger and not unpacked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from groundup.corpus.document import Change, Document, Reading, sample
from groundup.corpus.sources.books import METADATA, book, declared_encoding
from groundup.corpus.sources.decode import NotTextError, decode
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.sources.markup import readable
from groundup.corpus.sources.zipped import zipped

TEXTS = (".txt", ".text", ".md", ".markdown")
PAGES = (".html", ".htm", ".xhtml")


def read_zip(file: InputFile) -> Iterator[Reading]:
    """The texts and pages of a zip, in the order of their names; their ids are the zip's and their name in it.

    Raises UnreadableError for a zip that is damaged, hostile or encrypted; the texts before it have been read then.
    """
    others: Counter[str] = Counter()
    with zipped(file.path, file.settings.largest_document * 1_000_000) as folder:
        for name in sorted(folder.names):
            path = PurePosixPath(name)
            # Hidden files and those that a Mac adds to every zip are no part of it, as in a folder.
            if any(part.startswith(".") or part == "__MACOSX" for part in path.parts) or path.name == METADATA:
                continue
            ending = path.suffix.lower()
            if ending in TEXTS + PAGES:
                # `path` is where the text would lie were the zip a folder; it is used for its name only.
                inner = replace(file, name=f"{file.name}/{name}", path=file.path / name)
                yield _document(inner, folder.read(name), is_page=ending in PAGES)
            else:
                others[ending or path.name] += 1
    if others:
        yield _others(file, others)


def _document(file: InputFile, data: bytes, *, is_page: bool) -> Reading:
    document = Document(file.id, file.source, address=file.name, licence=file.licence)
    try:
        text, encoding = decode(data, file.settings.encoding or declared_encoding(data))
    except NotTextError as reason:
        return Reading(
            document, 0, (Change("read", "not text", "drop", 0, 0, float(len(data)), sample=sample(str(reason))),)
        )
    length = len(text)
    changes = []
    if encoding != "utf-8":
        changes.append(Change("read", "encoding", "edit", length, length, sample=f"read as {encoding}"))
    if is_page:
        page = readable(text)
        changes.append(Change("extract", "tags", "cut", length, len(page.text), sample=sample(text.strip())))
        document, text = replace(document, title=page.title), page.text
    return book(Reading(replace(document, text=text), length, tuple(changes)), file)


def _others(file: InputFile, others: Counter[str]) -> Reading:
    kinds = ", ".join(f"{count:,} {ending}" for ending, count in sorted(others.items()))
    reason = f"{others.total():,} files in it are no texts or pages ({kinds}); unpack it if they hold texts"
    drop = Change("read", "kind of file", "drop", 0, 0, float(others.total()), sample=sample(reason))
    return Reading(Document(file.id, file.source, file.name, licence=file.licence), 0, (drop,))
