"""The frontier: every address a crawl has met and what became of it, in one SQLite file.

    pending -> in flight -> done | failed          refused: met, and not to be visited

An address is `in flight` before its request leaves, and `done` in the same transaction that takes in its links and the
length of the WARC file that holds it, after that file has reached the disk (`archive.py`). So whenever the process
ends, what is done is in the archive, what is in the archive is done, and only what was in flight is asked for again.
The frontier opens no connection and knows no clock: it is told the time, in seconds since 1970, so that waits outlive
the process.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from groundup.crawl import robots
from groundup.crawl.address import Address, AddressError, parse
from groundup.crawl.errand import Errand, Fetched, Kind
from groundup.crawl.replies import BUSY, PASSING
from groundup.crawl.scope import MAY_RETURN, TOO_MANY_QUERIES, Scope
from groundup.crawl.settings import CrawlSettings
from groundup.crawl.sites import ASKED_TOO_LONG, Sites, Wait

DISALLOWED = "disallowed by robots.txt"
SAME_ADDRESS = "it redirects to itself"


class Frontier(Sites):
    """The open frontier of one crawl, for one process at a time."""

    def __init__(self, path: Path, settings: CrawlSettings, scope: Scope) -> None:
        super().__init__(path, settings)
        self._scope = scope
        self._done = int(self._one("SELECT count(*) FROM pages WHERE archive IS NOT NULL"))

    # What is there to do ----------------------------------------------------------------------------------------

    def next(self, now: float) -> Errand | None:
        """The next request to make, marked as in flight; None while every host is asked, waits or is done with."""
        while not self.is_spent:
            row = self._base.execute(
                "SELECT sites.* FROM sites JOIN hosts ON hosts.host = asks WHERE hosts.due <= :now"
                " AND sites.due <= :now AND asks NOT IN (SELECT value FROM json_each(:busy)) AND EXISTS (SELECT 1"
                " FROM pages WHERE pages.site = sites.site AND state = 'pending' AND pages.due <= :now)"
                " ORDER BY hosts.due, sites.site LIMIT 1",
                {"now": now, "busy": _json(self._busy)},
            ).fetchone()
            if row is None:
                return None
            errand = self._errand(row, now)
            if errand is not None:
                self._busy.add(row["asks"])
                return errand
        return None

    def _errand(self, site: sqlite3.Row, now: float) -> Errand | None:
        """The next request to a site; None where its next page turned out to be disallowed."""
        name = site["site"]
        if site["robots"] is None or now - site["fetched"] > robots.SECONDS_KEPT:
            errand = Errand("robots", parse(site["target"]), 0, name, 0, site["redirects"], site["tries"])
        else:
            # Nearest to the start first, so that a budget of pages is not spent in the depth of one branch.
            page = self._base.execute(
                "SELECT * FROM pages WHERE site = ? AND state = 'pending' AND due <= ? ORDER BY depth, id LIMIT 1",
                (name, now),
            ).fetchone()
            if not robots.rules(site["robots"], self._settings.agent).allow(page["address"]):
                with self._together():
                    self._settle(page["id"], "refused", DISALLOWED)
                return None
            address = parse(page["address"])
            errand = Errand(page["kind"], address, page["id"], name, page["depth"], page["redirects"], page["tries"])
        with self._together():
            # The pause is kept even if the process ends before the reply.
            self._rest(site["asks"], now + self._pause(site["asks"]))
            if errand.kind != "robots":
                self._base.execute("UPDATE pages SET state = 'in flight', tries = tries + 1 WHERE id = ?", (errand.id,))
        return errand

    def seconds_until_due(self, now: float) -> float | None:
        """How long until a host that is not being asked may be asked again; None where nothing waits."""
        if self.is_spent:
            return None
        due = self._one(
            "SELECT min(max(hosts.due, sites.due, (SELECT min(pages.due) FROM pages"
            " WHERE pages.site = sites.site AND state = 'pending'))) FROM sites JOIN hosts ON hosts.host = asks"
            " WHERE asks NOT IN (SELECT value FROM json_each(?))",
            (_json(self._busy),),
        )
        return None if due is None else max(0.0, due - now)

    def waiting(self, now: float) -> Wait | None:
        """The further try that the whole crawl waits for; None while anything is asked or a mere pause is kept."""
        due = None if self._busy else self.seconds_until_due(now)
        ahead = [wait for wait in self._waits.values() if wait.until > now]
        if due is None or not ahead:
            return None
        first = min(ahead, key=lambda wait: wait.until)
        # Sums of floats: a hundredth of a second is no difference.
        return first if now + due > first.until - 0.01 else None

    @property
    def has_more(self) -> bool:
        """Whether anything is left to ask for within the budgets, now or later."""
        return not self.is_spent and bool(self._one("SELECT EXISTS (SELECT 1 FROM pages WHERE state = 'pending')"))

    @property
    def is_spent(self) -> bool:
        """Whether a budget is used up, or will be by what is in flight."""
        pages = self._settings.pages
        if pages is not None and self._done + len(self._busy) >= pages:
            return True
        most = self._settings.megabytes
        return most is not None and self.received >= most * 1_000_000

    @property
    def done(self) -> int:
        """Pages fetched and kept, by this process and those before it."""
        return int(self._done)

    # What is found ----------------------------------------------------------------------------------------------

    def add(self, addresses: Sequence[Address], depth: int) -> None:
        """Take in addresses from outside; those known already stay as they are."""
        with self._together():
            for address in addresses:
                self._add(address, depth, None)

    def _add(self, address: Address, depth: int, found_on: int | None, kind: Kind = "page", redirects: int = 0) -> None:
        reason = self._scope.refusal(address, depth, redirects, is_sitemap=kind == "sitemap")
        path = f"{address.site}{address.path}" if address.query else ""
        if path and not reason and not self._is_known(address.key):
            seen = self._one("SELECT count(*) FROM pages WHERE path = ? AND path != '' AND state != 'refused'", (path,))
            if seen >= self._settings.queries_a_path:
                reason = TOO_MANY_QUERIES
        state = "refused" if reason else "pending"
        given_up = "" if reason else self._meet(address)
        if given_up:
            state, reason = "failed", given_up
        self._base.execute(
            "INSERT INTO pages (key, address, kind, host, site, path, state, reason, depth, redirects, found_on)"
            " VALUES (:key, :address, :kind, :host, :site, :path, :state, :reason, :depth, :redirects, :found_on)"
            # A shorter way may bring back what was too far, and brings nearer what still waits.
            " ON CONFLICT (key) DO UPDATE SET state = excluded.state, reason = excluded.reason,"
            " address = iif(pages.state = 'refused', excluded.address, pages.address), kind = pages.kind,"
            " depth = min(pages.depth, excluded.depth), redirects = min(pages.redirects, excluded.redirects)"
            " WHERE excluded.state = 'pending' AND (pages.state = 'pending'"
            " OR (pages.state = 'refused' AND pages.reason IN (SELECT value FROM json_each(:may_return))))",
            {
                "key": address.key,
                "address": address.text,
                "kind": kind,
                "host": address.host,
                "site": address.site,
                "path": path,
                "state": state,
                "reason": reason,
                "depth": depth,
                "redirects": redirects,
                "found_on": found_on,
                "may_return": _json(MAY_RETURN),
            },
        )

    def _is_known(self, key: str) -> bool:
        return bool(self._one("SELECT EXISTS (SELECT 1 FROM pages WHERE key = ? AND state != 'refused')", (key,)))

    def ask_again(self) -> None:
        """Put back what failed through the line or the server, which may have been mended since.

        Who asked for longer waits than are allowed is still left alone.
        """
        with self._together():
            self._base.execute("UPDATE sites SET given_up = '', tries = 0 WHERE given_up != ?", (ASKED_TOO_LONG,))
            self._base.execute("UPDATE hosts SET given_up = '', failures = 0 WHERE given_up != ?", (ASKED_TOO_LONG,))
            self._base.execute(
                "UPDATE pages SET state = 'pending', reason = '', tries = 0 WHERE state = 'failed'"
                " AND (status IS NULL OR status IN (SELECT value FROM json_each(?))) AND instr(reason, ?) = 0"
                " AND site IN (SELECT site FROM sites WHERE given_up = '')"
                " AND host IN (SELECT host FROM hosts WHERE given_up = '')",
                (json.dumps([*BUSY, *PASSING]), ASKED_TOO_LONG),
            )

    # What became of it ------------------------------------------------------------------------------------------

    def finish(
        self,
        errand: Errand,
        fetched: Fetched,
        now: float,
        *,
        links: Sequence[Address] = (),
        sitemaps: Sequence[Address] = (),
        archive_length: int | None = None,
    ) -> None:
        """A page or sitemap is done: note what it is, and take in what it links to, all at once."""
        with self._together():
            same = None
            if fetched.digest is not None:
                same = self._one(
                    "SELECT min(id) FROM pages WHERE digest = ? AND archive IS NOT NULL AND id != ?",
                    (fetched.digest, errand.id),
                )
            values = {**asdict(fetched), "same_as": same, "fetched": now, "id": errand.id}
            names = ", ".join(f"{name} = :{name}" for name in values if name != "id")
            self._base.execute(f"UPDATE pages SET state = 'done', reason = '', {names} WHERE id = :id", values)  # noqa: S608
            # The pages of a sitemap are no further from the start than its links are.
            depth = 1 if errand.kind == "sitemap" else errand.depth + 1
            for link in links:
                self._add(link, depth, errand.id)
            self._add_sitemaps(errand.site, sitemaps, errand.id)
            if fetched.archive is not None:
                self._base.execute("INSERT OR REPLACE INTO archives VALUES (?, ?)", (fetched.archive, archive_length))
            self._over(errand, fetched.size, now)
        if fetched.archive is not None:
            self._done += 1

    def redirect(self, errand: Errand, target: Address, status: int, size: int, now: float) -> None:
        """A page or sitemap points elsewhere: the target is an address like any other, one redirect further on."""
        with self._together():
            self._over(errand, size, now)
            if target.text == errand.address.text:
                self._settle(errand.id, "failed", SAME_ADDRESS, status)
                return
            if target.key == errand.address.key:
                # Another spelling of the same page, such as without what the tracking parameters said.
                reason = self._scope.refusal(target, errand.depth, errand.redirects + 1)
                self._settle(errand.id, "failed" if reason else "pending", reason, status)
                self._base.execute(
                    "UPDATE pages SET address = ?, redirects = redirects + 1, tries = 0 WHERE id = ?",
                    (target.text, errand.id),
                )
                return
            self._base.execute(
                "UPDATE pages SET state = 'done', reason = '', status = ?, size = ?, leads_to = ?, fetched = ?"
                " WHERE id = ?",
                (status, size, target.text, now, errand.id),
            )
            kind: Kind = "sitemap" if errand.kind == "sitemap" else "page"
            self._add(target, errand.depth, errand.id, kind, errand.redirects + 1)

    def leave(
        self,
        errand: Errand,
        state: Literal["failed", "refused"],
        reason: str,
        now: float,
        *,
        status: int | None = None,
        size: int = 0,
    ) -> None:
        """A page cannot be had, or turned out to be none of those wanted; it will not be asked for again."""
        with self._together():
            self._settle(errand.id, state, reason, status)
            self._over(errand, size, now)

    def postpone(
        self,
        errand: Errand,
        wait: float,
        reason: str,
        now: float,
        *,
        status: int | None = None,
        size: int = 0,
        whole_host: bool = False,
        is_answer: bool = True,
    ) -> None:
        """A page is to be asked for again after `wait` seconds, unless it was asked for often enough.

        With `whole_host` nothing else is asked of its host before. `is_answer` says whether the server replied at all.
        """
        with self._together():
            if wait > self._settings.longest_wait:
                self._settle(errand.id, "failed", f"{reason}; {ASKED_TOO_LONG}", status)
            elif errand.tries + 1 >= self._settings.tries:
                self._settle(errand.id, "failed", f"{reason}, {errand.tries + 1} times", status)
            else:
                self._settle(errand.id, "pending", reason, status)
                self._base.execute("UPDATE pages SET due = ? WHERE id = ?", (now + wait, errand.id))
            if whole_host:
                self._rest(errand.address.host, now + wait)
                if wait > self._settings.longest_wait:
                    self._give_up("host", errand.address.host, ASKED_TOO_LONG)
            # Last, for it may give up the host, and with it this page.
            self._over(errand, size, now, is_answer=is_answer)
            if wait <= self._settings.longest_wait and errand.tries + 1 < self._settings.tries:
                self._wait(errand, reason, now, now + wait)

    # robots.txt -------------------------------------------------------------------------------------------------

    def robots_known(self, errand: Errand, content: bytes, size: int, now: float) -> None:
        """A site's robots.txt is here (b"" where there is none): keep it, and take in its sitemaps."""
        rules = robots.rules(content, self._settings.agent)
        with self._together():
            self._over(errand, size, now)
            self._keep_rules(errand, content, rules.delay, now)
            if self._settings.sitemaps and self._settings.depth:
                named = [address for text in rules.sitemaps if (address := _address(text, errand.site)) is not None]
                self._add_sitemaps(errand.site, named or [parse(f"{errand.site}/sitemap.xml")], None)

    def _add_sitemaps(self, site: str, sitemaps: Sequence[Address], found_on: int | None) -> None:
        seen = self._one("SELECT sitemaps FROM sites WHERE site = ?", (site,))
        for address in sitemaps[: max(0, self._settings.sitemaps - seen)]:
            self._add(address, 0, found_on, "sitemap")
        self._base.execute("UPDATE sites SET sitemaps = sitemaps + ? WHERE site = ?", (len(sitemaps), site))

    def _settle(self, page: int, state: str, reason: str, status: int | None = None) -> None:
        self._base.execute(
            "UPDATE pages SET state = ?, reason = ?, status = ? WHERE id = ?", (state, reason, status, page)
        )


def _json(values: Iterable[str]) -> str:
    return json.dumps(sorted(values))


def _address(text: str, base: str) -> Address | None:
    try:
        return parse(text, base)
    except AddressError:
        return None
