"""Which addresses belong to a crawl: hosts and paths, depth, and the marks of sites without an end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from groundup.crawl.address import Address, AddressError, parse
from groundup.crawl.safety import refusal
from groundup.crawl.settings import CrawlSettings
from groundup.errors import GroundupError

# Reasons for which an address is not visited, as the report names them. Those of `MAY_RETURN` depend on the way an
# address was found: another link may bring it back.
OUTSIDE = "out of scope"
TOO_DEEP = "too deep"
TOO_LONG = "the address is too long"
REPEATED = "a path that repeats itself"
TOO_MANY_QUERIES = "too many queries of one path"
TOO_MANY_REDIRECTS = "too many redirects"
MAY_RETURN = (TOO_DEEP, TOO_MANY_REDIRECTS)

# RFC 9309 asks for five for robots.txt, and pages get no more (S5).
REDIRECTS = 5


@dataclass(frozen=True)
class Place:
    """A host, or all hosts below it, and the beginning of a path there."""

    host: str
    below: bool
    path: str

    def holds(self, address: Address, *, any_path: bool = False) -> bool:
        """Whether the address lies here."""
        host = _plain(address.place)
        is_host = host.endswith(f".{self.host}") or host == self.host if self.below else host == self.host
        return is_host and (any_path or address.path.startswith(self.path))


def place(text: str) -> Place:
    """`example.org/docs/`, `*.example.org` or a whole address, read; GroundupError where it is neither."""
    bare = text.partition("://")[2] or text
    below = bare.startswith("*.")
    try:
        scheme = text.partition("://")[0] if "://" in text else "http"
        address = parse(f"{scheme}://{bare.removeprefix('*.')}")
    except AddressError as error:
        raise GroundupError(
            f"{text!r} is no place for a crawl to stay within: {error}.",
            "Name a host, with a path if wanted: example.org, *.example.org or example.org/docs/.",
        ) from error
    return Place(_plain(address.place), below, address.path)


def _plain(host: str) -> str:
    return host.removeprefix("www.")


class Scope:
    """The settings' answer to one address after another."""

    def __init__(self, settings: CrawlSettings, starts: Sequence[Address]) -> None:
        self._settings = settings
        self._places = [place(text) for text in settings.within] or [
            Place(_plain(start.place), below=False, path="/") for start in starts
        ]

    def refusal(self, address: Address, depth: int, redirects: int = 0, *, is_sitemap: bool = False) -> str:
        """Why an address found `depth` links from the start is not visited, or "".

        Safety comes first: it holds whatever else the settings allow.
        """
        settings = self._settings
        unsafe = refusal(address, settings.allow_private)
        if unsafe:
            return unsafe
        if not any(place.holds(address, any_path=is_sitemap) for place in self._places):
            return OUTSIDE
        if len(address.text) > settings.address_length:
            return TOO_LONG
        segments = Counter(filter(None, address.path.split("/")))
        if segments and max(segments.values()) > settings.repeated_segments:
            return REPEATED
        if redirects > REDIRECTS:
            return TOO_MANY_REDIRECTS
        return TOO_DEEP if depth > settings.depth else ""


def start_addresses(settings: CrawlSettings) -> list[Address]:
    """The start addresses, each one that may be visited, or GroundupError that says what is wrong with it."""
    addresses = []
    for text in settings.start:
        try:
            address = parse(text if "://" in text else f"https://{text}")
        except AddressError as error:
            raise GroundupError(f"{text!r} cannot be crawled: {error}.", "Give an http or https address.") from error
        reason = refusal(address, settings.allow_private)
        if reason:
            raise GroundupError(
                f"{text!r} is not crawled: {address.host} is {reason}.",
                f"If it is a server of yours, add --allow-private {address.host}.",
            )
        addresses.append(address)
    scope = Scope(settings, addresses)
    for address in addresses:
        reason = scope.refusal(address, 0)
        if reason:
            raise GroundupError(
                f"{address.text} is not crawled: {reason}.", "Start within the places that --within names."
            )
    return addresses
