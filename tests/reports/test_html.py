from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from groundup.model.describe import outline
from groundup.model.model import build_model
from groundup.model.settings import ModelSettings
from groundup.reports import document, html
from groundup.reports.chart import Chart, Series
from groundup.reports.histogram import Histogram, Layer

sys.path.insert(0, str(Path(__file__).parent))
from pages import Page

HOSTILE = (
    "<script>alert(1)</script>",
    "</pre></main></body></html><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<!--",
    "-->",
    "<![CDATA[",
    "&lt;script&gt;",
    "&#x3c;script>",
    "javascript:alert(1)",
    "<a href='data:text/html,<script>alert(1)</script>'>",
    '<meta http-equiv="refresh" content="0;url=//example.org">',
    "<plaintext>",
    "\x00<\x00script>",
    "\ud800<script>",
    "<<script>>",
    "{{7*7}}${7*7}",
)
hostile = some.one_of(
    some.sampled_from(HOSTILE),
    some.lists(some.sampled_from([*HOSTILE, "<", ">", '"', "'", "&", "=", "\n", "a", " "]), max_size=8).map("".join),
    some.text(some.characters() | some.characters(categories=["Cs", "Cc"])),
)


MODEL = outline(build_model(ModelSettings(width=16, heads=2, depth=1), 11, 1))


def everything(text: str) -> document.Document:
    """A document with every kind of block, each of its texts being `text`."""
    blocks: tuple[document.Block, ...] = (
        document.Cards((document.Card(text, text, text),)),
        document.Paragraph(text),
        document.Alert(text),
        document.Table(text, (text, text), ((text, document.Bar(0.5)),), frozenset({1})),
        document.Table(text, (text,), ((text,),), is_folded=True),
        document.Figure(Chart(text, text, text, (Series(text, ((1.0, 1.0), (2.0, 0.5))),)), text),
        document.Histograms((Histogram(text, (0.0, 1.0), (Layer(text, (1,)),), ((text, 0.5),), text),), text),
        document.Drawing(MODEL, text, text),
        document.Looks((text, text), (text,), ((1.0,), (1.0,)), text),
        document.Quotes((document.Quote(text, text, text),)),
        document.Chips(text, (text, text)),
        document.Commands(((text, text),)),
        document.Listing(text, text),
        document.Definitions(((text, text),)),
    )
    return document.Document(text, text, blocks, (document.Section("A section", blocks),))


SHAPE = [tag for tag, _ in Page(html.render(everything("plain"))).elements]


@given(hostile)
def test_a_text_adds_no_element_and_no_attribute(text: str):
    # An empty text may leave an element out, so none is empty.
    rendered = html.render(everything(f"x{text}"))
    page = Page(rendered)
    assert page.dangers() == []
    assert [tag for tag, _ in page.elements] == SHAPE
    assert not page.open
    assert not page.misplaced
    rendered.encode()


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.isprintable()])
def test_the_reader_sees_the_text_as_it_is(text: str):
    assert "".join(Page(html.render(everything(text))).text).count(text) >= 20


def test_the_page_is_strict_and_complete():
    rendered = html.render(everything("plain"))
    assert rendered.startswith("<!doctype html>\n")
    assert (
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">" in rendered
    )
    # The policy must come before anything that it should govern.
    assert rendered.index("Content-Security-Policy") < rendered.index("<title>") < rendered.index("<style>")
    assert "prefers-color-scheme: dark" in rendered
    assert "@media print" in rendered
    assert not re.search(r"url\(|@import|https?://", rendered)


def test_every_link_leads_to_a_heading_and_names_are_unique():
    page = Page(html.render(everything("plain")))
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert len(set(names)) == len(names)
    assert links == [f"#{name}" for name in names]


def test_every_colour_the_style_uses_is_defined_for_light_and_dark():
    style = html.render(everything("plain")).partition("<style>")[2].partition("</style>")[0]
    used = set(re.findall(r"var\(--([\w-]+)\)", style))
    light, dark, printed = (
        set(re.findall(r"--([\w-]+):", root)) for root in re.findall(r":root \{(.*?)\}", style, re.S)
    )
    assert used <= light
    assert dark == printed == light - {"serif", "sans", "mono"}


@pytest.mark.parametrize("share", [-1.0, 0.0, 0.3, 1.0, 7.0, float("nan"), float("inf")])
def test_a_bar_stays_within_its_cell(share: float):
    assert 0 <= html.filled(document.Bar(share)) <= 1
