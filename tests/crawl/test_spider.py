from __future__ import annotations

from typing import Any

from groundup.crawl.settings import CrawlSettings
from groundup.crawl.spider import _bounded, _text, scrapy_settings


class Protocol:
    """What of Twisted's HTTP client protocol is used here."""

    def __init__(self) -> None:
        self.taken = 0
        self.is_aborted = False
        self.transport = self

    def request(self, request: Any) -> str:
        return f"sent {request}"

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self.taken += len(data)

    def abortConnection(self) -> None:  # noqa: N802
        self.is_aborted = True


def test_a_connection_ends_at_its_limit_and_each_request_has_its_own() -> None:
    protocol = Protocol()
    bounded = _bounded(protocol, 100)
    for number in range(3):
        assert bounded.request(number) == f"sent {number}"
        bounded.dataReceived(b"x" * 60)
        bounded.dataReceived(b"x" * 40)
    assert (protocol.taken, protocol.is_aborted) == (300, False)
    bounded.dataReceived(b"x")
    assert (protocol.taken, protocol.is_aborted) == (300, True)


def test_what_of_scrapy_would_be_in_the_way_is_off() -> None:
    told = scrapy_settings(CrawlSettings(("https://example.org/",), "a@b.cd"))
    for parts in ("DOWNLOADER_MIDDLEWARES_BASE", "SPIDER_MIDDLEWARES_BASE", "EXTENSIONS_BASE"):
        assert told[parts] == {}
    assert set(told["DOWNLOAD_HANDLERS_BASE"]) == {"http", "https"}, "no file:, data:, ftp: or s3:"
    assert told["DOWNLOAD_VERIFY_CERTIFICATES"] is True
    assert told["TELNETCONSOLE_ENABLED"] is False


def test_a_header_cannot_forge_a_line_of_a_record() -> None:
    assert _text(b"a\r\nWARC-Type: response\0\x85\xe9") == "a  WARC-Type: response  é"
