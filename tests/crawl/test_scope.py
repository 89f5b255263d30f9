from __future__ import annotations

import pytest

from groundup.crawl.address import parse
from groundup.crawl.scope import OUTSIDE, REPEATED, TOO_DEEP, TOO_LONG, TOO_MANY_REDIRECTS, Scope, start_addresses
from groundup.crawl.settings import CrawlSettings
from groundup.errors import GroundupError


def refusal(text: str, depth: int = 1, redirects: int = 0, **changes) -> str:
    settings = CrawlSettings(**{"start": ("http://example.org/docs/",), "contact": "a@b.cd", **changes})
    starts = [parse(start) for start in settings.start]
    return Scope(settings, starts).refusal(parse(text), depth, redirects)


@pytest.mark.parametrize(
    ("text", "within", "inside"),
    [
        ("http://example.org/", (), True),
        ("https://www.example.org/x", (), True),
        ("http://sub.example.org/", (), False),
        ("http://example.org.evil.example/", (), False),
        ("http://notexample.org/", (), False),
        ("http://example.org:8080/", (), False),
        ("http://example.org:8080/", ("example.org:8080",), True),
        ("http://sub.example.org/", ("*.example.org",), True),
        ("http://example.org/", ("*.example.org",), True),
        ("http://badexample.org/", ("*.example.org",), False),
        ("http://example.org/docs/x", ("example.org/docs/",), True),
        ("http://example.org/docsx", ("example.org/docs/",), False),
        ("http://example.org/docs/../x", ("example.org/docs/",), False),
        ("http://other.example/", ("example.org", "https://other.example/"), True),
    ],
)
def test_hosts_and_paths(text, within, inside) -> None:
    assert refusal(text, within=within) == ("" if inside else OUTSIDE)


def test_a_sitemap_may_lie_outside_the_paths_but_not_the_hosts() -> None:
    settings = CrawlSettings(("http://example.org/docs/",), "a@b.cd", within=("example.org/docs/",))
    scope = Scope(settings, [])
    assert scope.refusal(parse("http://example.org/sitemap.xml"), 0, is_sitemap=True) == ""
    assert scope.refusal(parse("http://other.example/sitemap.xml"), 0, is_sitemap=True) == OUTSIDE


def test_marks_of_sites_without_an_end() -> None:
    assert refusal("http://example.org/a/b/a/b/a/b/") == ""
    assert refusal("http://example.org/a/b/a/b/a/b/a/") == REPEATED
    assert refusal("http://example.org/" + "x" * 2000) == TOO_LONG
    assert refusal("http://example.org/", depth=21) == TOO_DEEP
    assert refusal("http://example.org/", redirects=5) == ""
    assert refusal("http://example.org/", redirects=6) == TOO_MANY_REDIRECTS


def test_safety_comes_before_scope() -> None:
    assert refusal("http://10.0.0.1/", within=("10.0.0.1", "example.org")) == "a private address"
    assert refusal("http://10.0.0.1/", within=("10.0.0.1",), allow_private=("10.0.0.1",)) == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": ("ftp://example.org/",)}, "not a web address"),
        ({"start": ("http://localhost/",)}, "--allow-private localhost"),
        ({"start": ("http://example.org/",), "within": ("other.example",)}, "out of scope"),
        ({"start": ("http://example.org/",), "within": ("exa mple",)}, "no place"),
    ],
)
def test_a_start_that_cannot_be_is_said_at_once(changes, message) -> None:
    with pytest.raises(GroundupError, match=message):
        start_addresses(CrawlSettings(**{"contact": "a@b.cd", **changes}))


def test_a_bare_host_is_taken_for_https() -> None:
    assert start_addresses(CrawlSettings(("example.org/x",), "a@b.cd"))[0].text == "https://example.org/x"
