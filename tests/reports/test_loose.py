from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as some

from groundup.reports.loose import entries, number, part, texts


def test_numbers_are_numbers():
    assert number("3.5") == 3.5
    assert math.isnan(number(True))
    assert math.isnan(number([1]))
    assert math.isnan(number(10**400))


anything = some.none() | some.floats() | some.text() | some.lists(some.none() | some.text() | some.just({"a": 1}))


@given(anything)
def test_other_shapes_count_as_absent(value: object):
    whole = value if isinstance(value, list) else []
    assert entries(value) == [entry for entry in whole if entry == {"a": 1}]
    assert texts(value) == [entry for entry in whole if isinstance(entry, str)]
    assert part({"x": value}, "x") == {}
    assert part({"x": {"a": 1}}, "x") == {"a": 1}
