"""What a page says of itself in its tags: title, date, licence, and what its author asks of robots.

Only tags are read, never the day on which this runs, so that a page says the same for ever. A date is what the page
says of its publication; that of a change, or of the fetch, is another thing. All is looked for in the page's bytes:
most of them are of no interest, and only what is found becomes text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from groundup.corpus.sources.headers import wishes

# Few heads are longer.
_HEAD = 100_000
_LONGEST_TAG = 3000
# A page's licence stands in its head or in its footer.
_FOOTER = 20_000
# Links to licences have one of these. Where a page has more of them, the first tell.
_OF_LICENCES = (b'rel="license', b"creativecommons.org/")
_LINKS = 200

# The end of the head, or a meta tag: its name, where that stands first, and the rest of it. To look for one character
# that is not there is three times as quick as to look for two: hence `<` may stand in it.
_META = re.compile(
    rb"<(?:/head>|meta\s{1,9}(?:(?:name|property|itemprop)=[\"']?([^\s\"'<>]{1,60}))?([^>]{0,3000}+)>)",
    re.IGNORECASE,
)
_NAME = re.compile(rb"[\s\"'](?:name|property|itemprop)\s{0,5}=\s{0,5}[\"']?\s{0,5}([^\s\"'<>]{1,60})", re.IGNORECASE)
_TITLE = re.compile(rb"<title\b[^<>]{0,300}+>([^<]{1,1000}+)", re.IGNORECASE)
_LINK = re.compile(rb"<(?:a|link)\s([^<>]{1,3000}+)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    rb"(?<![\w:-])([a-zA-Z:-]{1,40})\s{0,5}=\s{0,5}(?:\"([^\"]{0,2000})\"|'([^']{0,2000})'|([^\s\"'>]{1,500}))"
)
_TIME = re.compile(rb"datetime=[\"']?([^\"'<>]{4,40})")
_PUBLISHED = re.compile(rb"\"datePublished\"\s{0,9}:\s{0,9}\"([^\"]{4,40})\"")
# ISO 8601, as all the tags above ask for; 20190407 without hyphens too.
_DATE = re.compile(r"((?:19|20)\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")
_COMMONS = re.compile(
    r"creativecommons\.org/(?:licenses/([a-z]{2}(?:-[a-z]{2}){0,2})/([1-4]\.[05])|publicdomain/(zero|mark)/1\.0)",
    re.IGNORECASE,
)

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
_WANTED = frozenset(name.encode() for name in (*_DATES, *_TITLES, *_LICENCES, "robots", "tdm-reservation"))


@dataclass(frozen=True)
class Facts:
    """A page's title, day of publication (ISO 8601) and licence, each "" where it says nothing.

    `licence` is a list with "; " between: a Creative Commons licence by its SPDX name, an address that the page calls
    its licence as it is, and the wishes `noai`, `noimageai`, `noml` and `tdm-reservation`.
    """

    title: str = ""
    date: str = ""
    licence: str = ""


def facts(markup: bytes) -> Facts:
    """What the tags of a page, which is UTF-8, say of it. Never raises."""
    metas, end = _metas(markup)
    return Facts(_title(markup, metas), _date(markup, metas), "; ".join(_licences(markup, end, metas)))


def _metas(markup: bytes) -> tuple[dict[str, str], int]:
    """The content of the head's meta tags that matter, by their name in small letters, and where the head ends.

    The first of a name counts.
    """
    found: dict[str, str] = {}
    for tag in _META.finditer(markup, 0, _HEAD):
        name, rest = tag.groups()
        if rest is None:
            return found, tag.start()
        if not name and (later := _NAME.search(rest)):
            name = later[1]
        if name and (small := name.lower()) in _WANTED:
            found.setdefault(small.decode(), _attribute(rest, b"content"))
    return found, min(len(markup), _HEAD)


def _attribute(inside: bytes, name: bytes) -> str:
    """The value of a tag's first attribute of that name (in small letters), or ""."""
    for match in _ATTRIBUTE.finditer(inside):
        if match[1].lower() == name:
            return _said(match[2] or match[3] or match[4] or b"")
    return ""


def _title(markup: bytes, metas: dict[str, str]) -> str:
    for name in _TITLES:
        if title := _line(metas.get(name, "")):
            return title
    # Not only in the head: scripts say `</head>` too.
    element = _TITLE.search(markup, 0, _HEAD)
    return _line(_said(element[1])) if element else ""


def _date(markup: bytes, metas: dict[str, str]) -> str:
    for text in chain((metas[name] for name in _DATES if name in metas), _said_in_the_body(markup)):
        if found := _DATE.match(text.strip()):
            return f"{found[1]}-{found[2]}-{found[3]}"
    return ""


def _said_in_the_body(markup: bytes) -> Iterator[str]:
    """Dates of publication in data for search engines (schema.org), and the first time that the page shows."""
    for words, pattern in ((b'"datePublished"', _PUBLISHED), (b"datetime=", _TIME)):
        place = markup.find(words)
        if place >= 0 and (found := pattern.match(markup, place)):
            yield _said(found[1])


def _licences(markup: bytes, end: int, metas: dict[str, str]) -> list[str]:
    found = [licence for name in _LICENCES if name in metas and (licence := _commons(metas[name]))]
    found += _linked(markup, end)
    found += wishes(metas.get("robots", ""), metas.get("tdm-reservation", ""))
    return list(dict.fromkeys(found))


def _linked(markup: bytes, end: int) -> list[str]:
    """The licence that a link in a page's head, which ends there, or footer is marked as (`rel=license`).

    Without one, the only Creative Commons licence linked to there.
    """
    places = []
    for begin, stop in ((0, end), (max(end, len(markup) - _FOOTER), len(markup))):
        for words in _OF_LICENCES:
            # A pattern would take ten times as long.
            place = markup.find(words, begin, stop)
            while place >= 0:
                places.append(place)
                place = markup.find(words, place + len(words), stop)
    marked, mentioned = [], []
    last = -1
    for place in sorted(places)[:_LINKS]:
        start = markup.rfind(b"<", max(0, place - _LONGEST_TAG), place)
        match = _LINK.match(markup, start) if start > last else None
        if match is None:
            continue
        last = start
        address = _attribute(match[1], b"href").strip()
        if "license" in _attribute(match[1], b"rel").lower().split() and address:
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


def _said(value: bytes) -> str:
    """What an attribute or element says; a letter cut in two at its end is left out."""
    return html.unescape(value.decode("utf-8", "ignore"))


def _line(text: str) -> str:
    return " ".join(text.split())
