from __future__ import annotations

from typing import Any

import pytest

from groundup.model.settings import ModelSettings
from groundup.settings import SettingError


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", 0),
        ("size", 65),
        ("context", 1),
        ("decoder", ()),
        ("depth", 0),
        ("width", 0),
        ("heads", -1),
        ("key_value_heads", 0),
        ("window", 0),
        ("expansion", 0.0),
        ("expansion", 33.0),
        ("expansion", float("nan")),
        ("soft_cap", -1.0),
        ("soft_cap", float("nan")),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("dropout", float("nan")),
    ],
)
def test_an_impossible_value_names_its_field(field: str, value: Any) -> None:
    with pytest.raises(SettingError) as caught:
        ModelSettings(**{field: value})
    assert caught.value.field == field


def test_the_usual_settings_are_possible() -> None:
    assert ModelSettings() == ModelSettings(size=4, window=None, soft_cap=15.0)
    assert ModelSettings(soft_cap=0, dropout=0.99, window=1, context=2)
