"""A crawler reads addresses that strangers wrote, so it must not be talked into visiting its own network (S5).

Two gates: an address that names a private place is refused as it is read, and whatever a name resolves to is looked
at again at the moment of dialling (`resolver.py`), for a name may mean another machine the second time it is asked.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from groundup.crawl.address import Address

# inet_aton, and with it getaddrinfo, takes 2130706433, 0x7f.1 and 0177.0.0.1 for 127.0.0.1. A name of the DNS never
# ends in a label that is a number (WHATWG URL, section 3.5: "ends in a number").
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")

# IPv6 networks that carry an IPv4 address, and by how many bits it is shifted: what they lead to is what counts.
_CARRIERS = (
    (ipaddress.ip_network("::/96"), 0),  # IPv4-compatible, RFC 4291
    (ipaddress.ip_network("::ffff:0:0/96"), 0),  # IPv4-mapped, RFC 4291
    (ipaddress.ip_network("::ffff:0:0:0/96"), 0),  # IPv4-translated, RFC 2765
    (ipaddress.ip_network("64:ff9b::/96"), 0),  # NAT64, RFC 6052
    (ipaddress.ip_network("2002::/16"), 80),  # 6to4, RFC 3056
)
# Not told apart as private by every Python that runs us, so they are named: protocol assignments (RFC 6890), 6to4
# relays (RFC 7526), local NAT64 (RFC 8215), site-local (RFC 3879), Teredo and others (RFC 2928), documentation
# (RFC 9637), segment routing (RFC 9602).
_CLOSED = tuple(
    map(
        ipaddress.ip_network,
        ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "fec0::/10", "2001::/23", "3fff::/20", "5f00::/16"),
    )
)


def is_public(text: str) -> bool:
    """Whether an IP address (an IPv6 one with or without its zone) can be a machine of the open internet."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        for network, shift in _CARRIERS:
            if address in network:
                return is_public(str(ipaddress.IPv4Address(int(address) >> shift & 0xFFFFFFFF)))
    if any(address in network for network in _CLOSED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def refusal(address: Address, allowed: Collection[str]) -> str:
    """Why an address is not visited, in a few words, or "". `allowed` are hosts that may be private."""
    host = address.host
    if host in allowed:
        return ""
    if ":" in host or _is_dotted(host):
        return "" if is_public(host) else "a private address"
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return "an address in disguise"
    # RFC 6761: localhost and all names below it are this machine.
    if host == "localhost" or host.endswith(".localhost"):
        return "a private address"
    return ""


def _is_dotted(host: str) -> bool:
    """Whether it is four decimal numbers without leading zeros, the one way to write IPv4 that means one thing."""
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False
