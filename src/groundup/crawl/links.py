"""What a page says to a crawler: its links, and what it says about being used.

The page is read as a stream of tags (lxml over libxml2), without a tree, so half a million nested tags take no more
room than half a million in a row. Its bytes are left as they are: only the links need an encoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from groundup.crawl.address import Address, AddressError, parse
from groundup.crawl.robots import asks_no_training

# More links than a page for readers has; what is left out is counted.
MOST_LINKS = 10_000
MOST_HINTS = 20
LONGEST_HINT = 300
PIECE = 64 * 1024

_HTML = ("text/html", "application/xhtml+xml", "")
# Robots directives that have a value after a colon; another word there names the crawler that is meant.
_VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
_NO_AI = ("noai", "noimageai", "noml")
_LICENCE_HOSTS = re.compile(
    r"https?://(?:www\.)?(?:creativecommons\.org/(?:licenses|publicdomain)/|rightsstatements\.org/)"
)


@dataclass(frozen=True)
class Hints:
    """What a page and its headers say about its use, in their own words."""

    robots: tuple[str, ...] = ()
    """X-Robots-Tag headers and robots meta tags, as `name: content`."""
    licences: tuple[str, ...] = ()
    """Addresses with rel=license, and any of Creative Commons."""
    other: tuple[str, ...] = ()
    """tdm-reservation (TDMRep), Content-Signal, dcterms.rights and the like, as `name: content`."""
    no_ai: bool = False
    """Whether any of this says that the page is not to train models on."""
    nofollow: bool = False
    """Whether its links are not to be followed by this crawler."""


@dataclass
class PageLinks:
    """What was found in one page."""

    links: list[Address] = field(default_factory=list)
    """In order, each once, without the page itself."""
    left_out: int = 0
    """Links beyond the limit."""
    not_addresses: int = 0
    """Links to mail, scripts, data and to nothing at all."""
    hints: Hints = Hints()


class _Tags:
    """Receives tags from the parser and keeps what matters. libxml2 calls only the methods that are here."""

    def __init__(self) -> None:
        self.base: str | None = None
        self.links: list[str] = []
        self.left_out = 0
        self.meta: list[tuple[str, str]] = []
        self.licences: list[str] = []

    def start(self, tag: Any, attributes: Mapping[str, str]) -> None:
        """One opening tag."""
        if tag in ("a", "area"):
            target = attributes.get("href")
            self._licence(target, attributes)
            self._link(target)
        elif tag in ("frame", "iframe"):
            self._link(attributes.get("src"))
        elif tag == "link":
            target = attributes.get("href")
            self._licence(target, attributes)
            if {"next", "prev", "canonical", "alternate"} & _words(attributes.get("rel")):
                self._link(target)
        elif tag == "base" and self.base is None:
            self.base = attributes.get("href")
        elif tag == "meta" and len(self.meta) < MOST_HINTS:
            name = (attributes.get("name") or attributes.get("property") or "").strip().lower()
            self.meta.append((name[:60], (attributes.get("content") or "").strip()[:LONGEST_HINT]))

    def close(self) -> None:
        """The end of the page."""

    def _link(self, target: str | None) -> None:
        if not target or target.startswith("#"):
            return
        if len(self.links) < MOST_LINKS:
            self.links.append(target)
        else:
            self.left_out += 1

    def _licence(self, target: str | None, attributes: Mapping[str, str]) -> None:
        if not target or len(self.licences) >= MOST_HINTS or len(target) > LONGEST_HINT:
            return
        if "license" in _words(attributes.get("rel")) or _LICENCE_HOSTS.match(target.strip()):
            self.licences.append(target.strip())


def read_page(
    address: Address, body: bytes, content_type: str, headers: Iterable[tuple[str, str]], agent: str, signal: str = ""
) -> PageLinks:
    """The links and hints of one page.

    `body` is unpacked, `headers` are pairs with names in lower case, `agent` is this crawler's name in robots tags,
    `signal` the Content-Signal of the site.
    """
    tags, encoding = _Tags(), "utf-8"
    if media_type(content_type) in _HTML:
        encoding = _read_tags(body, content_type, tags)
    found = PageLinks(left_out=tags.left_out, hints=_hints(tags, list(headers), agent, signal))
    known = {address.key}
    base = _base(address, tags.base, encoding)
    for target in tags.links:
        try:
            link = parse(target, base, encoding)
        except AddressError:
            found.not_addresses += 1
            continue
        if link.key not in known:
            known.add(link.key)
            found.links.append(link)
    return found


def media_type(content_type: str) -> str:
    """`text/html` of `Text/HTML; charset=utf-8`."""
    return content_type.partition(";")[0].strip().lower()


def _read_tags(body: bytes, content_type: str, tags: _Tags) -> str:
    """Feed the page to `tags`; returns the encoding it was read in."""
    from lxml import etree
    from w3lib.encoding import html_to_unicode

    # Whatever the page and the server say, this ends in some text: bytes that do not fit are replaced.
    encoding, text = html_to_unicode(content_type, body, default_encoding="utf-8")
    content = text.encode("utf-8", "replace")
    parser = etree.HTMLParser(target=tags, encoding="utf-8")
    try:
        for start in range(0, len(content), PIECE):
            parser.feed(content[start : start + PIECE])
        if content:
            parser.close()
    except etree.LxmlError:
        # What was read before it is kept; HTML that cannot be read at all has no links.
        pass
    return encoding


def _base(address: Address, base: str | None, encoding: str) -> str:
    if not base:
        return address.text
    try:
        return parse(base, address.text, encoding).text
    except AddressError:
        return address.text


def _hints(tags: _Tags, headers: list[tuple[str, str]], agent: str, signal: str) -> Hints:
    robots = [("x-robots-tag", value[:LONGEST_HINT]) for name, value in headers if name == "x-robots-tag"]
    robots += [(name, value) for name, value in tags.meta if name in ("robots", agent.lower())]
    other = [(name, value[:LONGEST_HINT]) for name, value in headers if name in ("tdm-reservation", "tdm-policy")]
    other += [
        (name, value) for name, value in tags.meta if name.startswith(("tdm-", "dc.rights", "dcterms.", "copyright"))
    ]
    if signal:
        other.append(("content-signal", signal))
    words = {word for name, value in robots for word in directives(value, agent)}
    anybody = " ".join(value.lower() for _, value in robots)
    return Hints(
        robots=tuple(f"{name}: {value}" for name, value in robots[:MOST_HINTS]),
        licences=tuple(dict.fromkeys(tags.licences)),
        other=tuple(f"{name}: {value}" for name, value in other[:MOST_HINTS]),
        no_ai=any(re.search(rf"\b{word}\b", anybody) for word in _NO_AI)
        or any(name == "tdm-reservation" and value.strip() == "1" for name, value in other)
        or asks_no_training([signal]),
        nofollow=bool({"nofollow", "none"} & words),
    )


def directives(value: str, agent: str) -> set[str]:
    """The words of one robots directive that are meant for `agent`: `bot: nofollow` speaks to `bot` alone."""
    found = set()
    is_meant = True
    for part in value.lower().split(","):
        name, colon, rest = part.partition(":")
        if colon and name.strip() not in _VALUED:
            is_meant = name.strip() == agent.lower()
            part = rest
        if is_meant and part.strip():
            found.add(part.strip())
    return found


def _words(text: str | None) -> set[str]:
    return set((text or "").lower().split())
