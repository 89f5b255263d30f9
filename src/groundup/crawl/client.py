"""Scrapy's HTTP client, with a limit on all that comes, and what it brings in the crawler's own terms."""

from __future__ import annotations

import ipaddress
from typing import Any

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Response

from groundup.crawl.errand import Kind
from groundup.crawl.replies import Reply, Trouble
from groundup.crawl.settings import LARGEST_SITEMAP, CrawlSettings

# Browsers take about as much.
_HEAD_BYTES = 256 * 1024


class CarefulHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP client without the retries that Twisted makes unasked, and with a limit on all that comes.

    Twisted asks again by itself where a kept connection breaks, which no pause and no account would know of, and
    reads a head of any length.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool.retryAutomatically = False
        # In chunks a body comes with some framing; what has more than the body again is an attack.
        most = 2 * max(crawler.settings.getint("DOWNLOAD_MAXSIZE"), LARGEST_SITEMAP)
        factory = self._pool._factory

        class Bounded(factory):  # type: ignore[misc, valid-type]
            noisy = False

            def buildProtocol(self, addr: Any) -> Any:  # noqa: N802  # Twisted's name
                return _bounded(super().buildProtocol(addr), most)

        self._pool._factory = Bounded


def _bounded(protocol: Any, most: int) -> Any:
    """The same protocol, whose connection ends at a head without end, or at a body of more than `most` bytes.

    A head is kept in memory; a body, and what frames its chunks, is counted here as it comes over the line, and what is
    kept of it is Scrapy's to bound.
    """
    ask, take = protocol.request, protocol.dataReceived
    left = 0

    def request(*arguments: Any) -> Any:
        nonlocal left
        left = _HEAD_BYTES
        return ask(*arguments).addCallback(head_is_here)

    def head_is_here(response: Any) -> Any:
        nonlocal left
        left = most
        return response

    def data_received(data: bytes) -> None:
        nonlocal left
        left -= len(data)
        if left < 0:
            protocol.transport.abortConnection()
        else:
            take(data)

    protocol.request, protocol.dataReceived = request, data_received
    return protocol


def reply_of(response: Response) -> Reply:
    """What Scrapy brought."""
    headers = [(header_text(name), header_text(value)) for name, values in response.headers.items() for value in values]
    ip = response.ip_address
    return Reply(
        status=response.status,
        headers=headers,
        body=response.body,
        protocol=response.protocol or "HTTP/1.1",
        ip=str(ip) if isinstance(ip, ipaddress.IPv4Address | ipaddress.IPv6Address) else "",
    )


def header_text(value: bytes) -> str:
    """A header's bytes as text. Latin-1 keeps them all; control characters would forge lines in a record."""
    return "".join(
        character if character.isprintable() or character == "\t" else " " for character in value.decode("latin-1")
    )


def trouble_of(error: BaseException, kind: Kind, settings: CrawlSettings, private: str) -> Trouble:
    """Why Scrapy brought nothing; `private` is the address that the resolver did not let through, or ""."""
    match error:
        case CannotResolveHostError():
            if private:
                return Trouble(f"a private address ({private})", is_final=True)
            return Trouble("no such host")
        case DownloadTimeoutError():
            return Trouble(f"no whole reply within {settings.seconds_a_page:g} s")
        case DownloadCancelledError():
            most = settings.largest_bytes(kind) / 1e6
            return Trouble(f"larger than {most:,.0f} million bytes", is_final=True, is_answer=True)
        case ResponseDataLossError():
            return Trouble("the reply was cut short", is_answer=True)
        case DownloadConnectionRefusedError():
            return Trouble("the connection was refused")
        case DownloadFailedError():
            return Trouble("the connection broke before the reply was whole")
        case OSError():
            return Trouble(f"no connection ({error})"[:200])
    return Trouble(f"it cannot be asked for ({type(error).__name__}: {error})"[:200], is_final=True)
