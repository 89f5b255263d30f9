"""The tags that wiki markup may contain, by what we make of them.

Documentation: MediaWiki, Help:HTML in wikitext, and Help:Extension tags for those that are no HTML.
"""

from __future__ import annotations


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


REFERENCES = _set("ref references")
FILES = _set("gallery")
DRAWINGS = _set(
    "categorytree charinsert graph hiero imagemap indicator inputbox mapframe maplink score section templatedata"
    " templatestyles timeline"
)
"""What is drawn, played or asked for by a program on the page."""
HIDDEN = _set("includeonly")
MATHEMATICS = _set("math ce chem")
CODE_BLOCKS = _set("pre source syntaxhighlight")
CODE = CODE_BLOCKS | _set("code nowiki")
RAW = _set("gallery graph hiero imagemap inputbox nowiki score templatedata timeline") | CODE_BLOCKS | MATHEMATICS
"""Whose content is not wiki markup: only their own end tag ends them."""
SINGLE = _set("br dd dt hr img li link meta td th tr wbr")
"""Tags that need no end."""
BLOCKS = _set("blockquote caption center dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p poem table tr ul")
EXTENSIONS = REFERENCES | FILES | DRAWINGS | HIDDEN | RAW | _set("poem onlyinclude noinclude")
KNOWN = (
    EXTENSIONS
    | BLOCKS
    | SINGLE
    | CODE
    | _set(
        "abbr b bdi bdo big cite data del dfn em font i ins kbd mark q rb rp rt rtc ruby s samp small span strike"
        " strong sub sup time tt u var"
    )
)
