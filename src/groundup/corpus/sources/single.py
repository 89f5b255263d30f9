"""The bytes of one file as one document: a text, a page, or a book in either. The same wherever the file lies."""

from __future__ import annotations

from dataclasses import replace

from groundup.corpus.document import Change, Document, Found, Page, Reading, sample
from groundup.corpus.sources.books import book, declared_encoding, is_marked
from groundup.corpus.sources.decode import NotTextError, decode
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.sources.markup import readable

TEXTS = (".txt", ".text", ".md", ".markdown")
PAGES = (".html", ".htm", ".xhtml")


def text_of(file: InputFile, data: bytes) -> Reading:
    """A text file, as a book where its source says it is one or its marks do."""
    reading = _decoded(file, data)
    return reading if reading.is_dropped else book(reading, file)


def page_of(file: InputFile, data: bytes) -> Found:
    """An HTML file: a page to extract from; or a book, which has no menus to be told from its text."""
    kind = file.settings.kind
    if kind == "files" or (kind == "auto" and not is_marked(data)):
        return Page(document_of(file, file.id), data, "text/html", file.settings.encoding or "")
    reading = _decoded(file, data)
    if reading.is_dropped:
        return reading
    markup = reading.document.text
    page = readable(markup)
    change = Change("extract", "tags", "cut", len(markup), len(page.text), sample=sample(markup.strip()))
    document = replace(reading.document, text=page.text, title=page.title)
    return book(Reading(document, reading.characters, (*reading.changes, change)), file)


def document_of(file: InputFile, where: str, text: str = "") -> Document:
    """A document of the file, by its id."""
    return Document(where, file.source, address=file.name, licence=file.licence, text=text)


def decoded_reading(document: Document, encoding: str) -> Reading:
    """A reading that says in which encoding the text was, where that was not UTF-8."""
    length = len(document.text)
    if encoding == "utf-8":
        return Reading(document, length)
    change = Change("read", "encoding", "edit", length, length, sample=f"read as {encoding}")
    return Reading(document, length, (change,))


def given_up(file: InputFile, where: str, rule: str, reason: str, value: float | None = None) -> Reading:
    """A document that was found but is no text; `value` counts bytes, or what the rule counts."""
    change = Change("read", rule, "drop", 0, 0, value, sample=sample(reason))
    return Reading(document_of(file, where), 0, (change,))


def _decoded(file: InputFile, data: bytes) -> Reading:
    try:
        text, encoding = decode(data, file.settings.encoding or declared_encoding(data))
    except NotTextError as reason:
        return given_up(file, file.id, "not text", str(reason), float(len(data)))
    return decoded_reading(document_of(file, file.id, text), encoding)
