"""What a page says of itself in its tags: title, date, licence, and what its author asks of robots.

Only tags are read, never the day on which this runs, so that a page says the same for ever. A date is what the page
says of its publication; that of a change, or of the fetch, is another thing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

# Few heads are longer.
_HEAD = 100_000
_LONGEST_TAG = 3000
# A page's licence stands in its head or in its footer.
_FOOTER = 40_000
# Where a page says the word more often, the first times tell.
_LINKS = 200

_TITLE = re.compile(r"<title\b[^>]{0,300}>([^<]{1,1000})", re.IGNORECASE)
_NAME = re.compile(r"\b(?:name|property|itemprop)\s{0,5}=\s{0,5}[\"']?\s{0,5}([^\s\"'>]{1,60})", re.IGNORECASE)
_LINK = re.compile(r"<(?:a|link)\s([^<>]{1,3000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"(?<![\w:-])([a-zA-Z:-]{1,40})\s{0,5}=\s{0,5}(?:\"([^\"]{0,2000})\"|'([^']{0,2000})'|([^\s\"'>]{1,500}))"
)
_TIME = re.compile(r"datetime=[\"']?([^\"'<>]{4,40})")
_PUBLISHED = re.compile(r"\"datePublished\"\s{0,9}:\s{0,9}\"([^\"]{4,40})\"")
# ISO 8601, as all the tags above ask for; 20190407 without hyphens too.
_DATE = re.compile(r"((?:19|20)\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")
_COMMONS = re.compile(
    r"creativecommons\.org/(?:licenses/([a-z]{2}(?:-[a-z]{2}){0,2})/([1-4]\.[05])|publicdomain/(zero|mark)/1\.0)",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")

# Names under which pages give the date of publication, the surest first.
_DATES = (
    "article:published_time",
    "datepublished",
    "og:article:published_time",
    "og:published_time",
    "citation_publication_date",
    "citation_date",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.created",
    "dc.date",
    "dcterms.date",
    "parsely-pub-date",
    "sailthru.date",
    "publish-date",
    "publish_date",
    "publication_date",
    "pubdate",
    "date",
)
_TITLES = ("og:title", "twitter:title")
_LICENCES = ("dc.rights", "dcterms.license", "dcterms.rights")
# What an author may ask of those who train models: meta robots, and the W3C group's TDM Reservation Protocol.
_WISHES = frozenset({"noai", "noimageai", "noml"})
_WANTED = frozenset({*_DATES, *_TITLES, *_LICENCES, "robots", "tdm-reservation"})


@dataclass(frozen=True)
class Facts:
    """A page's title, day of publication (ISO 8601) and licence, each "" where it says nothing.

    `licence` is a list with "; " between: a Creative Commons licence by its SPDX name, an address that the page calls
    its licence as it is, and the wishes `noai`, `noimageai`, `noml` and `tdm-reservation`.
    """

    title: str = ""
    date: str = ""
    licence: str = ""


def facts(markup: str) -> Facts:
    """What the tags of a page say of it. Never raises."""
    end = markup.find("</head>", 0, _HEAD)
    head = markup[: end if end >= 0 else _HEAD]
    metas = _metas(head)
    # Scripts say `</head>` too.
    title = _title(head, metas) or _title(markup[:_HEAD], {})
    return Facts(
        title, _date(markup, metas), "; ".join(_licences(head, markup[max(len(head), len(markup) - _FOOTER) :], metas))
    )


def _metas(head: str) -> dict[str, str]:
    """The content of the head's meta tags that matter, by their name in small letters; the first of a name counts."""
    found: dict[str, str] = {}
    for place in chain(_places("<meta", head), _places("<META", head)):
        inside = head[place + 5 : head.find(">", place, place + _LONGEST_TAG)]
        name = _NAME.search(inside)
        if name and name[1].lower() in _WANTED:
            found.setdefault(name[1].lower(), _attributes(inside).get("content", ""))
    return found


def _places(words: str, text: str) -> Iterator[int]:
    """Where `words` stand; a plain search, since a pattern takes ten times as long."""
    place = text.find(words)
    while place >= 0:
        yield place
        place = text.find(words, place + len(words))


def _attributes(inside: str) -> dict[str, str]:
    return {
        match[1].lower(): html.unescape(match[2] or match[3] or match[4] or "") for match in _ATTRIBUTE.finditer(inside)
    }


def _title(head: str, metas: dict[str, str]) -> str:
    for name in _TITLES:
        if title := _line(metas.get(name, "")):
            return title
    for place in chain(_places("<title", head), _places("<TITLE", head)):
        if element := _TITLE.match(head, place):
            return _line(html.unescape(element[1]))
    return ""


def _date(markup: str, metas: dict[str, str]) -> str:
    for text in chain((metas[name] for name in _DATES if name in metas), _said_in_the_body(markup)):
        if found := _DATE.match(text.strip()):
            return f"{found[1]}-{found[2]}-{found[3]}"
    return ""


def _said_in_the_body(markup: str) -> Iterator[str]:
    """Dates of publication in data for search engines (schema.org), and the first time that the page shows."""
    place = markup.find('"datePublished"')
    if place >= 0 and (found := _PUBLISHED.match(markup, place)):
        yield found[1]
    place = markup.find("datetime=")
    if place >= 0 and (found := _TIME.match(markup, place)):
        yield found[1]


def _licences(head: str, footer: str, metas: dict[str, str]) -> list[str]:
    found = [licence for name in _LICENCES if (licence := _commons(metas.get(name, "")))]
    found += _linked(head + footer)
    asked = metas.get("robots", "").lower().replace(",", " ").split()
    found += sorted(_WISHES.intersection(asked))
    if metas.get("tdm-reservation", "").strip() == "1":
        found.append("tdm-reservation")
    return list(dict.fromkeys(found))


def _linked(markup: str) -> list[str]:
    """The licence that a link is marked as (`rel=license`); else the only Creative Commons licence linked to."""
    marked, mentioned = [], []
    last = -1
    for place in sorted(
        islice(chain(_places('rel="license', markup), _places("creativecommons.org/", markup)), _LINKS)
    ):
        start = markup.rfind("<", max(0, place - _LONGEST_TAG), place)
        match = _LINK.match(markup, start) if start > last else None
        if match is None:
            continue
        last = start
        attributes = _attributes(match[1])
        address = attributes.get("href", "").strip()
        if "license" in attributes.get("rel", "").lower().split() and address:
            marked.append(_commons(address) or _line(address))
        elif licence := _commons(address):
            mentioned.append(licence)
    # Pictures have licences of their own: where several are named, none is known to be the page's.
    return marked or (mentioned[:1] if len(set(mentioned)) == 1 else [])


def _commons(address: str) -> str:
    """The SPDX name of the Creative Commons licence that an address leads to, or ""."""
    found = _COMMONS.search(address)
    if found is None:
        return ""
    if found[3]:
        return "CC0-1.0" if found[3].lower() == "zero" else "CC-PDM-1.0"
    return f"CC-{found[1].upper()}-{found[2]}"


def _line(text: str) -> str:
    """One line of text that UTF-8 can hold."""
    return _SPACES.sub(" ", text).strip().encode("utf-8", "replace").decode()
