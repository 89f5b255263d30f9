"""robots.txt as RFC 9309 has it: what a reply to the request for it means, and what its rules say.

    2xx                          the rules are read, 500 KiB of them; 204 and 205 have none
    3xx                          followed, five times; more count as 4xx (section 2.3.1.2)
    4xx                          there are none: everything is allowed (2.3.1.3)
    5xx, no reply, 429           nothing is allowed; it is asked for again later (2.3.1.4)

429 is the one departure: it says that the server is busy, not that there is no file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protego import Protego

# Sections 2.5 and 2.4.
LARGEST = 500 * 1024
SECONDS_KEPT = 24 * 3600.0

_SIGNAL = re.compile(r"^\s*content-signal\s*:\s*([^#\r\n]{1,300})", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Rules:
    """One robots.txt, ready to be asked, for one crawler."""

    agent: str
    parsed: Protego

    def allow(self, address: str) -> bool:
        """Whether the address may be visited."""
        return self.parsed.can_fetch(address, self.agent)

    @property
    def delay(self) -> float:
        """Seconds between requests that the file asks for, by Crawl-delay or Request-rate; 0 where it asks none."""
        rate = self.parsed.request_rate(self.agent)
        asked = self.parsed.crawl_delay(self.agent) or 0.0
        wanted = max(asked, rate.seconds / rate.requests if rate else 0.0)
        return wanted if math.isfinite(wanted) else 0.0

    @property
    def sitemaps(self) -> list[str]:
        """The sitemaps named, in order and once each."""
        return list(dict.fromkeys(self.parsed.sitemaps))


@lru_cache(maxsize=1000)
def rules(content: bytes, agent: str) -> Rules:
    """The rules in the bytes of a robots.txt, as far as they are read; b"" allows everything."""
    from protego import Protego

    return Rules(agent, Protego.parse(_text(content)))


def content_signal(content: bytes) -> str:
    """What a robots.txt says by `Content-Signal` (contentsignals.org), such as `search=yes, ai-train=no`; or ""."""
    return "; ".join(dict.fromkeys(found.strip() for found in _SIGNAL.findall(_text(content))))[:300]


def means_all(status: int) -> bool:
    """Whether a reply with this status means that there are no rules."""
    return status in (204, 205) or (400 <= status < 500 and status != 429)


def _text(content: bytes) -> str:
    """The text as far as it is read; a line that the limit cuts in two could mean the opposite, so it goes."""
    if len(content) > LARGEST:
        content = content[:LARGEST]
        content = content[: max(content.rfind(b"\n"), content.rfind(b"\r")) + 1]
    return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def asks_no_training(signals: Iterable[str]) -> bool:
    """Whether any of these Content-Signals says that what it speaks of is not to train on."""
    return any(re.search(r"ai-train\s*=\s*no", text, re.IGNORECASE) for text in signals)
