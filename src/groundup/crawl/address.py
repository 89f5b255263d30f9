"""Addresses: the form that is asked for, the form that two spellings of one page share, and their parts.

w3lib, which Scrapy itself uses, was chosen over courlan: of 18 addresses tried, courlan's `normalize_url` joined
`//double//slash` into one, dropped parameters without a value (`?a=&b`) and kept fragments and `/a/../b`, and its
`clean_url` made http://x.org/y of http://example.com/a?b=http://x.org/y. Each of these is another page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit, urlunsplit

DEFAULT_PORTS = {"http": 80, "https": 443}

# Parameters that say where a reader came from and never what is read; documented by the firms that set them.
_TRACKING = re.compile(
    r"(?:utm_[a-z_]+|gclid|dclid|fbclid|msclkid|yclid|mc_cid|mc_eid|igshid|_ga|_gl|wbraid|gbraid)", re.IGNORECASE
)
# WHATWG URL, section 4.4: these are taken out of an address wherever they stand, spaces at its ends only.
_DROPPED = str.maketrans("", "", "\t\r\n")
_ENDS = "".join(map(chr, range(33)))


class AddressError(ValueError):
    """Something is no address; the message says why, in a few words."""


@dataclass(frozen=True)
class Address:
    """One address: `text` is asked for, `key` is the same for all spellings of it."""

    text: str
    key: str
    scheme: str
    host: str
    """In lower case and without a final dot; an IPv6 address without brackets."""
    port: int
    path: str
    """Without the query; never empty."""
    query: str
    """Without parameters that only say where a reader came from."""

    @property
    def place(self) -> str:
        """Host and port as a scope names them: the port only where the scheme does not imply it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def site(self) -> str:
        """What one robots.txt speaks for: scheme, host and port (RFC 9309, section 2.3)."""
        return f"{self.scheme}://{self.place}"


def parse(text: str, base: str = "", encoding: str = "utf-8") -> Address:
    """The address that `text` means on the page `base`, whose queries are in `encoding`.

    Raises AddressError for what is no http or https address at all.
    """
    from w3lib.url import canonicalize_url, safe_url_string

    try:
        cleaned = text.strip(_ENDS).translate(_DROPPED)
        joined = urljoin(base, cleaned) if base else cleaned
        scheme = urlsplit(joined).scheme.lower()
        if scheme not in DEFAULT_PORTS:
            raise AddressError(f"not a web address ({scheme}:)" if scheme else "not a web address")
        safe = safe_url_string(joined, encoding=encoding)
        parts = urlsplit(safe)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port if parts.port is not None else DEFAULT_PORTS[scheme]
    except AddressError:
        raise
    # urlsplit for brackets and ports, IDNA for names, an encoding that Python does not know.
    except (ValueError, LookupError) as error:
        raise AddressError(f"not a proper address ({error})") from error
    if not host or re.search(r"[^a-z0-9._:-]", host):
        raise AddressError("no proper host name")
    if parts.username is not None or parts.password is not None:
        raise AddressError("a user name in the address")
    query = _without_tracking(parts.query)
    address = Address("", "", scheme, host, port, _without_dots(parts.path) or "/", query)
    text = urlunsplit((scheme, address.place, address.path, query, ""))
    return replace(address, text=text, key=canonicalize_url(text))


def _without_dots(path: str) -> str:
    """The path with `.` and `..` resolved (RFC 3986, section 5.2.4), which servers should never see."""
    if "/." not in path and "%2e" not in path.lower():
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        plain = segment.lower().replace("%2e", ".")
        if plain == "..":
            del kept[-1:]
        elif plain != ".":
            kept.append(segment)
    ends_in_folder = segments[-1].lower().replace("%2e", ".") in (".", "..")
    return "/" + "/".join(kept) + ("/" if ends_in_folder and kept else "")


def _without_tracking(query: str) -> str:
    return "&".join(part for part in query.split("&") if not _TRACKING.fullmatch(part.partition("=")[0]))
