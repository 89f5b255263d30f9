"""The promises of trust.md for the extraction of pages: R12 odd input, S4 hostile markup, S6 patterns."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.document import Document, Page, Reading
from groundup.corpus.extraction.bounds import refusal
from groundup.corpus.extraction.charset import decode_page
from groundup.corpus.extraction.extract import extract
from groundup.corpus.extraction.facts import facts
from groundup.corpus.extraction.settings import ExtractionSettings
from groundup.corpus.extraction.union import union

EXTRACTORS = ("trafilatura", "resiliparse", "union", "plain")


def read(content: bytes, extractor: str) -> Reading:
    settings = ExtractionSettings(extractor)  # type: ignore[arg-type]
    return extract(Page(Document("hostile", "trust"), content, "text/html"), settings)


HOSTILE: dict[str, Callable[[], str]] = {
    "entities": lambda: '<!DOCTYPE html [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]><p>&b;&b;</p>',
    "outside entity": lambda: '<!DOCTYPE html [<!ENTITY a SYSTEM "file:///etc/passwd">]><p>&a;</p>',
    "text node of 50 MB": lambda: "<p>start</p><p>" + "word " * 10_000_000 + "</p><p>end</p>",
    "text node of 5 MB": lambda: "<p>start</p><p>" + "word " * 1_000_000 + "</p><p>end</p>",
    "500,000 deep": lambda: "<div>" * 500_000 + "deep" + "</div>" * 500_000,
    "2,000 deep": lambda: "<div>" * 1990 + "deep" + "</div>" * 1990,
    "deep and never closed": lambda: "<b><i><section>" * 200_000,
    "a million attributes": lambda: "<p " + " ".join(f"a{number}=1" for number in range(1_000_000)) + ">after</p>",
    "one attribute a million times": lambda: "<p " + "a=1 " * 1_000_000 + ">after</p>",
    "tags that open again": lambda: "<p>" + "".join(f"<font size={n}>" for n in range(5000)) + "<p>x" * 5000,
    "tables in tables": lambda: "<table><tr><td>" * 100_000,
    "comments never closed": lambda: "<p>x</p>" + "<!--" * 500_000,
    "scripts never closed": lambda: "<p>x</p>" + "<script>" * 200_000,
    "references": lambda: "<p>" + "&amp;&#9" * 500_000,
    "nothing but <": lambda: "<" * 2_000_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("extractor", EXTRACTORS)
@pytest.mark.parametrize("name", HOSTILE)
def test_s4_hostile_pages_end_with_a_text_or_a_reason(name: str, extractor: str) -> None:
    content = HOSTILE[name]().encode()
    began = time.process_time()
    reading = read(content, extractor)
    assert time.process_time() - began < 30
    assert reading.characters == len(content)
    last = reading.changes[-1]
    assert last.after == len(reading.document.text)
    assert last.sample
    assert reading.is_dropped or reading.document.text


@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_s4_no_entity_is_followed(extractor: str) -> None:
    for name in ("entities", "outside entity"):
        reading = read(HOSTILE[name]().encode(), extractor)
        assert reading.changes[-1].rule == "entities"
        assert reading.document.text == ""


@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_s4_what_is_deep_but_bearable_is_not_lost(extractor: str) -> None:
    page = "<div>" * 900 + "<p>A sentence of the depths, said slowly and in full.</p>" + "</div>" * 900
    assert "sentence of the depths" in read(page.encode(), extractor).document.text


ARTICLE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A walk</title></head>'
    "<body><article><h1>A walk</h1>"
    + "<p>They walked along the river and said nothing of the year before.</p>" * 5
    + "<table><tr><td>one</td></tr></table><ul><li>first</li></ul></article><!-- end --></body></html>"
).encode()


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """The article with bytes flipped, pieces cut, moved and said again."""
    data = bytearray(ARTICLE)
    chance = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 12))):
        place, length = chance.randrange(len(data) + 1), chance.randrange(40)
        kind = chance.randrange(4)
        if kind == 0:
            data[place : place + length] = b""
        elif kind == 1:
            data[place:place] = data[place : place + length] * chance.randrange(1, 4)
        elif kind == 2:
            data[place : place + 1] = bytes([chance.randrange(256)])
        else:
            data[place:place] = bytes(chance.randrange(256) for _ in range(3))
    return bytes(data)


@pytest.mark.slow
@effort(max_examples=1000, deadline=None)
@given(mutations(), st.sampled_from(EXTRACTORS))
def test_r12_mutated_pages_end_in_a_reading(content: bytes, extractor: str) -> None:
    reading = read(content, extractor)
    reading.document.text.encode()
    assert reading.changes[-1].after == len(reading.document.text)


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "decode_page": lambda text: decode_page(text.encode()),
    "facts": lambda text: facts(text.encode()),
    "facts in a body": lambda text: facts(b"<body>license" + text.encode()),
    "refusal": lambda text: refusal(text.encode(), len(text), ExtractionSettings()),
    "union": lambda text: union(text, text[::-1]),
}
UNITS = {
    "metas": "<meta name=",
    "metas that never end": "<meta ",
    "titles": "<title>",
    "links": "<a rel=license href=",
    "attributes": "a='b' ",
    "quotes": "\"'",
    "dates": '"datePublished"<time datetime=',
    "document types": "<!doctype [",
    "words": "one two three four five\n",
}


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_s6_what_looks_at_markup_is_near_linear(function: Callable[[str], object], unit: str) -> None:
    def seconds(size: int) -> float:
        text = (unit * (size // len(unit) + 1))[:size]
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            function(text)
            best = min(best, time.process_time() - began)
        return best

    short, long = seconds(25_000), seconds(100_000)
    assert long < 0.3
    assert long < 8 * short + 0.01
