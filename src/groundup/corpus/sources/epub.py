"""Books in EPUB 2 and 3: one document each, the chapters in the order of the book's spine.

What becomes of the parts that are no chapters is a choice, made here for all books:

- The table of contents (the navigation document, and a page that the guide calls `toc`) is left out where it is
  mostly links, and the cover where it has hardly a word. Neither is text that anybody wrote to be read.
- Page numbers of the printed book are left out where they are marked as such: they stand in the middle of sentences.
- Everything else in the spine is kept, in its order: title page, dedication, notes. A footnote stands where its file
  has it, and the number that refers to it stays in the sentence; parts that are not `linear` are kept as well.

Source: EPUB 3.3 and Open Packaging Format 2.0.1 (W3C, IDPF).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from groundup.corpus.document import Change, Document, Reading, sample
from groundup.corpus.sources.books import book, titled
from groundup.corpus.sources.decode import NotTextError, character_set, decode
from groundup.corpus.sources.expand import UnreadableError
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.sources.markup import readable
from groundup.corpus.sources.package_xml import Element, elements
from groundup.corpus.sources.zipped import ZippedFolder, zipped

CONTAINER = "META-INF/container.xml"
ENCRYPTION = "META-INF/encryption.xml"

# Fonts are scrambled by these, which hides no text (EPUB 3.3, appendix on font obfuscation; Adobe's older way).
_SCRAMBLED_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
# Which files give a scheme of copy protection away.
_PROTECTIONS = {
    "META-INF/license.lcpl": "Readium LCP",
    "META-INF/sinf.xml": "Apple FairPlay",
    "META-INF/rights.xml": "Adobe ADEPT or a scheme like it",
}

_MARKUP = ("application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/xml", "text/xml", "image/svg+xml")
_MARKUP_ENDINGS = (".xhtml", ".html", ".htm", ".xht", ".xml")
# Without a word to read: pictures, sounds and films.
_SPEECHLESS = ("image/", "audio/", "video/")

# A foreign part falls back once, or twice; ways of 100,000 steps from each of 100,000 parts would take hours.
_MOST_FALLBACKS = 20
_COVER_CHARACTERS = 200
_LINK_SHARE = 0.5
_DECLARED = re.compile(rb"^\s{0,20}<\?xml[^>]{0,200}?encoding\s{0,5}=\s{0,5}[\"']([A-Za-z][A-Za-z0-9._-]{0,40})[\"']")
_ENTITIES = re.compile(rb"<!ENTITY", re.IGNORECASE)
_PROLOGUE = 64 * 2**10
# <span epub:type="pagebreak">12</span>, <span class="pagenum">[Pg 12]</span>
_PAGE_NUMBER = re.compile(
    r"<(span|div|a)\s[^<>]{0,300}(?:epub:type=[\"']pagebreak[\"']|role=[\"']doc-pagebreak[\"']|class=[\"']pagenum[\"'])"
    r"[^<>]{0,300}(?<!/)>[^<>]{0,20}</\1>"
)


class _ProtectedError(Exception):
    """The book's text is encrypted; the message is a sentence without the file's name."""


@dataclass(frozen=True)
class Package:
    """What a book says of itself, and the names within the zip of the parts that make it up, in reading order."""

    title: str
    author: str
    date: str
    language: str
    rights: str
    address: str
    """Where it was published, where that is an address on the web."""
    parts: tuple[str, ...]
    contents: frozenset[str]
    """The parts that say they are a table of contents."""
    covers: frozenset[str]


def read_epub(file: InputFile) -> Iterator[Reading]:
    """The book as one document. Its characters are those of the markup; one cut leaves the text.

    A book under copy protection is dropped with the reason. Raises UnreadableError for one that is damaged.
    """
    try:
        with zipped(file.path, file.settings.largest_document * 1_000_000) as folder:
            package = _package(folder)
            reading = _reading(file, package, folder)
    except _ProtectedError as reason:
        drop = Change("read", "encrypted", "drop", 0, 0, float(file.bytes), sample=sample(str(reason)))
        yield Reading(Document(file.id, file.source, file.name, licence=file.licence), 0, (drop,))
        return
    yield book(reading, file)


def _reading(file: InputFile, package: Package, folder: ZippedFolder) -> Reading:
    texts: list[str] = []
    characters = 0
    encodings: dict[str, None] = {}
    left = file.settings.largest_document * 1_000_000
    first = ""
    for name in package.parts:
        data = folder.read(name)
        left -= len(data)
        if left < 0:
            raise UnreadableError(
                f"its chapters have more than {file.settings.largest_document:,} million bytes (`largest_document`)"
            )
        markup, encoding = _decoded(data, name, file)
        first = first or markup
        characters += len(markup)
        if encoding != "utf-8":
            encodings[encoding] = None
        text = readable(_PAGE_NUMBER.sub("", markup), is_xml=True).text
        if text and not _is_left_out(name, text, markup, package):
            texts.append(text)
    whole = "\n\n".join(texts)
    changes = []
    if encodings:
        changes.append(
            Change("read", "encoding", "edit", characters, characters, sample=f"read as {', '.join(encodings)}")
        )
    if characters:
        changes.append(Change("extract", "tags", "cut", characters, len(whole), sample=sample(first.strip())))
    document = Document(
        file.id,
        file.source,
        address=package.address or file.name,
        title=titled(package.title, package.author),
        date=package.date,
        licence=package.rights or file.licence,
        text=whole,
    )
    return Reading(document, characters, tuple(changes))


def _is_left_out(name: str, text: str, markup: str, package: Package) -> bool:
    if name in package.covers and len(text) < _COVER_CHARACTERS:
        return True
    return name in package.contents and _link_share(text, markup) > _LINK_SHARE


def _link_share(text: str, markup: str) -> float:
    """The share of a part's characters that stand in links, about."""
    links = re.split(r"<a\s", markup)[1:]
    inside = sum(len(readable("<a " + link.partition("</a")[0] + "</a>", is_xml=True).text) for link in links)
    return inside / len(text)


