from __future__ import annotations

import contextlib
import gzip
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.crawl.address import parse
from groundup.crawl.settings import LARGEST_SITEMAP
from groundup.crawl.sitemap import MOST_ENTRIES, read_sitemap
from groundup.crawl.unpack import UnpackError

HERE = parse("https://example.org/sitemap.xml")
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def pages(body: bytes) -> list[str]:
    return [page.text for page in read_sitemap(HERE, body).pages]


def test_pages_and_further_sitemaps() -> None:
    urls = f"""<?xml version="1.0"?><urlset {SPACE} xmlns:i="http://x/image"><url><loc> https://example.org/a </loc>
    <i:image><i:loc>https://example.org/no.png</i:loc></i:image></url><url><loc>/b?x=1&amp;y=2</loc></url>
    <url><loc>https://example.org/a</loc></url><url><loc>mailto:a@b.cd</loc></url><url/></urlset>""".encode()
    assert pages(urls) == ["https://example.org/a", "https://example.org/b?x=1&y=2"]
    assert pages(gzip.compress(urls)) == pages(urls)
    index = f"<sitemapindex {SPACE}><sitemap><loc>/s2.xml.gz</loc></sitemap></sitemapindex>".encode()
    assert [page.text for page in read_sitemap(HERE, index).sitemaps] == ["https://example.org/s2.xml.gz"]
    assert pages(b"\xef\xbb\xbfhttps://example.org/a\r\n\r\nhttps://example.org/b\n") == [
        "https://example.org/a",
        "https://example.org/b",
    ]


def test_what_comes_before_the_damage_is_kept() -> None:
    found = read_sitemap(HERE, f"<urlset {SPACE}><url><loc>/a</loc></url><url><loc>/b</lo".encode())
    assert ([page.path for page in found.pages], found.is_cut) == (["/a"], True)


def test_limits_and_bombs() -> None:
    found = read_sitemap(HERE, b"<urlset>" + b"<url><loc>/a</loc></url>" * (MOST_ENTRIES + 9) + b"</urlset>")
    assert (len(found.pages), found.is_cut) == (1, True)
    with pytest.raises(UnpackError):
        read_sitemap(HERE, gzip.compress(bytes(80_000_000)))
    laughs = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in range(ord("b"), ord("k"))
    )
    assert pages(laughs + b"]><urlset><url><loc>http://example.org/&j;</loc></url></urlset>") in (
        [],
        ["http://example.org/"],
    )
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>/&a;</loc></url></urlset>'
    assert all("root" not in page for page in pages(outside))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_sitemap_as_large_as_the_protocol_allows_is_read_to_its_end(pack: Callable[[bytes], bytes]) -> None:
    entry = "<url><loc>/%05d</loc><lastmod>" + " " * 950 + "</lastmod></url>\n"
    body = ("<urlset>" + "".join(entry % number for number in range(MOST_ENTRIES)) + "</urlset>").encode()
    assert 0.9 * LARGEST_SITEMAP < len(body) <= LARGEST_SITEMAP
    found = read_sitemap(HERE, pack(body))
    assert (len(found.pages), found.is_cut) == (MOST_ENTRIES, False)


def test_lines_without_end_take_little_memory() -> None:
    tracemalloc.start()
    found = read_sitemap(HERE, b"/a\n" + b"\n" * 20_000_000 + b"/b\r/c\r\n")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [page.path for page in found.pages] == ["/a", "/b", "/c"]
    # The lines themselves, and no list of them.
    assert most < 60_000_000
    assert read_sitemap(HERE, b"/a\n" * (MOST_ENTRIES + 1)).is_cut
    assert not read_sitemap(HERE, b"/a\n" * MOST_ENTRIES).is_cut


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_sitemap_or_refused(body) -> None:
    for content in (body, b"<urlset>" + body, b"<urlset><url><loc>" + body + b"</loc></url>"):
        with contextlib.suppress(UnpackError):
            read_sitemap(HERE, content)
