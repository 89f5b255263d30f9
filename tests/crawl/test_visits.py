from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from groundup.crawl.address import parse
from groundup.crawl.archive import Archive
from groundup.crawl.errand import Errand
from groundup.crawl.frontier import Frontier
from groundup.crawl.replies import Reply, Trouble
from groundup.crawl.scope import Scope
from groundup.crawl.settings import CrawlSettings
from groundup.crawl.visits import Visits

SITE = "http://example.org"
HTML = (("Content-Type", "text/html"),)


class Trip:
    """A crawl of one site, reply by reply."""

    def __init__(self, folder: Path, **changes) -> None:
        values = {"start": (SITE + "/",), "contact": "me@example.org", "delay": 0.0, "sitemaps": 0}
        settings = CrawlSettings(**{**values, **changes})
        starts = [parse(text) for text in settings.start]
        self.frontier = Frontier(folder / "frontier.sqlite", settings, Scope(settings, starts))
        self.frontier.add(starts, 0)
        self.visits = Visits(settings, self.frontier, Archive(folder / "warc", settings, {}))
        self.now = 1_000_000.0

    def next(self) -> Errand:
        wait = self.frontier.seconds_until_due(self.now)
        assert wait is not None
        self.now += wait
        errand = self.frontier.next(self.now)
        assert errand is not None
        return errand

    def reply(self, status: int = 200, headers=HTML, body: bytes = b"") -> Errand:
        errand = self.next()
        self.visits.received(errand, Reply(status, headers, body), self.now)
        return errand

    def states(self) -> dict[str, tuple[str, str]]:
        return {row["address"].removeprefix(SITE): (row["state"], row["reason"]) for row in self.frontier.rows()}


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (200, (), "page"),
        (404, (), "page"),
        (403, (), "page"),
        (410, (), "page"),
        (204, (), "page"),
        (301, (("Location", "http://10.0.0.1/robots.txt"),), "page"),
        (301, (), "page or wait"),
        (429, (), "wait"),
        (500, (), "wait"),
        (503, (("Retry-After", "50"),), "wait"),
        (304, (), "wait"),
        (200, (("Content-Encoding", "gzip"),), "wait"),
    ],
)
def test_what_each_reply_to_robots_means(tmp_path, status, headers, outcome) -> None:
    trip = Trip(tmp_path)
    assert trip.reply(status, headers, b"no rules").kind == "robots"
    began = trip.now
    errand = trip.next()
    if outcome == "page":
        assert (errand.kind, errand.address.path, trip.now) == ("page", "/", began)
    elif outcome == "wait":
        assert errand.kind == "robots"
        assert trip.now - began == pytest.approx(50 if status == 503 else 30)


def test_robots_are_followed_five_times_and_speak_for_their_own_site(tmp_path) -> None:
    trip = Trip(tmp_path)
    for hop in range(5):
        assert trip.reply(302, (("Location", f"https://www.example.org/r{hop}"),)).kind == "robots"
    last = trip.reply(200, (), b"User-agent: *\nDisallow: /")
    assert (last.address.text, last.site) == ("https://www.example.org/r4", SITE)
    assert trip.frontier.next(trip.now + 9) is None
    assert trip.states()["/"] == ("refused", "disallowed by robots.txt")


def test_a_sixth_redirect_means_no_rules(tmp_path) -> None:
    trip = Trip(tmp_path)
    for hop in range(6):
        trip.reply(302, (("Location", f"/r{hop}"),))
    assert trip.next().kind == "page"


def test_no_reply_means_no_robots(tmp_path) -> None:
    trip = Trip(tmp_path, tries=2)
    for _ in range(2):
        errand = trip.next()
        trip.visits.failed(errand, Trouble("no such host"), trip.now)
    assert trip.states()["/"] == ("failed", "robots.txt cannot be had (no such host)")


def test_a_page_is_in_the_archive_before_it_is_done(tmp_path, monkeypatch) -> None:
    trip = Trip(tmp_path)
    trip.reply(404)
    errand = trip.next()

    def no_disk(*_: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr("groundup.crawl.archive.os.fsync", no_disk)
    with pytest.raises(OSError, match="gone"):
        trip.visits.received(errand, Reply(200, HTML, b"<a href=x>"), trip.now)
    assert trip.states() == {"/": ("in flight", "")}


def test_hints_and_nofollow(tmp_path) -> None:
    trip = Trip(tmp_path)
    trip.reply(200, (), b"User-agent: *\nContent-Signal: ai-train=no\nAllow: /")
    head = b"<link rel=license href=/terms><meta name=robots content=nofollow><a href=/a><a href=/b>"
    trip.reply(body=head)
    (row,) = trip.frontier.rows()
    assert (row["licence"], row["no_ai"], row["links"], row["links_left_out"]) == ("/terms", 1, 2, 2)
    assert "content-signal: ai-train=no" in row["other_hints"]
    (tmp_path / "b").mkdir()
    trip = Trip(tmp_path / "b", nofollow=False)
    trip.reply(404)
    trip.reply(body=head)
    assert set(trip.states()) == {"/", "/a", "/b"}


@pytest.mark.parametrize(
    ("headers", "body", "state"),
    [
        ((("Content-Type", "image/png"),), b"x", ("refused", "of another media type (image/png)")),
        ((("Content-Type", "TEXT/HTML;x"), ("Content-Encoding", "gzip")), gzip.compress(b"x", mtime=0), ("done", "")),
        ((("Content-Encoding", "gzip"),), b"no gzip", ("failed", "its compressed data is damaged")),
        ((("Content-Encoding", "br"),), b"x", ("failed", "packed in a way that was not asked for (br)")),
        ((), b"", ("done", "")),
    ],
)
def test_bodies(tmp_path, headers, body, state) -> None:
    trip = Trip(tmp_path)
    trip.reply(404)
    trip.reply(200, headers, body)
    assert trip.states()["/"] == state


def test_a_sitemap_leads_to_pages_and_sitemaps(tmp_path) -> None:
    trip = Trip(tmp_path, sitemaps=3, depth=1)
    trip.reply(200, (), b"Sitemap: /maps.xml")
    index = b"<sitemapindex><sitemap><loc>/one.xml</loc></sitemap></sitemapindex>"
    assert trip.reply(body=b"<a href=/far>").kind == "page"
    assert trip.reply(200, (), index).kind == "sitemap"
    assert trip.reply(200, (), b"<urlset><url><loc>/deep</loc></url></urlset>").address.path == "/one.xml"
    states = trip.states()
    assert states["/deep"] == states["/far"] == ("pending", "")
    assert trip.frontier.done == 1


def test_a_redirect_to_nowhere(tmp_path) -> None:
    trip = Trip(tmp_path)
    trip.reply(404)
    trip.reply(302, (("Location", "file:///etc/passwd"),))
    assert trip.states() == {"/": ("failed", "it redirects to no web address: file:///etc/passwd")}


def test_each_request_says_who_asks(tmp_path) -> None:
    trip = Trip(tmp_path)
    headers = dict(trip.visits.request_headers(trip.next()))
    assert "me@example.org" in headers["User-Agent"]
    assert headers["From"] == "me@example.org"
