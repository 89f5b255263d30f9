from __future__ import annotations

import dataclasses

import pytest

from groundup.settings import SettingError, field_docs
from groundup.tokens.settings import TokenizerSettings


def test_every_field_is_documented() -> None:
    docs = field_docs(TokenizerSettings)
    assert set(docs) == {field.name for field in dataclasses.fields(TokenizerSettings)}
    assert all(docs.values())


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "letters"}, "kind"),
        ({"sentinels": -1}, "sentinels"),
        ({"minimum_frequency": 0}, "minimum_frequency"),
        ({"sample": 0}, "sample"),
        ({"kind": "bpe", "vocabulary": 261}, "vocabulary"),
        ({"kind": "unigram", "vocabulary": 300, "sentinels": 40}, "vocabulary"),
        ({"kind": "character", "vocabulary": 5}, "vocabulary"),
        ({"vocabulary": 2**31}, "vocabulary"),
    ],
)
def test_impossible_values_name_their_field(values: dict[str, object], field: str) -> None:
    with pytest.raises(SettingError) as caught:
        TokenizerSettings(**values)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_special_tokens_stand_first_in_a_fixed_order() -> None:
    assert TokenizerSettings(sentinels=2).special_tokens == (
        "<pad>",
        "<unk>",
        "<mask>",
        "<sep>",
        "<end>",
        "<extra_0>",
        "<extra_1>",
    )
