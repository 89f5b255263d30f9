from __future__ import annotations

from collections import Counter

from frontiers import SITE, known, open_frontier, page, to

from groundup.crawl.errand import Fetched
from groundup.crawl.report import summary, write_report
from groundup.store.tables import read_rows


def test_every_address_has_a_row_and_the_summary_is_their_sum(tmp_path) -> None:
    frontier = open_frontier(tmp_path, delay=0.0, sitemaps=1)
    rules = "User-agent: *\nDisallow: /no\nSitemap: /map.xml"
    known(frontier, rules)
    page(frontier, frontier.next(0.0), 0.0, "/no", "/moved", "/broken", "/left", "http://elsewhere.example/")
    frontier.finish(frontier.next(0.0), Fetched(200, links=1), 0.0, links=to("/licensed"))
    frontier.redirect(frontier.next(0.0), *to("/left"), 301, 0, 0.0)
    frontier.leave(frontier.next(0.0), "failed", "status 404", 0.0, status=404)
    assert frontier.next(0.0).address.path == "/left"
    frontier.close()
    frontier = open_frontier(tmp_path, delay=0.0, sitemaps=1)
    fetched = Fetched(200, size=7, archive="a", position=5, licence="CC", no_ai=True)
    while (errand := frontier.next(0.0)).address.path == "/left":
        frontier.postpone(errand, 9.0, "status 500", 0.0, status=500)
    frontier.finish(errand, fetched, 0.0, archive_length=9)

    rows = {row["address"].removeprefix(SITE): row for row in read_rows(write_report(frontier, tmp_path))}
    assert {path: row["outcome"] for path, row in rows.items()} == {
        "/": "fetched", "/map.xml": "read", "/no": "disallowed", "/moved": "redirected", "/broken": "failed",
        "/left": "left", "http://elsewhere.example/": "out of scope", "/licensed": "fetched",
    }  # fmt: skip
    assert rows["/moved"]["redirected_to"] == SITE + "/left"
    assert rows["/licensed"]["found_on"] == SITE + "/map.xml"
    assert rows["/licensed"]["fetched"] == "1970-01-01T00:00:00+00:00"
    assert (rows["/licensed"]["licence"], rows["/licensed"]["no_ai"], rows["/"]["no_ai"]) == ("CC", True, False)
    found = summary(frontier)
    pages = [row for row in rows.values() if row["kind"] == "page"]
    assert (found["addresses"], found["bytes"]) == (len(pages), len(rules) + 7)
    assert found["outcomes"] == Counter(row["outcome"] for row in pages)
    assert found["reasons"] == Counter(row["reason"] for row in pages if row["reason"])
