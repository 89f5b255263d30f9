"""What a page says of itself is found, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.corpus.extraction.facts import Facts, facts


def head(inside: str, body: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{inside}</head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (head("<title>A &amp; B\n  here</title>"), "A & B here"),
        (head('<title>A | Site</title><meta content="A" property="og:title">'), "A"),
        (head("<META NAME='twitter:title' CONTENT='B'>"), "B"),
        (head("", "<svg><title></title></svg>"), ""),
        ("<TITLE>Old</TITLE><p>x", "Old"),
        (head('<meta property="og:title" content=" "><title>C</title>'), "C"),
    ],
)
def test_the_title(page: str, title: str) -> None:
    assert facts(page.encode()).title == title


@pytest.mark.parametrize(
    ("page", "date"),
    [
        (head('<meta property="article:published_time" content="2019-11-20T10:00:00+01:00">'), "2019-11-20"),
        (head('<meta name="date" content="20190407">'), "2019-04-07"),
        (head('<meta name="date" content="yesterday">', '<time datetime="2020-02-29 10:00">x</time>'), "2020-02-29"),
        (
            head('<script>{"datePublished": "2018-01-02"}</script>', '<time datetime="2020-02-29">x</time>'),
            "2018-01-02",
        ),
        (head('<meta property="article:modified_time" content="2019-11-20">'), ""),
        (head('<meta name="date" content="2019-13-40">'), ""),
    ],
)
def test_the_date_of_publication(page: str, date: str) -> None:
    assert facts(page.encode()).date == date


@pytest.mark.parametrize(
    ("page", "licence"),
    [
        (head("", '<a rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/">x</a>'), "CC-BY-SA-4.0"),
        (head("<link rel=license href=//creativecommons.org/publicdomain/zero/1.0/ >"), "CC0-1.0"),
        (head("", '<a rel="license nofollow" href="/terms">x</a>'), "/terms"),
        (head("", '<a href="http://creativecommons.org/licenses/by/2.0/">x</a>'), "CC-BY-2.0"),
        # Two pictures, two licences: none is the page's.
        (
            head(
                "",
                '<a href="//creativecommons.org/licenses/by/2.0"><a href="//creativecommons.org/licenses/by-nc/4.0">',
            ),
            "",
        ),
        (head('<meta name="robots" content="index, noai, NOIMAGEAI">'), "noai; noimageai"),
        (head('<meta name="tdm-reservation" content="1">'), "tdm-reservation"),
        (head('<meta name="robots" content="noindex">', "<p>our license is noai</p>"), ""),
    ],
)
def test_the_licence_and_what_the_author_asks(page: str, licence: str) -> None:
    assert facts(page.encode()).licence == licence


@given(
    st.lists(
        st.sampled_from(
            [
                "<meta ",
                "name=",
                '"',
                "'",
                ">",
                "<title>",
                "license",
                "<a ",
                "href=",
                "2019-01-02",
                "&#9",
                "&#xD800;",
                "é",
            ]
        )
    )
)
def test_any_markup_has_facts_that_utf_8_can_hold(parts: list[str]) -> None:
    found = facts("".join(parts).encode())
    assert isinstance(found, Facts)
    found.title.encode()
