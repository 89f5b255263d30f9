"""MediaWiki's export XML, read forwards page by page (https://www.mediawiki.org/xml/export-0.11.xsd).

expat itself, with limits, and not mwxml: that takes document types and writes their entities out (tried with 0.3.8),
needs 7.0 s of CPU for 80,000 small pages where this needs 1.1 s, hangs an empty element a page on a tree that only
grows, and brings jsonschema along. No dump has a document type, so none is taken, and with it no entity. Memory is
bounded by the text of two revisions; a tag that does not end, elements in elements without end and a title without end
are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from groundup.corpus.sources.expand import UnreadableError

# A dump is six elements deep. Its longest tags are those of <mediawiki>, of some 300 bytes.
_DEEPEST = 20
_LONGEST_TAG = 200_000
# Titles have at most 255 bytes, and a revision's comment 500 characters.
_LONGEST_VALUE = 10_000
_MOST_NAMESPACES = 2_000

_PAGE = ("mediawiki", "page")
_REVISION = (*_PAGE, "revision")
_TEXT = (*_REVISION, "text")
_SITE = ("mediawiki", "siteinfo")
_NAMESPACE = (*_SITE, "namespaces", "namespace")
_VALUES = {
    (*_SITE, "base"): "base",
    _NAMESPACE: "namespace",
    (*_PAGE, "title"): "title",
    (*_PAGE, "ns"): "ns",
    (*_PAGE, "id"): "id",
    (*_REVISION, "id"): "revision",
    (*_REVISION, "timestamp"): "timestamp",
    (*_REVISION, "model"): "model",
}


@dataclass
class Wiki:
    """What a dump says of its wiki before its first page."""

    base: str = ""
    """The address of its main page."""
    namespaces: dict[str, int] = field(default_factory=dict)
    """Their numbers by name, in small letters."""


@dataclass(frozen=True)
class Revision:
    """One version of one page."""

    number: int
    """Which page of the file, from 1 on."""
    values: Mapping[str, str]
    """`id`, `title`, `ns`, `redirect`, `revision`, `timestamp` and `model`, where they are there."""
    text: str
    characters: int
    """How many the text has; more than `text` where it is too long to be held."""
    attributes: Mapping[str, str]
    """Those of <text>, such as `deleted` and `bytes`."""
    is_last: bool
    """Whether its page has none after it."""


class DumpReader:
    """Takes the bytes of a dump as they come and gives revisions. Raises UnreadableError for what is no dump."""

    def __init__(self, longest_text: int, wiki: Wiki | None = None) -> None:
        self.wiki = wiki or Wiki()
        self.pages = 0
        self._longest = longest_text
        self._path: tuple[str, ...] = ()
        self._values: dict[str, str] = {}
        self._attributes: dict[str, str] = {}
        self._parts: list[str] = []
        self._characters = 0
        self._limit = 0
        self._namespace = 0
        self._waiting: Revision | None = None
        self._done: list[Revision] = []
        self._fed = 0
        parser = self._parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.buffer_size = 2**18
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters_come
        parser.StartDoctypeDeclHandler = self._document_type

    @property
    def is_between_pages(self) -> bool:
        """Whether no page is begun and not ended."""
        return len(self._path) <= 1

    def feed(self, data: bytes, *, is_last: bool = False) -> Iterator[Revision]:
        """The revisions that end in these bytes; `is_last` says that none follow."""
        try:
            self._parser.Parse(data, is_last)
        except UnreadableError:
            yield from self._taken()
            raise
        except expat.ExpatError as error:
            yield from self._taken()
            raise UnreadableError(
                f"its XML is damaged ({expat.ErrorString(error.code)} in line {error.lineno:,},"
                f" column {error.offset:,}){self._where()}"
            ) from error
        yield from self._taken()
        self._fed += len(data)
        # What expat holds back is the tag that has not ended yet; it would go through it again with every piece.
        if self._fed - self._parser.CurrentByteIndex > _LONGEST_TAG and not is_last:
            raise UnreadableError(f"it has a tag of more than {_LONGEST_TAG:,} bytes{self._where()}")

    def _taken(self) -> Iterator[Revision]:
        done, self._done = self._done, []
        yield from done

    def _where(self) -> str:
        title = self._values.get("title") if self._path[:2] == _PAGE else None
        return f", in the page {title!r}" if title else f", after {self.pages:,} pages"

    def _document_type(self, *_: object) -> None:
        raise UnreadableError("it declares a document type, which may hide entities and which no dump has")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path and name != "mediawiki":
            raise UnreadableError(f"it is no MediaWiki dump: its root is <{name[:40]}> and not <mediawiki>")
        if self._path == _TEXT:
            # What stands before an element in it, and behind, would be lost; a dump writes `&lt;`.
            raise UnreadableError(f"a text of it holds the element <{name[:40]}>{self._where()}")
        self._path = path = (*self._path, name)
        if len(path) > _DEEPEST:
            raise UnreadableError(f"its elements are nested more than {_DEEPEST} deep{self._where()}")
        self._parts, self._characters, self._limit = [], 0, 0
        if path == _TEXT:
            self._limit = self._longest
            self._attributes = attributes
        elif path in _VALUES:
            self._limit = _LONGEST_VALUE
            if path == _NAMESPACE:
                self._namespace = _integer(attributes.get("key", ""))
        elif path == _PAGE:
            self._values, self._attributes = {}, {}
            self.pages += 1
        elif path == (*_PAGE, "redirect"):
            self._values["redirect"] = attributes.get("title", "")
        elif path == _REVISION:
            self._attributes = {}
            for name in ("revision", "timestamp", "model", "text"):
                self._values.pop(name, None)

    def _characters_come(self, text: str) -> None:
        if not self._limit:
            return
        self._characters += len(text)
        if self._characters <= self._limit:
            self._parts.append(text)
        elif self._limit == _LONGEST_VALUE:
            raise UnreadableError(f"its <{self._path[-1]}> has more than {_LONGEST_VALUE:,} characters{self._where()}")
        else:
            self._parts = self._parts[:1]

    def _end(self, name: str) -> None:
        path, self._path = self._path, self._path[:-1]
        if path == _NAMESPACE:
            self._name_namespace("".join(self._parts))
        elif path in _VALUES:
            value = "".join(self._parts)
            if _VALUES[path] == "base":
                self.wiki.base = value
            else:
                self._values[_VALUES[path]] = value
        elif path == _TEXT:
            self._values["text"] = "".join(self._parts)
            self._values["characters"] = str(self._characters)
        elif path == _REVISION:
            self._finish_revision()
        elif path == _PAGE:
            if self._waiting is None:
                self._finish_revision()
            assert self._waiting is not None, "a page ends with a revision, if an empty one"
            self._done.append(self._waiting)
            self._waiting = None
        self._limit = 0

    def _finish_revision(self) -> None:
        values = dict(self._values)
        text = values.pop("text", "")
        characters = int(values.pop("characters", "0"))
        revision = Revision(self.pages, values, text, characters, self._attributes, True)
        before, self._waiting = self._waiting, revision
        if before is None:
            return
        # Revisions usually come in order; the newest is the page, whatever the order.
        if before.values.get("timestamp", "") > values.get("timestamp", ""):
            before, self._waiting = revision, before
        self._done.append(
            Revision(before.number, before.values, before.text, before.characters, before.attributes, False)
        )

    def _name_namespace(self, name: str) -> None:
        if len(self.wiki.namespaces) >= _MOST_NAMESPACES:
            raise UnreadableError(f"it names more than {_MOST_NAMESPACES:,} namespaces")
        if name:
            self.wiki.namespaces[name.lower()] = self._namespace


def _integer(text: str) -> int:
    bare = text.removeprefix("-")
    return int(text) if bare.isascii() and bare.isdigit() and len(bare) < 10 else 0
