"""One request to make, and what is known of a page when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from groundup.crawl.address import Address

Kind: TypeAlias = Literal["page", "sitemap", "robots"]


@dataclass(frozen=True)
class Errand:
    """One request to make."""

    kind: Kind
    address: Address
    id: int = 0
    """The page's number; 0 for a robots.txt."""
    site: str = ""
    """Whose robots.txt it is, or whose page."""
    depth: int = 0
    redirects: int = 0
    tries: int = 0
    """Requests for it that came to an end before this one."""


@dataclass(frozen=True)
class Fetched:
    """What is known of a page that is done; None where it does not apply."""

    status: int
    media_type: str = ""
    size: int = 0
    """Bytes of the body as it came."""
    digest: str | None = None
    """SHA-256 of the body unpacked."""
    leads_to: str | None = None
    archive: str | None = None
    position: int | None = None
    """Where its response record begins in the archive."""
    links: int = 0
    links_left_out: int = 0
    robots_hints: str = ""
    licence: str = ""
    other_hints: str = ""
    no_ai: bool = False
