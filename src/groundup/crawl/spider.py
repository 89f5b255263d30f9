"""Scrapy, as far as it is used: its engine drives, its HTTP client fetches, and nothing else of it is switched on.

Of Scrapy's own parts those that would be in the way are off, because the frontier does their work and outlives a
kill: robots.txt, redirects, retries, pacing, duplicates, cookies, proxies, the telnet console. Each request leaves
exactly as `Visits` wrote it, and each host has one at a time.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    StopDownload,
)
from scrapy.http import Response

from groundup.crawl import robots
from groundup.crawl.errand import Errand
from groundup.crawl.resolver import GuardedResolver
from groundup.crawl.settings import CrawlSettings
from groundup.crawl.visits import Reply, Trouble, Visits

# Beside the body a reply has a head and, in chunks, some framing; what has more than the body again is an attack.
_HEAD_BYTES = 256 * 1024


def scrapy_settings(settings: CrawlSettings) -> dict[str, Any]:
    """What Scrapy is told."""
    here = __name__
    handler = f"{here}.CarefulHandler"
    return {
        "SCHEDULER": f"{here}.FrontierScheduler",
        "DOWNLOAD_HANDLERS_BASE": {"http": handler, "https": handler},
        "DOWNLOADER_MIDDLEWARES_BASE": {},
        "SPIDER_MIDDLEWARES_BASE": {},
        "EXTENSIONS_BASE": {},
        "TELNETCONSOLE_ENABLED": False,
        "LOG_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
        "CONCURRENT_REQUESTS": settings.hosts_at_once,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": 0,
        "DOWNLOAD_MAXSIZE": settings.largest_bytes,
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
        self._robots_bytes: dict[Request, int] = {}

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
            meta={"errand": errand, "download_timeout": self.visits.settings.seconds_a_page},
            dont_filter=True,
        )

    def head_received(self, headers: Any, body_length: int, request: Request, spider: Any = None) -> None:
        """Break off what is no page before its body comes.

        Scrapy does not say the status here; of a redirect or an error the head is all that is needed.
        """
        content_type = _text(headers.get("Content-Type") or b"")
        if not self.visits.is_wanted(request.meta["errand"], 200, content_type):
            raise StopDownload(fail=False)

    def bytes_received(self, data: bytes, request: Request, spider: Any = None) -> None:
        """Break off a robots.txt behind what is read of it."""
        if request.meta["errand"].kind == "robots":
            so_far = self._robots_bytes.get(request, 0) + len(data)
            self._robots_bytes[request] = so_far
            if so_far > robots.LARGEST:
                raise StopDownload(fail=False)

    def received(self, response: Response) -> None:
        """Scrapy's callback."""
        assert response.request is not None
        self._robots_bytes.pop(response.request, None)
        self.safely(self.visits.received, response.request.meta["errand"], _reply(response), time.time())

    def failed(self, failure: Any) -> None:
        """Scrapy's errback."""
        request = failure.request
        self._robots_bytes.pop(request, None)
        trouble = self._trouble(failure.value, request.meta["errand"])
        self.safely(self.visits.failed, request.meta["errand"], trouble, time.time())

    def safely(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call what must not fail: if it does, the crawl ends with that error, which Scrapy would only log."""
        try:
            return function(*arguments)
        except BaseException as error:  # raised again by `crawl`
            self.error = self.error or error
            end_now()
        finally:
            self.after()

    def _trouble(self, error: BaseException, errand: Errand) -> Trouble:
        settings = self.visits.settings
        match error:
            case CannotResolveHostError():
                private = self.guard.private_address_of(errand.address.host)
                if private:
                    return Trouble(f"a private address ({private})", is_final=True)
                return Trouble("no such host")
            case DownloadTimeoutError():
                return Trouble(f"no whole reply within {settings.seconds_a_page:g} s")
            case DownloadCancelledError():
                return Trouble(f"larger than {settings.largest_page:,} million bytes", is_final=True, is_answer=True)
            case ResponseDataLossError():
                return Trouble("the reply was cut short", is_answer=True)
            case DownloadConnectionRefusedError():
                return Trouble("the connection was refused")
            case DownloadFailedError():
                return Trouble("the connection broke before the reply was whole")
            case OSError():
                return Trouble(f"no connection ({error})"[:200])
        return Trouble(f"it cannot be asked for ({type(error).__name__}: {error})"[:200], is_final=True)


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


class CarefulHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP client without the retries that Twisted makes unasked, and with a limit on all that comes.

    Twisted asks again by itself where a kept connection breaks, which no pause and no account would know of, and
    reads a head of any length.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool.retryAutomatically = False
        most = 2 * crawler.settings.getint("DOWNLOAD_MAXSIZE") + _HEAD_BYTES
        factory = self._pool._factory

        class Bounded(factory):  # type: ignore[misc, valid-type]
            noisy = False

            def buildProtocol(self, addr: Any) -> Any:  # noqa: N802  # Twisted's name
                return _bounded(super().buildProtocol(addr), most)

        self._pool._factory = Bounded


def _bounded(protocol: Any, most: int) -> Any:
    """The same protocol, whose connection ends when one reply brings more than `most` bytes of any kind."""
    ask, take = protocol.request, protocol.dataReceived
    received = 0

    def request(*arguments: Any) -> Any:
        nonlocal received
        received = 0
        return ask(*arguments)

    def data_received(data: bytes) -> None:
        nonlocal received
        received += len(data)
        if received > most:
            protocol.transport.abortConnection()
        else:
            take(data)

    protocol.request, protocol.dataReceived = request, data_received
    return protocol


def end_now() -> None:
    """Leave the reactor's loop at once; requests on their way are dropped."""
    from twisted.internet import reactor

    reactor.crash()  # type: ignore[misc]  # stubs lack its argument


def _reply(response: Response) -> Reply:
    headers = [(_text(name), _text(value)) for name, values in response.headers.items() for value in values]
    ip = response.ip_address
    return Reply(
        status=response.status,
        headers=headers,
        body=response.body,
        protocol=response.protocol or "HTTP/1.1",
        ip=str(ip) if isinstance(ip, ipaddress.IPv4Address | ipaddress.IPv6Address) else "",
    )


def _text(value: bytes) -> str:
    """A header's bytes as text. Latin-1 keeps them all; control characters would forge lines in a record."""
    return "".join(
        character if character.isprintable() or character == "\t" else " " for character in value.decode("latin-1")
    )
