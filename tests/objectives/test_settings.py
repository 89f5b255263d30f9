from __future__ import annotations

from typing import Any, get_args, get_type_hints

import pytest

from groundup.objectives.settings import WRITING, ObjectiveSettings, sees_prompts_whole, writes
from groundup.objectives.table import OBJECTIVES
from groundup.settings import SettingError

KINDS = get_args(get_type_hints(ObjectiveSettings)["kind"])


def test_every_kind_that_a_recipe_may_name_is_there() -> None:
    assert set(KINDS) <= OBJECTIVES.keys()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"pairs": "next_sentence"}, "pairs"),
        ({"mask_rate": 0.0}, "mask_rate"),
        ({"mask_rate_end": 1.0}, "mask_rate_end"),
        ({"mask_words": 0}, "mask_words"),
        ({"noise_span": 0.5}, "noise_span"),
        ({"causal_share": 1.0}, "causal_share"),
        ({"generator": 0.0}, "generator"),
        ({"detection_weight": 0.0}, "detection_weight"),
        ({"smoothing": 1.0}, "smoothing"),
        ({"label_smoothing": 1.0}, "label_smoothing"),
        ({"token_dropout": 1.0}, "token_dropout"),
        ({"bpe_dropout": -0.1}, "bpe_dropout"),
        ({"r_drop": -1.0}, "r_drop"),
    ],
)
def test_an_impossible_value_is_refused_by_its_name(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingError) as caught:
        ObjectiveSettings(**wrong)
    assert caught.value.field == field


def test_who_writes_and_who_looks_at_a_prompt_from_all_sides() -> None:
    assert {kind for kind in KINDS if writes(kind)} == set(WRITING)
    assert [kind for kind in KINDS if sees_prompts_whole(kind)] == ["prefix"]
