from __future__ import annotations

import pytest

from groundup.crawl.robots import LARGEST, asks_no_training, content_signal, means_all, rules

HOST = "https://example.org"


def allowed(text: str, path: str, agent: str = "groundup") -> bool:
    return rules(text.encode(), agent).allow(HOST + path)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("", "/x", True),
        ("User-agent: *\nDisallow: /", "/x", False),
        ("User-agent: *\nDisallow:", "/x", True),
        ("User-agent: other\nDisallow: /", "/x", True),
        ("User-agent: GroundUp\nDisallow: /", "/x", False),
        # The group that names the crawler counts alone.
        ("User-agent: *\nDisallow: /\nUser-agent: groundup\nAllow: /", "/x", True),
        # The longest rule wins, and allow where both are as long.
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),
        ("User-agent: *\nDisallow: /*.gif$", "/x/y.gif", False),
        ("User-agent: *\nDisallow: /*.gif$", "/x/y.gif?z", True),
        ("User-agent: *\nDisallow: /a%3Cb", "/a<b", False),
        ("User-agent: *\nDisallow: /é", "/%C3%A9", False),
        # Two groups with one name are one.
        (
            "User-agent: groundup\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUser-agent: groundup\nDisallow: /b",
            "/b",
            False,
        ),
        ("\ufeffUser-agent: *\r\nDisallow: /x\r\n", "/x", False),
        ("<html>not robots at all</html>", "/x", True),
    ],
)
def test_rules_of_rfc_9309(text, path, expected) -> None:
    assert allowed(text, path) is expected


def test_500_kib_are_read_and_no_half_line() -> None:
    head = "User-agent: *\nDisallow: /early\n"
    filler = "# " + "x" * 97 + "\n"
    text = head + filler * ((LARGEST - len(head)) // len(filler) - 1)
    late = "Disallow: /late\n"
    assert not allowed(text + late, "/late"), "within the limit"
    beyond = text + filler * 3 + late
    assert len(beyond) > LARGEST
    assert allowed(beyond, "/late")
    assert not allowed(beyond, "/early")
    # "Disallow: /shop" cut to "Disallow: /" would shut the whole site.
    pad = LARGEST - len(head) - len("Disallow: /")
    assert allowed(head + "#" * (pad - 1) + "\nDisallow: /shop\n", "/free")


def test_delays_and_sitemaps() -> None:
    text = b"Sitemap: https://a.example/s.xml\nUser-agent: *\nCrawl-delay: 2.5\nSitemap: /t.xml\nSitemap: /t.xml\n"
    assert rules(text, "groundup").delay == 2.5
    assert rules(text, "groundup").sitemaps == ["https://a.example/s.xml", "/t.xml"]
    assert rules(b"User-agent: *\nRequest-rate: 1/30", "groundup").delay == 30
    for nonsense in (b"Crawl-delay: -1", b"Crawl-delay: soon", b"Crawl-delay: inf", b"Crawl-delay: nan"):
        assert rules(b"User-agent: *\n" + nonsense, "groundup").delay == 0


def test_what_a_status_means() -> None:
    assert all(means_all(status) for status in (400, 401, 403, 404, 410, 451))
    assert not any(means_all(status) for status in (200, 301, 429, 500, 503))


def test_content_signals_are_kept() -> None:
    text = b"User-agent: *\nContent-Signal: search=yes, ai-train=no # ours\nAllow: /"
    assert content_signal(text) == "search=yes, ai-train=no"
    assert asks_no_training([content_signal(text)])
    assert not asks_no_training(["ai-train=yes", ""])


@pytest.mark.parametrize(
    "junk", [b"\xff\xfe\0", b"User-agent", b":" * 5000, b"*" * 100_000, b"Disallow: " + b"*" * 5000]
)
def test_junk_is_read_as_rules_or_none(junk) -> None:
    rules(b"User-agent: *\n" + junk, "groundup").allow(HOST + "/" + "a" * 1500)
