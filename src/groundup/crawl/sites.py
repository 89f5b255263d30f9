"""What a crawl knows of sites and hosts: their robots.txt, when they may be asked again, and which were given up.

A site is what one robots.txt speaks for: scheme, host and port. Pauses are a host's, whatever it serves, and a host is
asked by one request at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from groundup.crawl import robots
from groundup.crawl.address import Address
from groundup.crawl.errand import Errand
from groundup.crawl.records import Records
from groundup.crawl.settings import CrawlSettings

NO_ROBOTS = "robots.txt cannot be had"
ASKED_TOO_LONG = "the site asks for longer waits than are allowed"
NO_REPLY = "the host does not answer"


@dataclass(frozen=True)
class Wait:
    """A request that failed and will be made again."""

    address: str
    reason: str
    number: int
    """Which try the next one is, from 2."""
    began: float
    until: float
    """In seconds since 1970, as `began`."""


class Sites(Records):
    """The tables `sites` and `hosts` of a frontier."""

    def __init__(self, path: Path, settings: CrawlSettings) -> None:
        super().__init__(path)
        self._settings = settings
        self._busy: set[str] = set()
        # Of this process alone, by address: for those who watch it.
        self._waits: dict[str, Wait] = {}
        self._received = int(self.fact("received") or 0)

    @property
    def received(self) -> int:
        """Bytes of all bodies as they came, and of those that were broken off."""
        return self._received

    def signal(self, site: str) -> str:
        """The Content-Signal in a site's robots.txt, or ""."""
        content = self._one("SELECT robots FROM sites WHERE site = ?", (site,))
        return robots.content_signal(content) if content else ""

    def robots_redirect(self, errand: Errand, target: Address, size: int, now: float) -> None:
        """A site's robots.txt lies elsewhere; the host there has a pause of its own to keep."""
        with self._together():
            self._over(errand, size, now)
            self._meet_host(target.host)
            self._base.execute(
                "UPDATE sites SET target = ?, asks = ?, redirects = redirects + 1 WHERE site = ?",
                (target.text, target.host, errand.site),
            )

    def robots_unreachable(
        self, errand: Errand, wait: float, reason: str, now: float, *, size: int = 0, is_answer: bool = True
    ) -> None:
        """A site's robots.txt cannot be had: nothing is allowed there until it can."""
        with self._together():
            self._over(errand, size, now, is_answer=is_answer)
            if wait > self._settings.longest_wait:
                self._give_up("site", errand.site, ASKED_TOO_LONG)
            elif errand.tries + 1 >= self._settings.tries:
                self._give_up("site", errand.site, f"{NO_ROBOTS} ({reason})")
            else:
                self._wait(errand, reason, now, now + wait)
            self._base.execute("UPDATE sites SET due = ?, tries = tries + 1 WHERE site = ?", (now + wait, errand.site))
            self._start_over(errand.site)

    def _keep_rules(self, errand: Errand, content: bytes, asked: float, now: float) -> None:
        """Note a site's robots.txt and the pause that it asks for, in seconds; give up a site that asks too much."""
        self._base.execute(
            "UPDATE sites SET robots = ?, fetched = ?, due = 0, tries = 0 WHERE site = ?",
            (content[: robots.LARGEST + 1], now, errand.site),
        )
        self._start_over(errand.site)
        if asked > self._settings.longest_wait:
            self._give_up("site", errand.site, ASKED_TOO_LONG)
            return
        host = self._one("SELECT host FROM sites WHERE site = ?", (errand.site,))
        # Of several sites of one host, the one that asks for most is heard.
        self._base.execute("UPDATE hosts SET delay = max(delay, ?) WHERE host = ?", (asked, host))
        self._rest(host, now + self._pause(host))

    def _start_over(self, site: str) -> None:
        """The next robots.txt is looked for where each is at first."""
        self._base.execute(
            "UPDATE sites SET target = site || '/robots.txt', asks = host, redirects = 0 WHERE site = ?", (site,)
        )

    def _meet(self, address: Address) -> str:
        """Make sure that host and site of an address are known; returns why one of them was given up, or ""."""
        self._meet_host(address.host)
        self._base.execute(
            "INSERT OR IGNORE INTO sites (site, host, asks, target) VALUES (?, ?, ?, ?)",
            (address.site, address.host, address.host, f"{address.site}/robots.txt"),
        )
        given_up = "SELECT iif(sites.given_up = '', hosts.given_up, sites.given_up) FROM sites JOIN hosts USING (host)"
        return str(self._one(f"{given_up} WHERE site = ?", (address.site,)))

    def _meet_host(self, host: str) -> None:
        self._base.execute("INSERT OR IGNORE INTO hosts (host) VALUES (?)", (host,))

    def _over(self, errand: Errand, size: int, now: float, *, is_answer: bool = True) -> None:
        """A request is over: its bytes are counted, and its host may be asked again after the pause."""
        host = errand.address.host
        self._busy.discard(host)
        self._waits.pop(errand.address.text, None)
        self._received += size
        self._base.execute("INSERT OR REPLACE INTO facts VALUES ('received', ?)", (self._received,))
        self._rest(host, now + self._pause(host))
        self._base.execute("UPDATE hosts SET failures = iif(?, 0, failures + 1) WHERE host = ?", (is_answer, host))
        if self._one("SELECT failures FROM hosts WHERE host = ?", (host,)) >= self._settings.failures_in_a_row:
            self._give_up("host", host, NO_REPLY)

    def _wait(self, errand: Errand, reason: str, now: float, until: float) -> None:
        self._waits[errand.address.text] = Wait(errand.address.text, reason, errand.tries + 2, now, until)

    def _pause(self, host: str) -> float:
        """Seconds between a reply of a host and the next request to it."""
        asked: float = self._one("SELECT delay FROM hosts WHERE host = ?", (host,))
        return max(self._settings.delay, asked)

    def _rest(self, host: str, until: float) -> None:
        self._base.execute("UPDATE hosts SET due = max(due, ?) WHERE host = ?", (until, host))

    def _give_up(self, what: Literal["host", "site"], name: str, reason: str) -> None:
        """Nothing more is asked of a host or a site."""
        self._base.execute(f"UPDATE {what}s SET given_up = ? WHERE {what} = ?", (reason, name))  # noqa: S608
        self._base.execute(
            f"UPDATE pages SET state = 'failed', reason = ? WHERE {what} = ? AND state = 'pending'",  # noqa: S608
            (reason, name),
        )
