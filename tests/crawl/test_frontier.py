from __future__ import annotations

import random
from pathlib import Path

import pytest

from groundup.crawl.address import Address, parse
from groundup.crawl.errand import Errand, Fetched
from groundup.crawl.frontier import ASKED_TOO_LONG, DISALLOWED, NO_REPLY, NO_ROBOTS, Frontier
from groundup.crawl.scope import Scope
from groundup.crawl.settings import CrawlSettings
from groundup.errors import DamagedError

SITE = "http://example.org"


def open_frontier(folder: Path, **changes) -> Frontier:
    values = {"start": (SITE + "/",), "contact": "a@b.cd", "sitemaps": 0, "retry_after": 10.0, "tries": 3}
    settings = CrawlSettings(**{**values, **changes})
    starts = [parse(text) for text in settings.start]
    frontier = Frontier(folder / "frontier.sqlite", settings, Scope(settings, starts))
    frontier.add(starts, 0)
    return frontier


def to(*paths: str) -> list[Address]:
    return [parse(path, SITE) for path in paths]


def known(frontier: Frontier, text: str = "", now: float = 0.0) -> None:
    """Give the first site its robots.txt."""
    errand = frontier.next(now)
    assert errand is not None
    assert errand.kind == "robots"
    frontier.robots_known(errand, text.encode(), len(text), now)


def states(frontier: Frontier) -> dict[str, tuple[str, str]]:
    return {row["address"].removeprefix(SITE): (row["state"], row["reason"]) for row in frontier.rows()}


def page(frontier: Frontier, errand: Errand, now: float, *links: str) -> None:
    frontier.finish(errand, Fetched(200, archive="a", position=0), now, links=to(*links), archive_length=1)


def test_robots_come_first_and_the_pause_is_kept(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=2.0)
    known(frontier, "User-agent: *\nDisallow: /no", now=100.0)
    assert frontier.next(101.9) is None, "the pause counts from the end of the reply"
    assert frontier.seconds_until_due(101.0) == pytest.approx(1.0)
    first = frontier.next(102.0)
    assert first.address.text == SITE + "/"
    assert frontier.next(500.0) is None, "one request a host at a time"
    page(frontier, first, 110.0, "/a", "/no/b", "/a#x", "http://other.example/")
    assert frontier.next(111.9) is None
    assert frontier.next(112.0).address.path == "/a"
    assert states(frontier)["http://other.example/"] == ("refused", "out of scope")


def test_disallowed_pages_are_passed_over_without_a_pause(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=2.0)
    known(frontier, "User-agent: *\nDisallow: /no\nCrawl-delay: 7")
    page(frontier, frontier.next(7.0), 8.0, "/no/1", "/no/2", "/yes")
    assert frontier.next(14.9) is None
    assert frontier.next(15.0).address.path == "/yes"
    assert states(frontier)["/no/2"] == ("refused", DISALLOWED)


def test_robots_are_asked_for_again_after_a_day(tmp_path) -> None:
    frontier = open_frontier(tmp_path)
    known(frontier)
    page(frontier, frontier.next(10.0), 10.0, "/a")
    errand = frontier.next(24 * 3600 + 1.0)
    assert errand.kind == "robots"
    frontier.robots_known(errand, b"User-agent: *\nDisallow: /", 1, 24 * 3600 + 1.0)
    assert frontier.next(25 * 3600.0) is None
    assert states(frontier)["/a"] == ("refused", DISALLOWED)


def test_no_robots_means_nothing_and_then_nothing_for_good(tmp_path) -> None:
    frontier = open_frontier(tmp_path)
    now = 0.0
    for wait in (10.0, 20.0, 40.0):
        errand = frontier.next(now)
        assert errand.kind == "robots"
        frontier.robots_unreachable(errand, wait, "status 500", now)
        assert frontier.next(now + wait - 0.1) is None
        now += wait
    assert not frontier.has_more
    assert states(frontier)["/"] == ("failed", f"{NO_ROBOTS} (status 500)")
    frontier.add(to("/later"), 1)
    assert states(frontier)["/later"][0] == "failed"


