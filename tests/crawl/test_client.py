from __future__ import annotations

from typing import Any

import pytest
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from twisted.internet.defer import Deferred

from groundup.crawl.client import _bounded, header_text, trouble_of
from groundup.crawl.settings import CrawlSettings


class Protocol:
    """What of Twisted's HTTP client protocol is used here."""

    def __init__(self) -> None:
        self.taken = 0
        self.is_aborted = False
        self.transport = self

    def request(self, request: Any) -> Deferred[str]:
        return Deferred()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self.taken += len(data)

    def abortConnection(self) -> None:  # noqa: N802
        self.is_aborted = True


def test_a_connection_ends_at_its_limit_and_each_request_has_its_own() -> None:
    protocol = Protocol()
    bounded = _bounded(protocol, 1_000_000)
    for _ in range(3):
        sent = bounded.request("GET /")
        bounded.dataReceived(b"h" * 200_000)
        sent.callback("a head")
        assert sent.result == "a head"
        bounded.dataReceived(b"x" * 600_000)
        bounded.dataReceived(b"x" * 400_000)
    assert (protocol.taken, protocol.is_aborted) == (3_600_000, False)
    bounded.dataReceived(b"x")
    assert (protocol.taken, protocol.is_aborted) == (3_600_000, True)


def test_a_head_that_is_as_large_as_a_page_ends_the_connection() -> None:
    protocol = Protocol()
    bounded = _bounded(protocol, 100_000_000)
    bounded.request("GET /")
    for _ in range(5):
        bounded.dataReceived(b"h" * 60_000)
    assert (protocol.taken, protocol.is_aborted) == (240_000, True)


def test_a_header_cannot_forge_a_line_of_a_record() -> None:
    assert header_text(b"a\r\nWARC-Type: response\0\x85\xe9") == "a  WARC-Type: response  é"


@pytest.mark.parametrize(
    ("error", "private", "said", "is_final", "is_answer"),
    [
        (CannotResolveHostError(), "", "no such host", False, False),
        (CannotResolveHostError(), "10.0.0.1", "a private address (10.0.0.1)", True, False),
        (DownloadTimeoutError(), "", "no whole reply within 30 s", False, False),
        (DownloadCancelledError(), "", "larger than 8 million bytes", True, True),
        (ResponseDataLossError(), "", "the reply was cut short", False, True),
        (OSError("no route"), "", "no connection (no route)", False, False),
        (ValueError("odd"), "", "it cannot be asked for (ValueError: odd)", True, False),
    ],
)
def test_each_failure_is_a_row_of_the_report(error, private, said, is_final, is_answer) -> None:
    trouble = trouble_of(error, "page", CrawlSettings(("https://example.org/",), "a@b.cd"), private)
    assert (trouble.reason, trouble.is_final, trouble.is_answer) == (said, is_final, is_answer)
