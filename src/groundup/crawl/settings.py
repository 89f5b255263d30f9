"""Where a crawl goes, how polite it is and when it ends."""

from __future__ import annotations

import re
from dataclasses import dataclass

from groundup.crawl.errand import Kind
from groundup.settings import require

# RFC 9309, section 2.2.1: letters, underscores and hyphens make a product token.
_PRODUCT = re.compile(r"[A-Za-z_-]{1,40}")
_MAIL = re.compile(r"[^\s@()<>]{1,64}@[^\s@()<>.]+(?:\.[^\s@()<>.]+)+")
_PAGE = re.compile(r"https?://[^\s()<>/]+\.[^\s()<>]+")

# The most that a sitemap may be (sitemaps.org, "Sitemap file location"), in bytes, packed or not.
LARGEST_SITEMAP = 50 * 2**20

# What a crawl that goes on may change: none of it decides which addresses belong to the crawl.
MAY_CHANGE = frozenset(
    {
        "contact",
        "pages",
        "megabytes",
        "delay",
        "hosts_at_once",
        "tries",
        "retry_after",
        "longest_wait",
        "seconds_a_page",
        "failures_in_a_row",
        "archive_megabytes",
    }
)


@dataclass(frozen=True)
class CrawlSettings:
    """A crawl, complete; what is written here stands in the first record of each WARC file too."""

    start: tuple[str, ...]
    """The addresses to begin with."""
    contact: str
    """A mail address or a web page by which whoever runs a site can reach whoever runs the crawl. It stands in the
    user agent of each request; without one nothing is fetched."""
    agent: str = "groundup"
    """The crawler's name: what robots.txt calls it, and the first word of the user agent."""
    within: tuple[str, ...] = ()
    """Hosts such as `example.org`, `*.example.org` or `example.org:8080`, with the beginning of a path if wanted
    (`example.org/docs/`), that pages may lie in; empty: the hosts of the start addresses. `www.` in front makes no
    difference."""
    allow_private: tuple[str, ...] = ()
    """Hosts that may be visited although they are this machine or lie in a private network, as written in the
    address: `localhost`, `10.0.0.7`."""
    pages: int | None = 10_000
    """Pages to fetch, at most; null for no limit."""
    depth: int = 20
    """Links to follow from a start address, at most. Pages of a sitemap count as linked from the start."""
    megabytes: int | None = None
    """Million bytes of bodies, as they come over the line, after which nothing more is asked for; null for no limit."""
    delay: float = 1.0
    """Seconds between the end of one reply of a host and the next request to it; longer where robots.txt asks."""
    hosts_at_once: int = 16
    """Hosts that are asked at the same time, each over one connection."""
    sitemaps: int = 50
    """Sitemap files to read of each site, at most; 0 reads none."""
    nofollow: bool = True
    """Obey `nofollow` in a page's robots meta tag or X-Robots-Tag: its links are not followed."""
    media_types: tuple[str, ...] = ("text/html", "application/xhtml+xml", "text/plain", "text/markdown")
    """The media types to fetch; a reply of another one is broken off after its head."""
    tries: int = 4
    """How often a page is asked for, at most, where the server or the line fails."""
    retry_after: float = 30.0
    """Seconds until the second try where the server names none; twice as long before each further one."""
    longest_wait: float = 3600.0
    """The longest wait, in seconds, that a site may ask for with Crawl-delay or Retry-After; one that asks for more is
    left alone."""
    failures_in_a_row: int = 20
    """Requests to one host that fail without any reply, one after another, until the host is given up."""
    seconds_a_page: float = 30.0
    """How long a reply may take, from the look-up of the name to the last byte."""
    largest_page: int = 8
    """The most that a page may be, in million bytes, both as it comes and unpacked. Sitemaps may have the 50 MiB that
    their protocol allows."""
    address_length: int = 2000
    """Characters of the longest address that is visited."""
    repeated_segments: int = 3
    """How often one and the same part of a path may stand in it: /a/b/a/b/a/b/ is the mark of an endless site."""
    queries_a_path: int = 200
    """How many different queries (?month=...) of one path are visited: calendars and filters have no end."""
    archive_megabytes: int = 1000
    """Million bytes after which the next WARC file is begun."""

    def __post_init__(self) -> None:
        require(len(self.start) > 0, "start", "a crawl needs at least one address to start from.")
        require(
            is_contact(self.contact),
            "contact",
            f"contact is {self.contact!r}: it must be a mail address or a web page (http or https) that tells the "
            "owners of the sites whom they can ask to stop.",
        )
        require(
            _PRODUCT.fullmatch(self.agent) is not None,
            "agent",
            "agent is made of letters, - and _ only: it is the name that robots.txt knows the crawler by.",
        )
        require(self.pages is None or self.pages >= 1, "pages", "pages must be 1 or more, or null for no limit.")
        require(self.megabytes is None or self.megabytes >= 1, "megabytes", "megabytes must be 1 or more, or null.")
        for name in ("depth", "sitemaps"):
            require(getattr(self, name) >= 0, name, f"{name} must be 0 or more.")
        for name in ("tries", "repeated_segments", "queries_a_path", "failures_in_a_row", "archive_megabytes"):
            require(getattr(self, name) >= 1, name, f"{name} must be 1 or more.")
        for name in ("delay", "retry_after", "longest_wait"):
            require(0 <= getattr(self, name) <= 86_400, name, f"{name} is a time from 0 to 86,400 seconds.")
        require(0 < self.seconds_a_page <= 3600, "seconds_a_page", "seconds_a_page must be above 0, at most 3,600.")
        require(1 <= self.hosts_at_once <= 1000, "hosts_at_once", "hosts_at_once must be 1 to 1,000.")
        require(1 <= self.largest_page <= 1000, "largest_page", "largest_page must be 1 to 1,000 million bytes.")
        require(100 <= self.address_length <= 8000, "address_length", "address_length must be 100 to 8,000.")

    @property
    def user_agent(self) -> str:
        """What each request says of itself."""
        from groundup import __version__

        return f"{self.agent}/{__version__} (+{self.contact})"

    def largest_bytes(self, kind: Kind) -> int:
        """The most that a reply to such a request may be, in bytes, both as it comes and unpacked."""
        return LARGEST_SITEMAP if kind == "sitemap" else self.largest_page * 1_000_000


def is_contact(text: str) -> bool:
    """Whether somebody can be reached by `text`: it looks like a mail address or a web address.

    Brackets and white space are refused, for it becomes a comment in a header.
    """
    return text.isascii() and (_MAIL.fullmatch(text) is not None or _PAGE.fullmatch(text) is not None)
