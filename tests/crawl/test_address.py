from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.crawl.address import AddressError, parse

BASE = "http://example.org/a/b.html?c=d"


@settings(deadline=None)
@given(
    st.text(max_size=60), st.sampled_from(["", "http://example.org/", "https://h.example:81/x?", "//other.example/"])
)
def test_an_address_read_again_is_the_same_and_is_ascii(text, front) -> None:
    try:
        address = parse(front + text, BASE)
    except AddressError:
        return
    again = parse(address.text)
    assert again == address
    assert address.text.isascii()
    assert not set(address.text) & set(" \t\r\n\0#")
    assert urlsplit(address.text).hostname == address.host
    assert urlsplit(address.text).path.startswith("/")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HTTP://Example.ORG:80", "http://example.org/"),
        ("https://example.org.:443/x#y", "https://example.org/x"),
        ("../c/./d/../e?x=1&y=", "http://example.org/c/e?x=1&y="),
        ("/%2e%2e/%2E/x", "http://example.org/x"),
        ("//other.example//double", "http://other.example//double"),
        ("?q=é", "http://example.org/a/b.html?q=%C3%A9"),
        ("/é ü", "http://example.org/%C3%A9%20%C3%BC"),
        (" /p\n/q\t ", "http://example.org/p/q"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("/p?utm_source=x&id=3&fbclid=7", "http://example.org/p?id=3"),
        ("/p?b=http://x.org/y", "http://example.org/p?b=http://x.org/y"),
        ("http://[2606:4700::1]:8080/x", "http://[2606:4700::1]:8080/x"),
    ],
)
def test_the_form_that_is_asked_for(text, expected) -> None:
    assert parse(text, BASE).text == expected


def test_a_query_is_in_the_encoding_of_its_page() -> None:
    assert parse("?q=é", BASE, "latin-1").text.endswith("?q=%E9")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/x?b=1&a=2", "/x?a=2&b=1", True),
        ("/~me/%7ex", "/%7Eme/~x", True),
        ("/x?a=1#b", "/x?a=1", True),
        ("/x/", "/x", False),
        ("/X", "/x", False),
        ("//x", "/x", False),
        ("/x?a=", "/x", False),
        ("https://example.org/x", "http://example.org/x", False),
        ("http://www.example.org/x", "http://example.org/x", False),
    ],
)
def test_two_spellings_of_one_page_share_a_key(one, other, same) -> None:
    front = "" if "://" in one else "http://example.org"
    assert (parse(front + one).key == parse(other, "http://example.org/").key) is same


@pytest.mark.parametrize(
    "text",
    ["mailto:a@b.cd", "javascript:void(0)", "data:text/html,x", "file:///etc/passwd", "ftp://x.org/", "ws://x.org/",
     "http://user@x.org/", "http://user:word@x.org/", "http://@x.org/", "http://x.org:99999/", "http://x.org:y/",
     "http://[::1", "http://exa mple.org/", "http://a%00b.org/", "http://[fe80::1%25eth0]/"],
)  # fmt: skip
def test_what_is_no_address_is_said_so(text) -> None:
    with pytest.raises(AddressError):
        parse(text, BASE)


@pytest.mark.parametrize("text", ["", "http://", "http:///x", "https://?x", "example.org", "/x", "http://./"])
def test_an_address_to_start_from_has_a_host(text) -> None:
    with pytest.raises(AddressError):
        parse(text)


def test_backslashes_mean_what_browsers_take_them_for() -> None:
    assert parse("http://x.org\\@127.0.0.1/").host == "x.org"


def test_what_a_robots_txt_speaks_for() -> None:
    assert parse("https://www.example.org:444/x").site == "https://www.example.org:444"
    assert parse("https://example.org:443/x").site == "https://example.org"
    assert parse("http://example.org:443/x").site == "http://example.org:443"