def _decoded(data: bytes, name: str, file: InputFile) -> tuple[str, str]:
    """A chapter's markup, and the encoding it was in."""
    if _ENTITIES.search(data, 0, _PROLOGUE):
        raise UnreadableError(f"its part {name!r} declares entities of its own, as bombs do and books do not")
    declared = _DECLARED.match(data)
    named = character_set(declared[1].decode()) if declared else None
    try:
        return decode(data, named or file.settings.encoding)
    except NotTextError as reason:
        raise UnreadableError(f"its part {name!r} is no text: {reason}") from reason


def _package(folder: ZippedFolder) -> Package:
    """What the package document says. Raises UnreadableError and _ProtectedError."""
    if CONTAINER not in folder.names:
        raise UnreadableError(f"it is no EPUB: it has no {CONTAINER}")
    protected = _protected(folder)
    _refuse_protected(protected, [CONTAINER], folder)
    container = elements(folder.read(CONTAINER), CONTAINER)
    path = next((element.get("full-path") for element in container if element.name == "rootfile"), "")
    finder = _Finder(folder.names)
    name = finder.find("", path)
    if name is None:
        raise UnreadableError(f"its {CONTAINER} names {path[:100]!r} as the book's package, which is not there")
    _refuse_protected(protected, [name], folder)
    found = elements(folder.read(name), f"package {name!r}")
    parts, items, paths = _spine(found, posixpath.dirname(name), finder, folder)
    _refuse_protected(protected, parts, folder)
    guide = [element for element in found if element.name == "reference"]
    covers = {finder.find(posixpath.dirname(name), one.get("href")) for one in guide if one.get("type") == "cover"}
    contents = {finder.find(posixpath.dirname(name), one.get("href")) for one in guide if one.get("type") == "toc"}
    contents |= {paths.get(key) for key, item in items.items() if "nav" in item.get("properties").split()}
    return Package(
        title=_first(found, "title"),
        author=_author(found),
        date=_date(found),
        language=_first(found, "language"),
        rights=_first(found, "rights"),
        address=next(
            (
                element.text
                for kind in ("identifier", "source")
                for element in found
                if element.name == kind and re.match("https?://", element.text)
            ),
            "",
        ),
        parts=tuple(parts),
        contents=frozenset(filter(None, contents)),
        covers=frozenset(filter(None, covers)),
    )


def _spine(
    found: Sequence[Element], base: str, finder: _Finder, folder: ZippedFolder
) -> tuple[list[str], dict[str, Element], dict[str, str]]:
    """The names of the parts with text in the order of the spine; the manifest's items, and their names, by id."""
    items: dict[str, Element] = {}
    for element in found:
        # OPF 2.0.1: ids are unique; of two the first is meant, as in every reader.
        if element.name == "item" and element.get("id"):
            items.setdefault(element.get("id"), element)
    references = [element.get("idref") for element in found if element.name == "itemref"]
    if not references:
        raise UnreadableError("its package has no spine, so the order of its chapters is not known")
    parts: dict[str, None] = {}
    paths: dict[str, str] = {}
    for reference in dict.fromkeys(references):
        key = _with_text(reference, items)
        if key is None:
            continue
        item = items[key]
        name = finder.find(base, item.get("href"))
        if name is None:
            raise UnreadableError(f"its part {item.get('href')[:100]!r} is missing")
        paths[key] = name
        parts[name] = None
    return list(parts), items, paths


