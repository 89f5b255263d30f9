from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.privacy.web import emails, internet_addresses


def found(find, text: str) -> list[str]:
    return [text[start:end] for start, end in find(text)]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("mail bob.smith+x@mail.example.co.uk.", ["bob.smith+x@mail.example.co.uk"]),
        ("<mailto:bob@example.org>,ann@example.org;", ["bob@example.org", "ann@example.org"]),
        ("a@b.com.c@d.com", ["a@b.com", "c@d.com"]),
        ("müller@bücher.example", ["müller@bücher.example"]),
        ("name@host, @handle, a@b, a@b.c, a@-b.com, x @ y.com, a..b@c.com", []),
        (".-bob@example.org", ["bob@example.org"]),
        ("x" * 100 + "@example.org", ["x" * 64 + "@example.org"]),
    ],
)
def test_mail_addresses(text: str, addresses: list[str]) -> None:
    assert found(emails, text) == addresses


@effort(deadline=None)
@given(
    st.from_regex(r"[a-z]([a-z0-9._+-]{0,20}[a-z0-9])?", fullmatch=True).filter(lambda name: ".." not in name),
    st.from_regex(r"([a-z]([a-z0-9-]{0,10}[a-z0-9])?\.){1,4}[a-z]{2,10}", fullmatch=True),
    st.sampled_from(["", " ", "(", "mailto:", "\n", "“"]),
    st.sampled_from(["", " ", ")", ".", ", ", "\n", "”", "?"]),
)
def test_every_ordinary_mail_address_is_found(name: str, host: str, before: str, after: str) -> None:
    address = f"{name}@{host}"
    assert found(emails, before + address + after) == [address]


@effort(deadline=None)
@given(st.ip_addresses(v=4), st.sampled_from(["", " ", "(", "http://"]), st.sampled_from(["", ".", ":80", "/x", ")"]))
def test_public_addresses_are_found_and_private_ones_are_not(address, before: str, after: str) -> None:
    expected = [str(address)] if address.is_global else []
    assert found(internet_addresses, before + str(address) + after) == expected


@effort(deadline=None)
@given(st.ip_addresses(v=6, network="2000::/3"), st.booleans())
def test_public_addresses_of_version_6_are_found(address, spelt_out: bool) -> None:
    text = address.exploded if spelt_out else str(address)
    assert found(internet_addresses, f"from {text}, to") == ([text] if address.is_global else [])


@pytest.mark.parametrize(
    "text",
    [
        "1.2.3",
        "1.2.3.4.5",
        "v1.2.3.4",
        "256.1.1.1",
        "127.0.0.1",
        "10.0.0.1",
        "12:30:45",
        "std::vector",
        "a::b",
        "::1",
        "dead::beef",
    ],
)
def test_what_is_no_address_of_anyone_stays(text: str) -> None:
    assert found(internet_addresses, f"see {text} there") == []
