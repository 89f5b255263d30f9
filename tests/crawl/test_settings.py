from __future__ import annotations

from dataclasses import fields

import pytest

from groundup.crawl.settings import MAY_CHANGE, CrawlSettings, is_contact
from groundup.settings import SettingError, field_docs


def test_every_field_is_documented_and_may_change_names_fields() -> None:
    names = {field.name for field in fields(CrawlSettings)}
    assert {name for name, text in field_docs(CrawlSettings).items() if text} == names
    assert names >= MAY_CHANGE


@pytest.mark.parametrize("contact", ["me@example.org", "https://example.org/bot", "http://a.b/c?d=e", "a.b+c@d.co.uk"])
def test_a_contact_reaches_somebody(contact) -> None:
    assert is_contact(contact)
    assert contact in CrawlSettings(("https://example.org/",), contact).user_agent


@pytest.mark.parametrize(
    "contact",
    [
        "",
        " ",
        "me",
        "me@",
        "@example.org",
        "me@localhost",
        "ftp://a.b/",
        "me@a.b\r\nX: y",
        "a b@c.d",
        "https://",
        "é@b.cd",
    ],
)
def test_what_reaches_nobody_is_refused(contact) -> None:
    assert not is_contact(contact)
    with pytest.raises(SettingError, match="mail address"):
        CrawlSettings(("https://example.org/",), contact)


@pytest.mark.parametrize(
    "wrong",
    [{"agent": "two words"}, {"agent": ""}, {"pages": 0}, {"delay": -1.0}, {"delay": float("nan")}, {"depth": -1},
     {"hosts_at_once": 0}, {"largest_page": 0}, {"start": ()}, {"tries": 0}],
)  # fmt: skip
def test_impossible_settings_are_refused(wrong) -> None:
    with pytest.raises(SettingError):
        CrawlSettings(**{"start": ("https://example.org/",), "contact": "a@b.cd", **wrong})