def test_a_busy_host_rests_and_a_broken_page_waits_alone(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=1.0)
    known(frontier)
    page(frontier, frontier.next(1.0), 1.0, "/a", "/b")
    frontier.postpone(frontier.next(2.0), 60.0, "status 503", 2.0, status=503, whole_host=True)
    assert frontier.next(61.9) is None
    frontier.postpone(frontier.next(62.0), 30.0, "status 500", 62.0)
    assert frontier.next(63.0).address.path == "/b"


def test_tries_and_long_waits_have_an_end(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=0.0)
    known(frontier)
    page(frontier, frontier.next(0.0), 0.0, "/a", "/b", "/c")
    for _ in range(3):
        frontier.postpone(frontier.next(1.0), 0.0, "status 500", 1.0)
    assert states(frontier)["/a"] == ("failed", "status 500, 3 times")
    frontier.postpone(frontier.next(2.0), 1e9, "status 503", 2.0, whole_host=True)
    assert states(frontier)["/b"] == ("failed", f"status 503; {ASKED_TOO_LONG}")
    assert states(frontier)["/c"] == ("failed", ASKED_TOO_LONG)
    assert not frontier.has_more


def test_a_host_that_never_answers_is_given_up(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=0.0, failures_in_a_row=4, tries=100)
    known(frontier)
    page(frontier, frontier.next(0.0), 0.0, "/a", "/b")
    for _ in range(4):
        frontier.postpone(frontier.next(0.0), 0.0, "no reply", 0.0, is_answer=False)
    assert {state for state in states(frontier).values() if state[0] != "done"} == {("failed", NO_REPLY)}
    assert frontier.next(1e9) is None


def test_redirects_are_addresses_like_others(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=0.0)
    known(frontier)
    frontier.redirect(frontier.next(0.0), *to("/hop/1"), 301, 0, 0.0)
    for number in range(2, 7):
        frontier.redirect(frontier.next(0.0), *to(f"/hop/{number}"), 301, 0, 0.0)
    assert states(frontier)["/hop/6"] == ("refused", "too many redirects")
    frontier.add(to("/hop/6"), 3)
    assert states(frontier)["/hop/6"] == ("pending", ""), "a link to it is another matter"
    frontier.redirect(frontier.next(0.0), parse("http://127.0.0.1/"), 302, 0, 0.0)
    assert states(frontier)["http://127.0.0.1/"] == ("refused", "a private address")


def test_a_redirect_to_the_same_page(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=0.0)
    known(frontier)
    page(frontier, frontier.next(0.0), 0.0, "/a?y=1&x=2", "/b")
    frontier.redirect(frontier.next(0.0), *to("/a?x=2&y=1"), 301, 0, 0.0)
    again = frontier.next(0.0)
    assert again.address.text == SITE + "/a?x=2&y=1"
    page(frontier, again, 0.0)
    frontier.redirect(frontier.next(0.0), *to("/b"), 302, 0, 0.0)
    assert states(frontier)["/b"] == ("failed", "it redirects to itself")
    # Two spellings that point at each other end as well.
    frontier.add(to("/c?p=1&q=2"), 1)
    for number in range(9):
        errand = frontier.next(0.0)
        if errand is None:
            break
        frontier.redirect(errand, *to("/c?q=2&p=1" if number % 2 == 0 else "/c?p=1&q=2"), 302, 0, 0.0)
    assert number <= 6
    assert frontier.next(0.0) is None


def test_queries_of_one_path_and_ways_back(tmp_path) -> None:
    frontier = open_frontier(tmp_path, queries_a_path=3, depth=2)
    frontier.add(to(*(f"/c?m={month}" for month in range(9))), 1)
    frontier.add(to("/c", "/d?m=1"), 1)
    found = states(frontier)
    assert [found[f"/c?m={month}"][0] for month in range(9)] == ["pending"] * 3 + ["refused"] * 6
    assert found["/c"][0] == found["/d?m=1"][0] == "pending"
    frontier.add(to("/far"), 3)
    assert states(frontier)["/far"] == ("refused", "too deep")
    frontier.add(to("/far"), 2)
    assert states(frontier)["/far"] == ("pending", "")


