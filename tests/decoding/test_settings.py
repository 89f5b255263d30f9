from __future__ import annotations

from typing import Any

import pytest

from groundup.decoding.settings import SamplingSettings
from groundup.settings import SettingError


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tokens", 0),
        ("repetition_penalty", 0.0),
        ("repetition_penalty", float("nan")),
        ("temperature", -0.1),
        ("temperature", float("nan")),
        ("top_k", -1),
        ("top_p", 0.0),
        ("top_p", 1.1),
        ("min_p", 1.0),
        ("min_p", -0.1),
        ("stop", ("a", "")),
        ("seed", -1),
    ],
)
def test_an_impossible_value_names_its_field(field: str, value: Any) -> None:
    with pytest.raises(SettingError, match=field) as caught:
        SamplingSettings(**{field: value})
    assert caught.value.field == field


def test_the_ends_of_each_range_are_possible() -> None:
    assert SamplingSettings(tokens=1, temperature=0, top_k=0, top_p=1, min_p=0, stop=(), seed=0)
    assert SamplingSettings(top_p=1e-9, min_p=0.999)