def _with_text(reference: str, items: dict[str, Element]) -> str | None:
    """The id of the item that gives a part of the spine as text; None for a picture without one."""
    seen: set[str] = set()
    key = reference
    kind = ""
    while key and key not in seen:
        seen.add(key)
        if len(seen) > _MOST_FALLBACKS:
            raise UnreadableError(f"its part {reference[:100]!r} falls back more than {_MOST_FALLBACKS} times")
        if key not in items:
            raise UnreadableError(f"its spine names the part {key[:100]!r}, which its manifest does not have")
        item = items[key]
        kind = item.get("media-type").lower()
        href = item.get("href").partition("#")[0].lower()
        if kind in _MARKUP or (not kind.startswith(_SPEECHLESS) and href.endswith(_MARKUP_ENDINGS)):
            return key
        key = item.get("fallback")
    if kind.startswith(_SPEECHLESS):
        return None
    raise UnreadableError(f"its part {reference[:100]!r} is of the kind {kind[:100]!r}, which no reader has a text for")


class _Finder:
    """Finds the member that a reference in the package means."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = frozenset(names)
        # Books made on systems that do not tell capitals from small letters refer to either.
        self.folded: dict[str, str] = {}
        for name in names:
            self.folded[name.casefold()] = "" if name.casefold() in self.folded else name

    def find(self, base: str, reference: str) -> str | None:
        """The member's name; None where there is none, or where the reference leads out of the book."""
        plain = reference.partition("#")[0]
        # Some books have names with a literal %20 in them.
        for path in (unquote(plain), plain):
            name = posixpath.normpath(posixpath.join(base, path)) if path else ""
            if name in self.names:
                return name
            if folded := self.folded.get(name.casefold()):
                return folded
        return None


def _protected(folder: ZippedFolder) -> dict[str, str]:
    """The members that are encrypted, each with the algorithm's name; scrambled fonts are none of them."""
    protected = {name: "a password" for name in folder.names if folder.is_encrypted(name)}
    if ENCRYPTION not in folder.names or ENCRYPTION in protected:
        return protected
    algorithm = ""
    for element in elements(folder.read(ENCRYPTION), ENCRYPTION):
        if element.name == "EncryptedData":
            algorithm = ""
        elif element.name == "EncryptionMethod":
            # The first is the data's; one within KeyInfo is the key's.
            algorithm = algorithm or element.get("Algorithm")
        elif element.name == "CipherReference" and algorithm not in _SCRAMBLED_FONTS:
            protected[unquote(element.get("URI")).lstrip("/")] = algorithm or "a way it does not name"
    return protected


def _refuse_protected(protected: dict[str, str], parts: Sequence[str], folder: ZippedFolder) -> None:
    name = next((part for part in parts if part in protected), None)
    if name is None:
        return
    scheme = next((scheme for mark, scheme in _PROTECTIONS.items() if mark in folder.names), "")
    raise _ProtectedError(
        f"it is under copy protection{f' ({scheme})' if scheme else ''}: {name!r} is encrypted with {protected[name]};"
        " only its seller's programs read it"
    )


def _first(found: Sequence[Element], name: str) -> str:
    return next((element.text for element in found if element.name == name and element.text), "")


def _author(found: Sequence[Element]) -> str:
    """The first creator that is no editor or illustrator; EPUB 2 says so by `opf:role`, EPUB 3 by a refinement."""
    roles = {
        element.get("refines").lstrip("#"): element.text
        for element in found
        if element.name == "meta" and element.get("property") == "role"
    }
    creators = [element for element in found if element.name == "creator" and element.text]
    authors = [one for one in creators if (one.get("role") or roles.get(one.get("id"), "aut")) == "aut"]
    return (authors or creators)[0].text if creators else ""


def _date(found: Sequence[Element]) -> str:
    """When it was published; the days on which the file was made or changed are no date of the book."""
    dates = [element for element in found if element.name == "date" and element.text]
    for events in (("publication", "original-publication"), ("", "issued", "creation")):
        for element in dates:
            if element.get("event") in events:
                return element.text
    return ""
