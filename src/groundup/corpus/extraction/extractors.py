"""The extractors: from a page's markup to its main text, "" where it has none.

trafilatura and resiliparse do the work. What is ours is that they get the page as UTF-8 bytes and parsed once, that
nothing a parser left out goes unsaid, and that nothing is fetched, logged or asked of the clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from groundup.corpus.extraction.settings import ExtractionSettings
from groundup.corpus.extraction.union import union
from groundup.corpus.sources.markup import readable

# Characters that XML does not know, which libxml2 would not keep.
_NO_XML = bytes(byte for byte in range(32) if byte not in b"\t\n\r")


class CutShortError(Exception):
    """A parser gave up before the end of a page; the message says why."""


def _trafilatura(text: str, markup: bytes, settings: ExtractionSettings) -> str:
    from lxml.etree import LxmlError
    from lxml.html import document_fromstring
    from trafilatura import extract

    parser = _parser()
    try:
        tree = document_fromstring(markup.translate(None, _NO_XML), parser=parser)
    except LxmlError:
        # There is nothing in it but comments and space.
        return ""
    for error in parser.error_log.filter_from_fatals():
        if error.type_name == "ERR_RESOURCE_LIMIT":
            raise CutShortError(error.message)
    return extract(tree, options=_options(settings)) or ""


def _resiliparse(text: str, markup: bytes, settings: ExtractionSettings) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    # Without these, texts of pictures, forms and what is for browsers without scripts stand among the sentences: the
    # measured F1 is .916 without them.
    return extract_plain_text(
        text,
        main_content=True,
        alt_texts=False,
        form_fields=False,
        noscript=False,
        links=settings.links,
        comments=settings.comments,
        skip_elements=None if settings.tables else ["table"],
    )


def _union(text: str, markup: bytes, settings: ExtractionSettings) -> str:
    return union(_trafilatura(text, markup, settings), _resiliparse(text, markup, settings))


def _plain(text: str, markup: bytes, settings: ExtractionSettings) -> str:
    return readable(text).text


Extractor = Callable[[str, bytes, ExtractionSettings], str]
"""Takes a page as text and as UTF-8, and the settings."""

EXTRACTORS: Mapping[str, Extractor] = {
    "trafilatura": _trafilatura,
    "resiliparse": _resiliparse,
    "union": _union,
    "plain": _plain,
}


@cache
def _parser() -> Any:
    """A parser like trafilatura's own, but for `huge_tree`: with it, elements may nest 2,048 deep and not only 256."""
    from lxml.html import HTMLParser

    # It says "discarding data" of each page without content, which is in the ledger.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    return HTMLParser(
        collect_ids=False,
        default_doctype=False,
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        huge_tree=True,
        no_network=True,
    )


@cache
def _options(settings: ExtractionSettings) -> Any:
    from trafilatura.settings import Extractor as Options

    return Options(
        fast=not settings.fallbacks, comments=settings.comments, tables=settings.tables, links=settings.links
    )
