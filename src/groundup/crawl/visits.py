"""What is done with each reply: the one place where a page goes to the archive and its links to the frontier.

Nothing here knows Scrapy or a socket: a reply is data, and so is the way in which one failed to come (`replies.py`).
"""

from __future__ import annotations

import hashlib

from groundup.crawl import robots
from groundup.crawl.address import Address, AddressError, parse
from groundup.crawl.archive import Archive, Exchange
from groundup.crawl.errand import Errand, Fetched
from groundup.crawl.frontier import Frontier
from groundup.crawl.links import media_type, read_page
from groundup.crawl.replies import Reply, Trouble, Verdict, backoff, judge, seconds_asked
from groundup.crawl.safety import refusal
from groundup.crawl.scope import REDIRECTS
from groundup.crawl.settings import CrawlSettings
from groundup.crawl.sitemap import read_sitemap
from groundup.crawl.unpack import UnpackError, unpacked

NOT_WANTED = "of another media type"


class Visits:
    """Carries replies to where they belong."""

    def __init__(self, settings: CrawlSettings, frontier: Frontier, archive: Archive) -> None:
        self.settings = settings
        self.frontier = frontier
        self._archive = archive

    def request_headers(self, errand: Errand) -> list[tuple[str, str]]:
        """What each request says; Host and Connection are the line's own matter."""
        settings = self.settings
        accept = "text/plain, */*;q=0.5" if errand.kind == "robots" else ", ".join((*settings.media_types, "*/*;q=0.1"))
        # A robots.txt is read up to a limit, and half of a gzip file is none.
        packed = "identity" if errand.kind == "robots" else "gzip"
        headers = [("User-Agent", settings.user_agent), ("Accept", accept), ("Accept-Encoding", packed)]
        if "@" in settings.contact and "://" not in settings.contact:
            headers.append(("From", settings.contact))
        return headers

    def is_wanted(self, errand: Errand, status: int, content_type: str) -> bool:
        """Whether the body behind such a head is worth its way; what has no type may be a page."""
        if errand.kind != "page" or not 200 <= status < 300 or not content_type.strip():
            return True
        return media_type(content_type) in self.settings.media_types

    def received(self, errand: Errand, reply: Reply, now: float) -> None:
        """A reply is here, whole."""
        verdict = judge(reply.status, reply.header("location"))
        status, size, reason = reply.status, len(reply.body), verdict.reason
        if errand.kind == "robots":
            self._robots(errand, reply, verdict, now)
            return
        match verdict.kind:
            case "redirect":
                self._redirect(errand, reply, now)
            case "busy" | "passing":
                wait, is_busy = self._wait(errand, reply, now), verdict.kind == "busy"
                self.frontier.postpone(errand, wait, reason, now, status=status, size=size, whole_host=is_busy)
            case "final":
                self.frontier.leave(errand, "failed", reason, now, status=status, size=size)
            case "page" if not self.is_wanted(errand, status, reply.header("content-type")):
                reason = f"{NOT_WANTED} ({media_type(reply.header('content-type'))[:60]})"
                self.frontier.leave(errand, "refused", reason, now, status=status, size=size)
            case "page":
                self._keep(errand, reply, now)

    def failed(self, errand: Errand, trouble: Trouble, now: float) -> None:
        """No reply came, or not all of it."""
        wait = backoff(self.settings.retry_after, errand.tries + 1)
        reason, size, is_answer = trouble.reason, trouble.size, trouble.is_answer
        if errand.kind == "robots":
            self.frontier.robots_unreachable(errand, wait, reason, now, size=size, is_answer=is_answer)
        elif trouble.is_final:
            self.frontier.leave(errand, "failed", reason, now, size=size)
        else:
            self.frontier.postpone(errand, wait, reason, now, size=size, is_answer=is_answer)

    def _keep(self, errand: Errand, reply: Reply, now: float) -> None:
        try:
            body = unpacked(reply.body, reply.header("content-encoding"), self.settings.largest_bytes(errand.kind))
            if errand.kind == "sitemap":
                self._sitemap(errand, reply, body, now)
                return
        except UnpackError as error:
            self.frontier.leave(errand, "failed", str(error), now, status=reply.status, size=len(reply.body))
            return
        headers = [(name.lower(), value) for name, value in reply.headers]
        content_type = reply.header("content-type")
        page = read_page(
            errand.address, body, content_type, headers, self.settings.agent, self.frontier.signal(errand.site)
        )
        written = self._archive.write(
            Exchange(
                address=errand.address.text,
                request=[("Host", errand.address.place), *self.request_headers(errand)],
                status=reply.status,
                headers=reply.headers,
                body=reply.body,
                protocol=reply.protocol,
                ip=reply.ip,
                when=now,
            )
        )
        obeys = page.hints.nofollow and self.settings.nofollow
        self.frontier.finish(
            errand,
            Fetched(
                status=reply.status,
                media_type=media_type(content_type)[:100],
                size=len(reply.body),
                digest=hashlib.sha256(body).hexdigest(),
                archive=written.archive,
                position=written.position,
                links=len(page.links),
                links_left_out=page.left_out + (len(page.links) if obeys else 0),
                robots_hints="\n".join(page.hints.robots),
                licence="\n".join(page.hints.licences),
                other_hints="\n".join(page.hints.other),
                no_ai=page.hints.no_ai,
            ),
            now,
            links=() if obeys else page.links,
            archive_length=written.length,
        )

    def _sitemap(self, errand: Errand, reply: Reply, body: bytes, now: float) -> None:
        sitemap = read_sitemap(errand.address, body)
        self.frontier.finish(
            errand,
            Fetched(
                status=reply.status,
                media_type=media_type(reply.header("content-type"))[:100],
                size=len(reply.body),
                links=len(sitemap.pages) + len(sitemap.sitemaps),
                links_left_out=int(sitemap.is_cut),
            ),
            now,
            links=sitemap.pages,
            sitemaps=sitemap.sitemaps,
        )

    def _redirect(self, errand: Errand, reply: Reply, now: float) -> None:
        target = _target(errand, reply)
        if target is None:
            reason = f"it redirects to no web address: {reply.header('location')[:100]}"
            self.frontier.leave(errand, "failed", reason, now, status=reply.status, size=len(reply.body))
        else:
            self.frontier.redirect(errand, target, reply.status, len(reply.body), now)

    def _robots(self, errand: Errand, reply: Reply, verdict: Verdict, now: float) -> None:
        size, reason, content = len(reply.body), f"status {reply.status}", None
        if verdict.kind == "page":
            try:
                most = self.settings.largest_bytes(errand.kind)
                content = unpacked(reply.body, reply.header("content-encoding"), most)
            except UnpackError as error:
                reason = str(error)
        elif verdict.kind == "redirect":
            target = _target(errand, reply)
            if target and errand.redirects < REDIRECTS and not refusal(target, self.settings.allow_private):
                self.frontier.robots_redirect(errand, target, size, now)
                return
            content = b""
        elif robots.means_all(reply.status):
            content = b""
        if content is None:
            self.frontier.robots_unreachable(errand, self._wait(errand, reply, now), reason, now, size=size)
        else:
            self.frontier.robots_known(errand, content, size, now)

    def _wait(self, errand: Errand, reply: Reply, now: float) -> float:
        asked = seconds_asked(reply.header("retry-after"), now)
        return backoff(self.settings.retry_after, errand.tries + 1) if asked is None else asked


def _target(errand: Errand, reply: Reply) -> Address | None:
    try:
        return parse(reply.header("location"), errand.address.text)
    except AddressError:
        return None
