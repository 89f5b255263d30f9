from __future__ import annotations

import random

import pytest
from frontiers import SITE, known, open_frontier, page, states, to

from groundup.crawl.address import parse
from groundup.crawl.errand import Fetched
from groundup.crawl.frontier import DISALLOWED, Frontier
from groundup.crawl.sites import ASKED_TOO_LONG, Wait


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
    frontier.leave(frontier.next(0.0), "failed", "status 404", 0.0)
    frontier.finish(frontier.next(0.0), Fetched(200, archive="a", size=10), 0.0, links=to("/c"), archive_length=2)
    assert (frontier.done, frontier.has_more, frontier.next(9.0)) == (2, False, None)
    frontier.close()
    frontier = open_frontier(tmp_path, delay=0.0, pages=9, megabytes=1)
    errand = frontier.next(9.0)
    frontier.finish(errand, Fetched(200, archive="a", size=1_000_000), 9.0, links=to("/d"), archive_length=3)
    assert not frontier.has_more
    assert states(frontier)["/d"] == ("pending", "")


def test_what_was_broken_off_counts_as_received(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=0.0, megabytes=2)
    known(frontier)
    page(frontier, frontier.next(0.0), 0.0, "/a", "/b")
    frontier.postpone(frontier.next(0.0), 0.0, "cut short", 0.0, size=1_000_000)
    assert frontier.has_more
    frontier.leave(frontier.next(0.0), "failed", "too large", 0.0, size=1_000_000)
    assert (frontier.received, frontier.has_more) == (2_000_000, False)


def test_what_the_line_was_to_blame_for_can_be_asked_for_again(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=0.0, tries=1, failures_in_a_row=2)
    known(frontier)
    page(frontier, frontier.next(0.0), 0.0, "/a", "/b", "/c", "/d")
    frontier.leave(frontier.next(0.0), "failed", "status 404", 0.0, status=404)
    frontier.postpone(frontier.next(0.0), 0.0, "status 502", 0.0, status=502)
    frontier.postpone(frontier.next(0.0), 0.0, "no such host", 0.0, is_answer=False)
    frontier.postpone(frontier.next(0.0), 0.0, "no such host", 0.0, is_answer=False)
    frontier.add(to("/later"), 1)
    assert not frontier.has_more
    frontier.ask_again()
    assert states(frontier)["/a"] == ("failed", "status 404"), "the server was clear about that"
    assert [fetch_next(frontier) for _ in range(4)] == ["/b", "/c", "/d", "/later"]
    frontier.add(to("/last"), 1)
    frontier.postpone(frontier.next(0.0), 1e9, "status 503", 0.0, status=503, whole_host=True)
    frontier.ask_again()
    assert not frontier.has_more, "who asks for years is left alone"


def fetch_next(frontier: Frontier) -> str:
    errand = frontier.next(0.0)
    assert errand is not None
    page(frontier, errand, 0.0)
    return errand.address.path


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


def test_what_a_crawl_waits_for_is_known(tmp_path) -> None:
    """A further try, its reason and its time; not the mere pauses between requests."""
    frontier = open_frontier(tmp_path, delay=1.0)
    errand = frontier.next(0.0)
    assert frontier.waiting(0.0) is None, "something is asked"
    frontier.robots_unreachable(errand, 10.0, "no connection", 2.0)
    assert frontier.waiting(3.0) == Wait(SITE + "/robots.txt", "no connection", 2, 2.0, 12.0)
    known(frontier, now=12.0)
    assert frontier.waiting(12.0) is None, "a pause"
    frontier.add(to("/a"), 1)
    frontier.postpone(frontier.next(13.0), 20.0, "status 503", 13.0, status=503)
    assert frontier.waiting(13.0) is None, "/a comes first"
    frontier.leave(frontier.next(14.0), "failed", "status 404", 14.0, status=404)
    assert frontier.waiting(15.5) == Wait(SITE + "/", "status 503", 2, 13.0, 33.0)
    frontier.postpone(frontier.next(33.0), 40.0, "status 503", 33.0, status=503)
    frontier.postpone(frontier.next(73.0), 40.0, "status 503", 73.0, status=503)
    assert frontier.waiting(73.5) is None, "it was the last try"
