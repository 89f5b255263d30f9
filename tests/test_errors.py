"""The nearest word: capitals and punctuation do not count, and usual other names are known."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from groundup.errors import OTHER_NAMES, did_you_mean
from groundup.model.mixers import MIXERS
from groundup.model.presets import PRESETS
from groundup.objectives.settings import ObjectiveSettings

KINDS, PAIRS = (get_args(get_type_hints(ObjectiveSettings)[name]) for name in ("kind", "pairs"))


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("LSTM", MIXERS, "lstm"),
        ("BERT", PRESETS, "bert"),
        ("GPT-2", PRESETS, "gpt2"),
        ("AWD-LSTM", PRESETS, "awd_lstm"),
        ("T5", PRESETS, "t5"),
        ("T5", KINDS, "spans"),
        ("MLM", KINDS, "masked"),
        ("bert", KINDS, "masked"),
        ("clm", KINDS, "causal"),
        ("electra", KINDS, "detection"),
        ("nsp", PAIRS, "next_sentence"),
        ("SOP", PAIRS, "sentence_order"),
        ("cuasal", KINDS, "causal"),
    ],
)
def test_the_word_that_was_meant(word, known, meant) -> None:
    assert did_you_mean(word, known) == f"Did you mean {meant!r}?"


def test_other_names_lead_to_what_there_is() -> None:
    assert set(OTHER_NAMES.values()) <= {*MIXERS, *KINDS, *PAIRS}


@settings(deadline=None)
@given(some.text(max_size=8), some.lists(some.text(min_size=1, max_size=8), max_size=6))
def test_any_word_is_answered_with_a_known_one_or_all(word: str, known: list[str]) -> None:
    said = did_you_mean(word, known)
    assert any(repr(one) in said for one in known) or all(one in said for one in known)
