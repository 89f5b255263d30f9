"""Which pages are refused before a parser sees them, by one linear look at their bytes.

Parsers take time that grows with the square of some things: libxml2 and lexbor compare each attribute of a tag with all
before it (20,000 take half a second, 200,000 minutes), resiliparse climbs from each element to the root (10,000 deep:
two seconds, 500,000: more than an hour), and HTML's rule that unclosed `<font>` and its like begin again in each
paragraph makes a million elements of 17 kB. No honest page comes near any of the limits below.

The look is a count over the bytes that most pages pass at once; only what fails it is taken apart with care. A page
may be made to slip through; what it then takes is bounded by the limits of CPU time and memory of the process that
pages are extracted in, and lxml stops by itself, and says so, at 2,048 elements deep.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from groundup.corpus.extraction.settings import ExtractionSettings

DEEPEST = 2000
MOST_ATTRIBUTES = 2000
MOST_REOPENED = 1_000_000

# A tag is looked at where no `>` ends it for so many bytes: attributes in shorter ones are too few to hurt.
_LONG_TAG = 16_000

_TAG = re.compile(rb"<(/?)([a-z][a-z0-9]{0,31})")
_QUOTED = re.compile(rb"\"[^\"]*+\"|'[^']*+'")
_ATTRIBUTE = re.compile(rb"[^\s/\"'=]+")
# An attribute begins behind one of these, or behind the quote that ends the one before.
_SEPARATORS = b" \t\n\f\r/\"'"
_TAG_WITH_MORE = re.compile(rb"<[a-zA-Z][^\s<>/]{0,64}[\s/]")
# What is text to both parsers, which run no scripts (HTML, 13.2.6.4: so `noscript` has elements, as `template` has).
_RAW_TEXT = re.compile(rb"<(/?)(?:script|style|textarea|title|iframe|xmp|noembed|noframes)\b", re.IGNORECASE)
_ENTITY = re.compile(rb"<!entity\b", re.IGNORECASE)
_SUBSET = re.compile(rb"<!doctype[^\[>]{0,2000}+\[", re.IGNORECASE)
_DOCTYPE_WITHIN = 4096
_SCRIPT_WITHIN = 1_000_000

# Elements that have no content, or end where their next sibling begins, so that unclosed ones do not nest.
_SHALLOW_NAMES = b"""
    area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr
    p li dt dd tr td th tbody thead tfoot option optgroup colgroup caption rp rt html head body
"""
_SHALLOW = frozenset(_SHALLOW_NAMES.split())
# Elements that begin again in the next paragraph where they were not closed (HTML, "the list of active formatting
# elements").
_REOPENED_NAMES = b"a b big code em font i nobr s small strike strong tt u"
_REOPENED = frozenset(_REOPENED_NAMES.split())


@dataclass(frozen=True)
class Refusal:
    """Why a page is not to be parsed: what it has, how much of it, and how much would pass."""

    rule: str
    value: float
    threshold: float
    reason: str


def refusal(markup: bytes, characters: int, settings: ExtractionSettings) -> Refusal | None:
    """Why a page should not be parsed, or None. `markup` is its UTF-8, `characters` its length in characters."""
    most = settings.largest_page * 1_000_000
    if characters > most:
        return Refusal("size", characters, most, f"it has {characters:,} characters of markup (`largest_page`)")
    declared = _entities(markup)
    if declared:
        return Refusal("entities", declared, 0, f"its document type declares {declared:,} entities")
    return _attributes(markup) or _nesting(markup)


def _entities(markup: bytes) -> int:
    """How many entities the document type declares; HTML has no use for any."""
    subset = _SUBSET.search(markup, 0, _DOCTYPE_WITHIN)
    return len(_ENTITY.findall(markup, subset.end())) if subset else 0


def _attributes(markup: bytes) -> Refusal | None:
    """Refuses a page with a tag of too many attributes."""
    start = 0
    while len(markup) - start > _LONG_TAG:
        last = markup.rfind(b">", start, start + _LONG_TAG)
        if last < 0:
            last = markup.find(b">", start + _LONG_TAG)
            last = last if last >= 0 else len(markup)
            if refused := _tag(markup, start, last):
                return refused
        start = last + 1
    return None


def _tag(markup: bytes, begin: int, end: int) -> Refusal | None:
    """Refuses what stands between two `>`, if it is a tag of too many attributes."""
    # Mostly it is a script, and the first `<` in it ends it. A plain search is ten times as quick as a pattern's.
    first = markup.find(b"<", begin, end)
    tag = _TAG_WITH_MORE.search(markup, first, end) if first >= 0 else None
    if tag is None:
        return None
    inside = markup[tag.end() - 1 : end]
    separators = len(inside) - len(inside.translate(None, _SEPARATORS))
    if separators <= MOST_ATTRIBUTES or _is_in_script(markup, tag.start()):
        return None
    count = len(_ATTRIBUTE.findall(_QUOTED.sub(b" = ", inside)))
    if count <= MOST_ATTRIBUTES:
        return None
    return Refusal("attributes", count, MOST_ATTRIBUTES, f"a tag of it has about {count:,} attributes")


def _is_in_script(markup: bytes, place: int) -> bool:
    """Whether a script or the like has begun before and not ended, so that `<` begins no tag there."""
    slashes = _RAW_TEXT.findall(markup, max(0, place - _SCRIPT_WITHIN), place)
    return bool(slashes) and not slashes[-1]


def _nesting(markup: bytes) -> Refusal | None:
    """Refuses a page whose elements nest too deep, or would be opened again too often."""
    # Of so many tags, none is deeper than all, and those left open times those that they begin again behind are at
    # most the square of half of them.
    signs = np.frombuffer(markup, np.uint8)
    tags = signs == ord("<")
    opened = int(np.count_nonzero(tags))
    if opened <= DEEPEST and opened**2 <= 4 * MOST_REOPENED:
        return None
    closed = int(np.count_nonzero(tags[:-1] & (signs[1:] == ord("/"))))
    opened -= closed
    if opened <= DEEPEST and opened * max(0, opened - closed) <= MOST_REOPENED:
        return None
    unclosed: dict[bytes, int] = {}
    depth = deepest = pending = most_pending = 0
    for slash, name in _TAG.findall(markup.lower()):
        if name in _SHALLOW:
            continue
        if not slash:
            step = 1
        elif unclosed.get(name):
            step = -1
        else:
            continue
        unclosed[name] = unclosed.get(name, 0) + step
        depth += step
        deepest = max(deepest, depth)
        if name in _REOPENED:
            pending += step
            most_pending = max(most_pending, pending)
    if deepest > DEEPEST:
        return Refusal("depth", deepest, DEEPEST, f"its elements nest {deepest:,} deep")
    again = opened * most_pending
    if again > MOST_REOPENED:
        return Refusal("unclosed", again, MOST_REOPENED, f"its unclosed tags could be opened {again:,} times")
    return None
