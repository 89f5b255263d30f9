"""Scrapy, as far as it is used: its engine drives, its HTTP client fetches, and nothing else of it is switched on.

Of Scrapy's own parts those that would be in the way are off, because the frontier does their work and outlives a
kill: robots.txt, redirects, retries, pacing, duplicates, cookies, proxies, the telnet console. Each request leaves
exactly as `Visits` wrote it, and each host has one at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload
from scrapy.http import Response

from groundup.crawl import robots
from groundup.crawl.client import CarefulHandler, header_text, reply_of, trouble_of
from groundup.crawl.errand import Errand
from groundup.crawl.resolver import GuardedResolver
from groundup.crawl.settings import CrawlSettings
from groundup.crawl.visits import Visits


def scrapy_settings(settings: CrawlSettings) -> dict[str, Any]:
    """What Scrapy is told."""
    return {
        "SCHEDULER": FrontierScheduler,
        "DOWNLOAD_HANDLERS_BASE": dict.fromkeys(("http", "https"), CarefulHandler),
        "DOWNLOADER_MIDDLEWARES_BASE": {},
        "SPIDER_MIDDLEWARES_BASE": {},
        "EXTENSIONS_BASE": {},
        "TELNETCONSOLE_ENABLED": False,
        "LOG_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
        "CONCURRENT_REQUESTS": settings.hosts_at_once,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": 0,
        "DOWNLOAD_MAXSIZE": settings.largest_bytes("page"),
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_TIMEOUT": settings.seconds_a_page,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
    }


class Courier(Spider):
    """Carries errands out and replies back."""

    name = "groundup"

    def __init__(self, visits: Visits, guard: GuardedResolver, after: Callable[[], None], **_: Any) -> None:
        """`guard` resolves names; `after` is called when an errand is over."""
        super().__init__()
        self.visits = visits
        self.guard = guard
        self.after = after
        self.error: BaseException | None = None
        # Of the replies on their way, how much has come.
        self._bytes: Counter[Request] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Courier:
        """As Scrapy makes spiders."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.head_received, signal=signals.headers_received)
        crawler.signals.connect(spider.bytes_received, signal=signals.bytes_received)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Nothing: all requests come from the scheduler."""
        nothing: tuple[Any, ...] = ()
        for request in nothing:
            yield request

    def request(self, errand: Errand) -> Request:
        """The request for an errand."""
        return Request(
            errand.address.text,
            headers=dict(self.visits.request_headers(errand)),
            callback=self.received,
            errback=self.failed,
            meta={
                "errand": errand,
                "download_timeout": self.visits.settings.seconds_a_page,
                "download_maxsize": self.visits.settings.largest_bytes(errand.kind),
            },
            dont_filter=True,
        )

    def head_received(self, headers: Any, body_length: int, request: Request, spider: Any = None) -> None:
        """Break off what is no page before its body comes.

        Scrapy does not say the status here; of a redirect or an error the head is all that is needed.
        """
        content_type = header_text(headers.get("Content-Type") or b"")
        if not self.visits.is_wanted(request.meta["errand"], 200, content_type):
            raise StopDownload(fail=False)

    def bytes_received(self, data: bytes, request: Request, spider: Any = None) -> None:
        """Count, and break off a robots.txt behind what is read of it."""
        self._bytes[request] += len(data)
        if request.meta["errand"].kind == "robots" and self._bytes[request] > robots.LARGEST:
            raise StopDownload(fail=False)

    def received(self, response: Response) -> None:
        """Scrapy's callback."""
        assert response.request is not None
        self._bytes.pop(response.request, None)
        self.safely(self.visits.received, response.request.meta["errand"], reply_of(response), time.time())

    def failed(self, failure: Any) -> None:
        """Scrapy's errback."""
        errand = failure.request.meta["errand"]
        private = self.guard.private_address_of(errand.address.host)
        trouble = trouble_of(failure.value, errand.kind, self.visits.settings, private)
        size = self._bytes.pop(failure.request, 0)
        self.safely(self.visits.failed, errand, replace(trouble, size=size), time.time())

    def safely(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call what must not fail: if it does, the crawl ends with that error, which Scrapy would only log."""
        try:
            return function(*arguments)
        except BaseException as error:  # raised again by `crawl`
            self.error = self.error or error
            end_now()
        finally:
            self.after()


class FrontierScheduler(BaseScheduler):
    """Gives Scrapy's engine what the frontier says is due."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> FrontierScheduler:
        """As Scrapy makes schedulers."""
        return cls(crawler)

    @property
    def _courier(self) -> Courier:
        assert isinstance(self._crawler.spider, Courier)
        return self._crawler.spider

    def has_pending_requests(self) -> bool:
        """Whether the crawl is not over yet."""
        return self._courier.error is None and self._courier.visits.frontier.has_more

    def enqueue_request(self, request: Request) -> bool:
        """Nothing comes this way: links go from the visits to the frontier."""
        return False

    def next_request(self) -> Request | None:
        """What is due now. Where nothing is, the engine is woken when something will be."""
        if self._courier.error is not None:
            return None
        return self._courier.safely(self._next)  # type: ignore[no-any-return]

    def close(self, reason: str) -> None:
        """The crawl is over."""
        self._cancel()

    def _next(self) -> Request | None:
        frontier = self._courier.visits.frontier
        self._cancel()
        errand = frontier.next(time.time())
        if errand is not None:
            return self._courier.request(errand)
        wait = frontier.seconds_until_due(time.time())
        if wait is not None:
            # A little late rather than a little early: time.time() and the loop's clock need not agree.
            self._timer = asyncio.get_running_loop().call_later(wait + 0.001, self._wake)
        return None

    def _wake(self) -> None:
        # The engine looks by itself every five seconds only, and has no public way to be asked to look now.
        slot = self._crawler.engine._slot
        if slot is not None:
            slot.nextcall.schedule()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def end_now() -> None:
    """Leave the reactor's loop at once; requests on their way are dropped."""
    from twisted.internet import reactor

    reactor.crash()  # type: ignore[misc]  # stubs lack its argument
