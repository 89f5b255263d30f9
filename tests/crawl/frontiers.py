"""A frontier of one site, told by hand what came of each request and what time it is."""

from __future__ import annotations

from pathlib import Path

from groundup.crawl.address import Address, parse
from groundup.crawl.errand import Errand, Fetched
from groundup.crawl.frontier import Frontier
from groundup.crawl.scope import Scope
from groundup.crawl.settings import CrawlSettings

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
