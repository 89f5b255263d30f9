"""What would take a parser too long is refused, and what honest pages have is not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.corpus.extraction.bounds import refusal
from groundup.corpus.extraction.settings import ExtractionSettings

SETTINGS = ExtractionSettings(largest_page=50)

HOSTILE = {
    "size": "x" * 50_000_001,
    "depth": "<div>" * 500_000,
    "attributes": "<p " + " ".join(f"a{number}=1" for number in range(1_000_000)) + ">",
    "entities": '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><p>&b;</p>',
    "unclosed": "<p>" + "".join(f"<font size={number}>" for number in range(1500)) + "<p>x" * 1500,
}


@pytest.mark.parametrize("rule", HOSTILE)
def test_hostile_pages_are_refused_in_time_that_grows_with_their_length(rule: str) -> None:
    markup = HOSTILE[rule].encode()
    began = time.process_time()
    refused = refusal(markup, len(markup), SETTINGS)
    assert time.process_time() - began < 5
    assert refused is not None
    assert refused.rule == rule
    assert refused.value > refused.threshold


MANY = "<p " + " a=1" * 10_000 + ">x</p>"


@pytest.mark.parametrize("name", ["noscript", "template", "div"])
def test_what_parsers_without_scripts_read_as_elements_hides_no_tag(name: str) -> None:
    refused = refusal(f"<{name}>{MANY}</{name}>".encode(), 1, SETTINGS)
    assert refused is not None
    assert refused.rule == "attributes"


@pytest.mark.parametrize("name", ["script", "style", "textarea", "title", "iframe", "xmp", "noembed", "noframes"])
def test_what_parsers_read_as_text_holds_no_tag(name: str) -> None:
    from lxml.html import document_fromstring
    from resiliparse.parse.html import HTMLTree

    page = f"<html><body><{name}><p a=1>x</p></{name}></body></html>"
    assert not document_fromstring(page.encode()).findall(".//p")
    assert not HTMLTree.parse(page).document.query_selector("p")
    assert refusal(f"<{name}>{MANY}</{name}>".encode(), 1, SETTINGS) is None


@pytest.mark.parametrize(
    "markup",
    [
        "",
        "<",
        "<p>" * 30_000,
        "<ul>" + "<li>x" * 30_000,
        "<div><p>x</div>" * 30_000,
        "<script>if (a <b ) {" + "var i = 1; " * 30_000 + "}</script>",
        "<p>" + "word " * 1_000_000,
        '<img alt="' + "word " * 30_000 + '">',
        "<!DOCTYPE html><p>In XML one writes &lt;!ENTITY or <!ENTITY",
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">',
        "x<br>" * 100_000,
        "<b>x</b>" * 100_000,
    ],
    ids=lambda markup: markup[:20],
)
def test_long_pages_are_no_hostile_ones(markup: str) -> None:
    assert refusal(markup.encode(), len(markup), SETTINGS) is None


@given(st.text(st.sampled_from("<>/p=\"' a!-[]")))
def test_any_markup_has_an_answer(markup: str) -> None:
    assert refusal(markup.encode(), len(markup), SETTINGS) is None


@pytest.mark.parametrize("unit", ["<a ", '"', "'", "<!doctype ", "<script", '<p "', "<font>", "</", "[<!entity "])
def test_the_look_is_linear(unit: str) -> None:
    markup = (unit * (1_000_000 // len(unit))).encode()
    began = time.process_time()
    refusal(markup, len(markup), SETTINGS)
    assert time.process_time() - began < 3
