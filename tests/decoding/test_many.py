from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds import KINDS, PAIRS, Kind, random_kind

from groundup.decoding.engine import DecoderEngine, Engine
from groundup.decoding.ensemble import Ensemble
from groundup.decoding.many import write_many
from groundup.decoding.settings import BeamSettings, SamplingSettings
from groundup.decoding.text import Written

VOCABULARY = 9


class Letters:
    """A token a letter, and one to end with."""

    vocabulary, end = VOCABULARY, 8

    def __init__(self, letters: str = "abcdefgh") -> None:
        self.letters = letters

    def encode(self, text: str) -> list[int]:
        return [self.letters.index(letter) for letter in text]

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(self.letters[token] for token in ids if token != self.end)


TEXTS = st.lists(st.text("abcdefgh", max_size=6), max_size=6)
RULES = st.sampled_from(
    [
        BeamSettings(beams=3, n_best=2, tokens=6, length_penalty=0.7),
        BeamSettings(beams=1, tokens=4),
        SamplingSettings(tokens=6, temperature=1.0, seed=3),
    ]
)


def assert_alike(ours: list[Written], own: list[Written]) -> None:
    assert [written.text for written in ours] == [written.text for written in own]
    assert [written.score for written in ours] == pytest.approx([written.score for written in own], abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(KINDS), min_size=1, max_size=2),
    TEXTS,
    RULES,
    st.integers(1, 60),
    st.booleans(),
    st.booleans(),
)
def test_each_text_gets_what_it_would_get_alone(
    kinds: list[Kind], texts: list[str], rules: Any, tokens: int, ends: bool, is_apart: bool
) -> None:
    """In whatever batches, in their order, by one model or several of any kind, and alike for alike texts."""
    members = [DecoderEngine(random_kind(kind, VOCABULARY), ends_sources=ends) for kind in kinds]
    engine = members[0] if len(members) == 1 else Ensemble(members)
    values: dict[str, Any] = {"source_coder": Letters("hgfedcba") if is_apart else None}
    together = write_many(engine, Letters(), texts, rules, tokens_at_once=tokens, **values)
    assert len(together) == len(texts)
    for text, found in zip(texts, together, strict=True):
        (alone,) = write_many(engine, Letters(), [text], rules, **values)
        assert_alike(found, alone)


class Counting(Engine):
    """Notes how long and how many the sources of each batch are."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.reads_sources = engine, engine.reads_sources
        self.batches: list[list[int]] = []

    def start(self, sources: Any = None) -> Any:
        self.batches.append([len(source) for source in sources or []])
        return self.engine.start(sources)

    def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        return self.engine.step(tokens, state)

    def reorder(self, state: Any, rows: Any) -> Any:
        return self.engine.reorder(state, rows)


def test_batches_hold_texts_of_like_length_and_as_many_as_fit() -> None:
    """Tokens count once a beam; a text that is longer than a batch goes alone; texts that are alike go once."""
    texts = ["abcde", "a", "ab", "abcdefgh", "b", "ab", "abc"]
    for rules, batches in (
        (SamplingSettings(tokens=2), [[1, 1, 2], [3], [5], [8]]),
        (BeamSettings(beams=3, tokens=2), [[1, 1], [2], [3], [5], [8]]),
    ):
        engine = Counting(DecoderEngine(random_kind(PAIRS[0], VOCABULARY)))
        write_many(engine, Letters(), texts, rules, tokens_at_once=6)
        assert engine.batches == batches


def test_progress_counts_the_texts_to_the_last() -> None:
    told: list[Any] = []
    engine = DecoderEngine(random_kind(PAIRS[0], VOCABULARY))
    texts = ["abc", "a", "b", "a"]
    rules = BeamSettings(beams=1, tokens=2)
    write_many(engine, Letters(), texts, rules, tokens_at_once=2, progress=lambda *said: told.append(said))
    assert told == [("write", 0, 3), ("write", 2, 3), ("write", 3, 3)]
    assert write_many(engine, Letters(), [], rules) == []
