from __future__ import annotations

import math
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.crawl.replies import backoff, judge, seconds_asked


@pytest.mark.parametrize(
    ("status", "location", "kind"),
    [(200, "", "page"), (203, "", "page"), (204, "", "final"), (206, "", "final"), (301, "/x", "redirect"),
     (308, "/x", "redirect"), (301, "", "final"), (304, "", "final"), (300, "/x", "final"), (404, "", "final"),
     (403, "", "final"), (429, "", "busy"), (503, "", "busy"), (500, "", "passing"), (502, "", "passing"),
     (408, "", "passing"), (501, "", "final"), (999, "", "final")],
)  # fmt: skip
def test_what_a_status_means(status, location, kind) -> None:
    assert judge(status, location).kind == kind


def test_retry_after_in_both_forms() -> None:
    now = 1_700_000_000.0
    assert seconds_asked("120", now) == 120
    assert seconds_asked(" 0 ", now) == 0
    assert seconds_asked(formatdate(now + 90, usegmt=True), now) == 90
    assert seconds_asked(formatdate(now - 90, usegmt=True), now) == 0
    assert seconds_asked("9" * 400, now) == math.inf
    for nonsense in ("", "soon", "-5", "1.5", "٣", "Wed, 99 Foo 2099 00:00:00 GMT"):
        assert seconds_asked(nonsense, now) is None


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_retry_after_is_a_wait_or_nothing(text) -> None:
    asked = seconds_asked(text, 1.7e9)
    assert asked is None or asked >= 0


def test_waits_double_and_stay_finite() -> None:
    assert [backoff(30, tries) for tries in (1, 2, 3)] == [30, 60, 120]
    assert math.isfinite(backoff(30, 10_000))
