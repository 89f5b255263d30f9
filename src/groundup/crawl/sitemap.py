"""Sitemaps (sitemaps.org, protocol 0.9): lists of pages, and lists of such lists, as XML or as plain lines.

They are read as a stream, entities are never resolved, and both kinds of list have the protocol's own limits.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from itertools import islice

from groundup.crawl.address import Address, AddressError, parse
from groundup.crawl.settings import LARGEST_SITEMAP
from groundup.crawl.unpack import unzipped

# The protocol's limit on one file.
MOST_ENTRIES = 50_000


# One at a time: there may be as many as bytes.
_LINE = re.compile(rb"[^\r\n]+")


@dataclass
class Sitemap:
    """What one sitemap names."""

    pages: list[Address] = field(default_factory=list)
    sitemaps: list[Address] = field(default_factory=list)
    is_cut: bool = False
    """Whether it was damaged or went beyond the limits; what came before that is here."""


def read_sitemap(address: Address, body: bytes) -> Sitemap:
    """The addresses in a sitemap, each once; raises UnpackError where its gzip cannot be unpacked."""
    content = unzipped(body, LARGEST_SITEMAP)
    found = Sitemap()
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        _read_xml(content, address, found)
    else:
        lines = _LINE.finditer(content.removeprefix(b"\xef\xbb\xbf"))
        for line in islice(lines, MOST_ENTRIES):
            _add(found.pages, line[0].decode("utf-8", "replace"), address)
        found.is_cut = next(lines, None) is not None
    found.pages = list({page.key: page for page in found.pages}.values())
    found.sitemaps = list({page.key: page for page in found.sitemaps}.values())
    return found


def _read_xml(content: bytes, address: Address, found: Sitemap) -> None:
    from lxml import etree

    entries = 0
    events = etree.iterparse(
        io.BytesIO(content), events=("end",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        for _, element in events:
            name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
            parent = element.getparent()
            # image:loc and video:loc are of other kinds and stand in other parents.
            if name == "loc" and parent is not None:
                kind = parent.tag.rpartition("}")[2] if isinstance(parent.tag, str) else ""
                if kind in ("url", "sitemap"):
                    if entries == MOST_ENTRIES:
                        found.is_cut = True
                        return
                    entries += 1
                    _add(found.pages if kind == "url" else found.sitemaps, element.text or "", address)
            elif name in ("url", "sitemap") and parent is not None:
                # Read and done with: the tree stays as small as one entry.
                parent.remove(element)
    except etree.LxmlError:
        found.is_cut = True


def _add(addresses: list[Address], text: str, base: Address) -> None:
    try:
        addresses.append(parse(text, base.text))
    except AddressError:
        return
