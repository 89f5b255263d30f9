"""E-mail addresses (RFC 5321, RFC 6531) and IP addresses (RFC 4291) in running text."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

# RFC 5321, 4.5.3.1: the part before the @ has at most 64 characters. Of those that are allowed only what people use,
# in any script (RFC 6531).
LONGEST_LOCAL = 64
# Read backwards from the @.
_LOCAL = re.compile(r"[\w.%+-]{1,64}")
_DOMAIN = re.compile(r"(?<![\w-])(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-])")
# Here and beside, what must not stand before a number is looked at after its first character: so the search can jump
# from digit to digit, which is several times quicker in prose.
_DOTTED = re.compile(r"[0-9](?<![\w.].)[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?!\.?\w)")
_COLONS = re.compile(r"[0-9A-Fa-f:](?<![\w:.].)[0-9A-Fa-f:]{2,38}(?![\w:])")

# Of IPv6 only this part is given out (RFC 4291, 2.4); `a::b` elsewhere is more likely code.
_GIVEN_OUT = ipaddress.IPv6Network("2000::/3")


def emails(text: str) -> Iterator[tuple[int, int]]:
    """Where the e-mail addresses are. Each @ is looked at once, with at most 64 characters before it."""
    end = 0
    at = text.find("@")
    while at >= 0:
        before = text[max(end, at - LONGEST_LOCAL) : at]
        local = _LOCAL.match(before[::-1])
        domain = _DOMAIN.match(text, at + 1)
        if local and domain:
            name = local.group()[::-1].lstrip(".-%+")
            if name and name[-1] != "." and ".." not in name:
                end = domain.end()
                yield at - len(name), end
        at = text.find("@", max(end, at + 1))


def internet_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where the IP addresses are that belong to someone: not those of private networks, of this machine and the like.

    A version number of four parts cannot be told from an address.
    """
    for match in _DOTTED.finditer(text):
        try:
            is_public = ipaddress.IPv4Address(match.group()).is_global
        except ValueError:
            continue
        if is_public:
            yield match.span()
    for match in _COLONS.finditer(text):
        if match.group().count(":") < 2:
            continue
        try:
            six = ipaddress.IPv6Address(match.group())
        except ValueError:
            continue
        if six.is_global and six in _GIVEN_OUT:
            yield match.span()
