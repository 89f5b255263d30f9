from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.crawl.address import parse
from groundup.crawl.links import MOST_LINKS, directives, read_page

PAGE = parse("http://example.org/a/page.html")


def read(body: bytes, content_type: str = "text/html", headers: tuple[tuple[str, str], ...] = (), signal: str = ""):
    return read_page(PAGE, body, content_type, headers, "groundup", signal)


def links(body: str | bytes, content_type: str = "text/html") -> list[str]:
    found = read(body.encode() if isinstance(body, str) else body, content_type)
    return [link.text.removeprefix("http://example.org") for link in found.links]


def test_links_are_found_in_order_and_once() -> None:
    page = """<a href=b>x</a><A HREF="/c?x=1&amp;y=2">y<area href='d'><a href="b#z"><iframe src=e></iframe>
    <link rel="stylesheet" href=no.css><link rel="Next prefetch" href=f><img src=no.png><a name=no><a href="#top">
    <a href=""><a href="page.html#self"><script>"<a href=no2>"</script><!-- <a href=no3> --><a href="javascript:x">"""
    assert links(page) == ["/a/b", "/c?x=1&y=2", "/a/d", "/a/e", "/a/f"]
    assert read(page.encode()).not_addresses == 1


@pytest.mark.parametrize(
    ("base", "expected"), [("/x/", "/x/b"), ("../y/z", "/y/b"), ("", "/a/b"), ("data:x", "/a/b"), ("http://[", "/a/b")]
)
def test_a_base_counts_where_it_is_an_address(base, expected) -> None:
    assert links(f'<base href="{base}"><base href="/no/"><a href=b>') == [expected]


def test_only_html_has_links() -> None:
    assert links("<a href=b>", "text/plain") == []
    assert links("<a href=b>", "application/xhtml+xml; charset=x") == ["/a/b"]
    assert links("<a href=b>", "") == ["/a/b"]


def test_queries_follow_the_page_encoding_whatever_the_header_says() -> None:
    assert links('<meta charset="iso-8859-1"><a href="?q=é">'.encode("latin-1")) == ["/a/page.html?q=%E9"]
    assert links('<a href="/é">'.encode("latin-1"), "text/html; charset=no-such") != []


@settings(deadline=None)
@given(
    st.binary(max_size=300), st.sampled_from(["text/html", "text/html; charset=utf-16", "text/html;charset=\0", "x"])
)
def test_any_bytes_are_a_page(body, content_type) -> None:
    for link in read(b"<a href='" + body + b"'><a href=x>", content_type).links:
        assert parse(link.text) == link


@pytest.mark.parametrize(
    "body",
    [b"<div>" * 300_000, b"<a " + b" ".join(b"a%d=1" % n for n in range(200_000)) + b">", b"<p>" + b"x" * 5_000_000,
     b'<p x="' + b"x" * 5_000_000 + b'">', b"<p>" + b"&amp;" * 1_000_000, b'<a href="' * 300_000, b"<" * 1_000_000,
     b"<!--" * 1_000_000, b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + b"&a;" * 100_000],
    ids=["deep", "attributes", "text", "long attribute", "entities", "unclosed", "brackets", "comments", "doctype"],
)  # fmt: skip
def test_hostile_markup_ends(body) -> None:
    began = time.process_time()
    read(body + b"</x><a href=y>")
    assert time.process_time() - began < 5


def test_no_page_has_more_links_than_a_book() -> None:
    found = read(b"".join(b"<a href=%d>" % number for number in range(MOST_LINKS + 7)))
    assert (len(found.links), found.left_out) == (MOST_LINKS, 7)


def test_what_a_page_says_of_its_use_is_kept() -> None:
    page = b"""<meta name=Robots content="NoIndex, NOAI"><meta name=groundup content=nofollow>
    <link rel=license href="https://creativecommons.org/licenses/by/4.0/"><a rel="license nofollow" href="/terms">
    <a href="http://creativecommons.org/publicdomain/zero/1.0/"><meta name="tdm-reservation" content="0">"""
    hints = read(page, headers=(("x-robots-tag", "noimageai"),), signal="ai-train=yes").hints
    assert hints.robots == ("x-robots-tag: noimageai", "robots: NoIndex, NOAI", "groundup: nofollow")
    assert hints.licences == (
        "https://creativecommons.org/licenses/by/4.0/",
        "/terms",
        "http://creativecommons.org/publicdomain/zero/1.0/",
    )
    assert hints.other == ("tdm-reservation: 0", "content-signal: ai-train=yes")
    assert hints.no_ai
    assert hints.nofollow


@pytest.mark.parametrize(
    ("headers", "signal", "no_ai"),
    [((), "", False), ((("tdm-reservation", "1"),), "", True), ((), "ai-train = no", True),
     ((("x-robots-tag", "otherbot: noai"),), "", True), ((("x-robots-tag", "noindex"),), "", False)],
)  # fmt: skip
def test_who_wants_no_training(headers, signal, no_ai) -> None:
    assert read(b"<p>", headers=headers, signal=signal).hints.no_ai is no_ai


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("noindex, nofollow", {"noindex", "nofollow"}),
        ("otherbot: noindex, nofollow", set()),
        ("groundup: nofollow", {"nofollow"}),
        ("otherbot: noindex, groundup: nofollow", {"nofollow"}),
        ("unavailable_after: 1 Jan 2030, nofollow", {"unavailable_after: 1 jan 2030", "nofollow"}),
        ("", set()),
    ],
)
def test_a_directive_may_speak_to_another_crawler(value, expected) -> None:
    assert directives(value, "groundup") == expected
