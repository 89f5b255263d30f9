"""Replies, and what the crawler does about one: keep the page, go where it points, come back later, or give it up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

REDIRECTING = (301, 302, 303, 307, 308)
# The server says that it has too much to do; the whole host is left in peace for a while.
BUSY = (429, 503)
# Such a failure may be gone the next time: a time-out, and what stands in front of a server.
PASSING = (408, 425, 500, 502, 504, 520, 521, 522, 523, 524)


@dataclass(frozen=True)
class Reply:
    """What a server sent; names of headers in the spelling it came in."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    protocol: str = "HTTP/1.1"
    ip: str = ""

    def header(self, name: str) -> str:
        """The last value of a header, or ""."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name), "")


@dataclass(frozen=True)
class Trouble:
    """Why there is no reply."""

    reason: str
    is_final: bool = False
    """Whether trying again is of no use."""
    is_answer: bool = False
    """Whether the server did say something."""
    size: int = 0
    """Bytes of the body that came nevertheless."""


@dataclass(frozen=True)
class Verdict:
    """What a status means for a page."""

    kind: Literal["page", "redirect", "busy", "passing", "final"]
    reason: str = ""


def judge(status: int, location: str) -> Verdict:
    """What to do about a reply with this status and Location header."""
    if 200 <= status < 300 and status not in (204, 205, 206):
        return Verdict("page")
    if status in REDIRECTING:
        return Verdict("redirect") if location else Verdict("final", f"{status} without a Location")
    if status in BUSY:
        return Verdict("busy", f"status {status}")
    return Verdict("passing" if status in PASSING else "final", f"status {status}")


def seconds_asked(retry_after: str, now: float) -> float | None:
    """The wait that a Retry-After header asks for (RFC 9110, section 10.2.3), in seconds or as a date.

    None where there is none or it means nothing; `now` is in seconds since 1970.
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        # A number longer than any float would overflow; whoever sends it wants to be left alone.
        return float(text) if len(text) < 16 else math.inf
    try:
        asked = parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, asked - now)


def backoff(first: float, tries: int) -> float:
    """Seconds to wait after so many tries where the server names none."""
    return first * 2.0 ** min(max(tries - 1, 0), 20)
