"""The small XML files that describe a book or an archive, as a flat list of elements.

Parsed by expat, which fetches nothing and keeps no tree, so depth costs nothing. A declaration of entities is
refused: honest packages have none, and ten lines of them unpack to gigabytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat

from groundup.corpus.sources.expand import UnreadableError

# A package with 10,000 chapters and pictures takes 2 MB.
LARGEST = 16 * 2**20
_LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class Element:
    """One element by its local name; `text` is the beginning of its own text, not that of elements within."""

    name: str
    attributes: Mapping[str, str]
    text: str

    def get(self, name: str) -> str:
        """An attribute without spaces at its ends; "" where there is none."""
        return self.attributes.get(name, "").strip()


def elements(data: bytes, what: str) -> list[Element]:
    """All elements in the order of their beginnings; prefixes are taken off names, of attributes too.

    Raises UnreadableError, which calls the file `what`.
    """
    if len(data) > LARGEST:
        raise UnreadableError(f"its {what} has {len(data):,} bytes, more than any book's")
    collector = _Collector()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.say
    parser.EntityDeclHandler = collector.refuse
    try:
        parser.Parse(data, True)
    except _EntitiesError as error:
        raise UnreadableError(f"its {what} declares entities of its own, as bombs do and books do not") from error
    # An unknown encoding is a LookupError or a ValueError.
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise UnreadableError(f"its {what} is no whole XML ({error})") from error
    return [Element(name, attributes, " ".join("".join(text).split())) for name, attributes, text in collector.found]


class _EntitiesError(Exception):
    pass


class _Collector:
    def __init__(self) -> None:
        self.found: list[tuple[str, dict[str, str], list[str]]] = []
        self.open: list[list[str]] = []
        self.length = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        text: list[str] = []
        self.open.append(text)
        self.length = 0
        self.found.append((_local(name), {_local(key): value for key, value in attributes.items()}, text))

    def end(self, name: str) -> None:
        self.open.pop()

    def say(self, words: str) -> None:
        if self.open and self.length < _LONGEST_TEXT:
            self.length += len(words)
            self.open[-1].append(words[:_LONGEST_TEXT])

    def refuse(self, *_: object) -> None:
        raise _EntitiesError


def _local(name: str) -> str:
    return name.rpartition(":")[2]
