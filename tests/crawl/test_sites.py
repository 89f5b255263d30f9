from __future__ import annotations

from frontiers import SITE, known, open_frontier, page, states, to

from groundup.crawl.address import parse
from groundup.crawl.sites import ASKED_TOO_LONG, NO_REPLY, NO_ROBOTS


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


def test_a_site_that_will_not_say_for_years_is_left_alone(tmp_path) -> None:
    frontier = open_frontier(tmp_path)
    frontier.robots_unreachable(frontier.next(0.0), float("inf"), "status 503", 0.0)
    frontier.ask_again()
    assert states(frontier)["/"] == ("failed", ASKED_TOO_LONG)
    assert (frontier.has_more, frontier.seconds_until_due(0.0)) == (False, None)


def test_a_host_that_never_answers_is_given_up(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=0.0, failures_in_a_row=4, tries=100)
    known(frontier)
    page(frontier, frontier.next(0.0), 0.0, "/a", "/b")
    for _ in range(4):
        frontier.postpone(frontier.next(0.0), 0.0, "no reply", 0.0, is_answer=False)
    assert {state for state in states(frontier).values() if state[0] != "done"} == {("failed", NO_REPLY)}
    assert frontier.next(1e9) is None


def test_a_host_that_was_given_up_is_so_for_sites_met_later(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=0.0)
    known(frontier)
    frontier.postpone(frontier.next(0.0), float("inf"), "status 503", 0.0, status=503, whole_host=True)
    frontier.add([parse(SITE.replace("http:", "https:") + "/")], 1)
    frontier.ask_again()
    assert {reason for _, reason in states(frontier).values()} == {ASKED_TOO_LONG, f"status 503; {ASKED_TOO_LONG}"}
    assert not frontier.has_more, "or the crawl would wait for ever"


def test_a_robots_txt_that_lies_elsewhere_waits_for_the_host_there(tmp_path) -> None:
    """Many sites keep theirs on www: that host is asked by one request at a time, and after its pause, here too."""
    other = "http://www.example.org"
    frontier = open_frontier(tmp_path, start=(SITE + "/", other + "/"), delay=2.0)
    here, there = frontier.next(0.0), frontier.next(0.0)
    assert [errand.address.site for errand in (here, there)] == [SITE, other]
    frontier.robots_redirect(here, parse(other + "/robots.txt"), 0, 1.0)
    assert frontier.next(100.0) is None, "the host there is being asked"
    frontier.robots_known(there, b"User-agent: *\nCrawl-delay: 7", 0, 100.0)
    assert frontier.next(106.9) is None, "and wants its pause"
    again = frontier.next(107.0)
    assert (again.kind, again.address.text, again.site) == ("robots", other + "/robots.txt", SITE)
    frontier.robots_known(again, b"", 0, 108.0)
    assert frontier.next(109.9) is None
    assert frontier.next(110.0).address.text == SITE + "/", "the site itself asks for no more than the settings"
    assert frontier.next(114.9) is None
    assert frontier.next(115.0).address.text == other + "/"


def test_of_the_sites_of_one_host_the_one_that_asks_for_most_is_heard(tmp_path) -> None:
    secure = SITE.replace("http:", "https:")
    frontier = open_frontier(tmp_path, start=(SITE + "/", secure + "/"), delay=0.0)
    known(frontier, "User-agent: *\nCrawl-delay: 5")
    page(frontier, frontier.next(5.0), 6.0)
    assert frontier.next(10.9) is None
    errand = frontier.next(11.0)
    assert (errand.kind, errand.site) == ("robots", secure)
    assert frontier.next(99.0) is None, "one request a host, whatever the scheme"
    frontier.robots_known(errand, b"", 0, 12.0)
    assert frontier.next(16.9) is None
    assert frontier.next(17.0).address.text == secure + "/"