def test_budgets(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=0.0, pages=2, megabytes=1)
    known(frontier)
    page(frontier, frontier.next(0.0), 0.0, "/a", "/b")
    frontier.fail(frontier.next(0.0), "status 404", 0.0)
    frontier.finish(frontier.next(0.0), Fetched(200, archive="a", size=10), 0.0, links=to("/c"), archive_length=2)
    assert (frontier.done, frontier.has_more, frontier.next(9.0)) == (2, False, None)
    frontier.close()
    frontier = open_frontier(tmp_path, delay=0.0, pages=9, megabytes=1)
    errand = frontier.next(9.0)
    frontier.finish(errand, Fetched(200, archive="a", size=1_000_000), 9.0, links=to("/d"), archive_length=3)
    assert not frontier.has_more
    assert states(frontier)["/d"] == ("pending", "")


def test_sitemaps_come_with_robots_and_are_bounded(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=0.0, sitemaps=2)
    known(frontier, "Sitemap: /one.xml\nSitemap: http://elsewhere.example/s.xml\nSitemap: /three.xml")
    kinds = {row["address"]: (row["kind"], row["state"]) for row in frontier.rows()}
    assert kinds[SITE + "/one.xml"] == ("sitemap", "pending")
    assert kinds["http://elsewhere.example/s.xml"] == ("sitemap", "refused")
    assert SITE + "/three.xml" not in kinds
    frontier.close()
    (tmp_path / "b").mkdir()
    frontier = open_frontier(tmp_path / "b", sitemaps=5)
    known(frontier)
    assert "/sitemap.xml" in states(frontier)


def test_same_content_is_noted(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=0.0)
    known(frontier)
    for links in (("/a", "/b"), (), ()):
        fetched = Fetched(200, digest="same", archive="a", position=0)
        frontier.finish(frontier.next(0.0), fetched, 0.0, links=to(*links), archive_length=1)
    assert [row["original"] for row in frontier.rows()] == [None, SITE + "/", SITE + "/"]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_and_whenever_it_is_opened_again_each_page_ends_once(tmp_path, seed) -> None:
    """A random site of 80 pages, random troubles, and the process gone at random moments."""
    chance = random.Random(seed)
    links = {n: [chance.randrange(80) for _ in range(4)] + [(n + 1) % 80] for n in range(-1, 80)}
    frontier = open_frontier(tmp_path, delay=0.5, tries=1000, depth=1000, failures_in_a_row=1000)
    now, finished, last = 0.0, [], -1.0
    for _ in range(5000):
        errand = frontier.next(now)
        if errand is None:
            wait = frontier.seconds_until_due(now)
            if wait is None:
                break
            now += wait + 1e-6
            continue
        assert now >= last + 0.5 - 1e-6, "the pause outlives a kill"
        last = now
        now += chance.random()
        what = chance.random()
        if what < 0.1:
            # SQLite sees to it that a killed process leaves what a closed one does.
            frontier.close()
            frontier = open_frontier(tmp_path, delay=0.5, tries=1000, depth=1000, failures_in_a_row=1000)
        elif errand.kind == "robots":
            frontier.robots_known(errand, b"", 0, now)
        elif what < 0.3:
            frontier.postpone(errand, 5 * chance.random(), "status 500", now, whole_host=what < 0.2)
        else:
            number = int(errand.address.path[1:] or -1)
            page(frontier, errand, now, *(f"/{n}" for n in links[number]))
            finished.append(number)
            last = now
    assert sorted(finished) == list(range(-1, 80))
    assert frontier.done == len(finished) == len(set(finished))
    assert {state for state, _ in states(frontier).values()} == {"done"}


def test_a_file_that_is_no_frontier_is_said_so(tmp_path) -> None:
    (tmp_path / "frontier.sqlite").write_bytes(b"certainly no database" * 100)
    with pytest.raises(DamagedError, match="not the frontier"):
        open_frontier(tmp_path)
