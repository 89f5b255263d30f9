from __future__ import annotations

from typing import Any

import pytest

from groundup.decoding.settings import BeamSettings, SamplingSettings
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


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("beams", {"beams": 0}),
        ("n_best", {"n_best": 0}),
        ("n_best", {"beams": 2, "n_best": 3}),
        ("tokens", {"tokens": 0}),
        ("tokens_per_source_token", {"tokens_per_source_token": -0.1}),
        ("tokens_per_source_token", {"tokens_per_source_token": float("nan")}),
        ("tokens_per_source_token", {"tokens_per_source_token": float("inf")}),
        ("minimum_tokens", {"minimum_tokens": -1}),
        ("minimum_tokens", {"tokens": 3, "minimum_tokens": 4}),
        ("length_penalty", {"length_penalty": -0.1}),
        ("length_penalty", {"length_penalty": float("nan")}),
        ("length_penalty", {"length_penalty": float("inf")}),
    ],
)
def test_an_impossible_search_names_its_field(field: str, values: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=field) as caught:
        BeamSettings(**values)
    assert caught.value.field == field


def test_the_ends_of_each_range_of_a_search_are_possible() -> None:
    assert BeamSettings(beams=1, n_best=1, tokens=1, minimum_tokens=1, length_penalty=0, tokens_per_source_token=0)
