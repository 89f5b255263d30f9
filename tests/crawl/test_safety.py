from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.crawl.address import AddressError, parse
from groundup.crawl.safety import is_public, refusal

# Sixty ways to name this machine, its neighbours, or no machine at all (S5).
INWARD = [
    "http://127.0.0.1/", "http://127.0.0.1:22/", "http://127.1/", "http://127.0.1/", "http://127.255.255.254/",
    "http://2130706433/", "http://017700000001/", "http://0x7f000001/", "http://0x7F.0.0.1/", "http://0177.0.0.1/",
    "http://127.0.0.0x1/", "http://0x7f.1/", "http://127.0.0.01/", "http://0/", "http://0.0.0.0/", "http://0x0/",
    "http://[::]/", "http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::10.0.0.1]/",
    "http://[64:ff9b:1::1]/", "http://[2002:7f00:1::]/", "http://[2002:a9fe:a9fe::1]/", "http://[::ffff:0:127.0.0.1]/",
    "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fec0::1]/", "http://[fc00::1]/", "http://[fd12:3456::1]/",
    "http://[ff02::1]/", "http://[2001:db8::1]/", "http://[2001::1]/", "http://10.0.0.1/", "http://10.1/",
    "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/", "http://0xa9fea9fe/", "http://100.64.0.1/", "http://100.127.255.254/", "http://198.18.0.1/",
    "http://192.0.0.8/", "http://192.0.2.1/", "http://203.0.113.1/", "http://224.0.0.1/", "http://240.0.0.1/",
    "http://255.255.255.255/", "http://localhost/", "http://LOCALHOST./", "http://a.b.localhost/",
    "http://１２７.0.0.1/", "http://127。0。0。1/", "http://user@127.0.0.1/", "http://example.org@127.0.0.1/",
    "file:///etc/passwd", "data:text/html,<a href=/>", "gopher://127.0.0.1/", "http://1.1.1.1.0x7f/", "http://[::ffff:0a00:1]/",
]  # fmt: skip


def verdict(text: str, allowed: tuple[str, ...] = ()) -> str:
    try:
        return refusal(parse(text), allowed)
    except AddressError as error:
        return str(error)


def test_there_are_sixty_of_them() -> None:
    assert len(set(INWARD)) >= 60


@pytest.mark.parametrize("text", INWARD)
def test_an_address_that_leads_inward_is_refused(text) -> None:
    assert verdict(text)


@pytest.mark.parametrize(
    "text",
    ["http://example.org/", "https://93.184.216.34/", "http://[2606:4700:4700::1111]/", "http://[64:ff9b::808:808]/",
     "http://[::ffff:8.8.8.8]/", "http://localhost.example.org/", "http://10.example.org/", "http://1.2.3.4.example/"],
)  # fmt: skip
def test_the_open_internet_is_not(text) -> None:
    assert verdict(text) == ""


def test_a_private_host_may_be_allowed_by_its_own_name_only() -> None:
    assert verdict("http://127.0.0.1:8000/", ("127.0.0.1",)) == ""
    assert verdict("http://localhost/", ("localhost",)) == ""
    assert verdict("http://localhost/", ("127.0.0.1",))
    assert verdict("http://2130706433/", ("127.0.0.1",))


@settings(deadline=None)
@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_python_knows_as_private_is_public(address) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        mapped = getattr(address, "ipv4_mapped", None)
        assert not is_public(str(address)) or (mapped is not None and is_public(str(mapped)))
    if isinstance(address, ipaddress.IPv4Address):
        number = int(address)
        for carrier in ("::ffff:", "64:ff9b::"):
            assert is_public(f"{carrier}{number >> 16:x}:{number & 0xFFFF:x}") == is_public(str(address))


@pytest.mark.parametrize("text", ["", "example.org", "1.2.3", "::1::", "256.1.1.1"])
def test_what_is_no_number_is_not_public(text) -> None:
    assert not is_public(text)
