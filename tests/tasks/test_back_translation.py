"""Texts become pairs in their order, however they are cut into batches and runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.tasks.back_translation import ORIGIN, TAG, back_translate, chosen, likeness, tagged
from groundup.tasks.examples import Pair

texts_of = st.lists(st.sampled_from(["ein Hund", "zwei", " ", ""]), max_size=20)


class Writer:
    """Writes a text backwards, with the number of texts of its batch, which no result may depend on when resumed."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> list[str]:
        self.batches.append(list(texts))
        return [f"{text[::-1]} ({len(texts)})" for text in texts]


@settings(deadline=None)
@given(texts_of, st.integers(1, 6))
def test_each_text_is_the_target_of_its_pair(texts: list[str], batch: int) -> None:
    writer = Writer()
    pairs = list(back_translate(iter(texts), writer, name="news", batch=batch))
    assert [pair.target for pair in pairs] == texts
    assert [pair.id for pair in pairs] == [f"{ORIGIN}news#{number}" for number in range(1, len(texts) + 1)]
    for pair in pairs:
        assert pair.source.partition(" (")[0] == pair.target[::-1].strip()
    assert all(0 < len(some) <= batch and all(map(str.strip, some)) for some in writer.batches)


@settings(deadline=None)
@given(texts_of, st.integers(1, 6), st.integers(0, 25))
def test_a_run_goes_on_as_if_it_had_never_stopped(texts: list[str], batch: int, done: int) -> None:
    whole = list(back_translate(texts, Writer(), name="news", batch=batch))
    writer = Writer()
    assert list(back_translate(texts, writer, name="news", batch=batch, done=done)) == whole[done:]
    assert sum(map(len, writer.batches)) <= max(0, len(texts) - done + batch)


def test_nothing_is_written_before_it_is_asked_for() -> None:
    writer = Writer()
    pairs = back_translate((f"text {number}" for number in range(10**9)), writer, name="n", batch=3)
    assert writer.batches == []
    assert [pair.source for pair in islice(pairs, 2)] == ["0 txet (3)", "1 txet (3)"]
    assert len(writer.batches) == 1


def test_a_writer_that_loses_a_text_is_found_out() -> None:
    with pytest.raises(AssertionError, match="2 texts went in and 1 came out"):
        list(back_translate(["a", "b"], lambda texts: ["a"], name="n"))


def test_the_work_is_told() -> None:
    told: list[tuple[str, float]] = []
    list(
        back_translate(
            ["a"] * 5,
            Writer(),
            name="n",
            batch=2,
            progress=lambda what, done=0, total=None: told.append((what, done)),
        )
    )
    assert told == [("translating back, in texts", number) for number in (2, 4, 5)]


def test_a_tag_stands_before_the_source_only() -> None:
    assert TAG == "<BT>"
    assert list(tagged([Pair("back:n#1", "a dog", "ein Hund")])) == [Pair("back:n#1", "<BT> a dog", "ein Hund")]


@given(texts_of, texts_of, st.none() | st.integers(1, 4))
def test_every_text_is_chosen_or_counted_with_a_reason(texts: list[str], held: list[str], limit: int | None) -> None:
    choice = chosen(texts, held, is_too_long=lambda text: text == "zwei", limit=limit)
    assert len(choice.texts) + sum(choice.left_out.values()) == len(texts)
    assert set(choice.texts) <= set(texts) - set(held) - {"", " ", "zwei"}
    assert len(set(choice.texts)) == len(choice.texts) <= (limit or len(texts))


def test_texts_are_left_out_by_the_first_reason() -> None:
    choice = chosen(
        ["a", " ", "b ", "a ", "c", "dd", "e", "f"], ["b"], is_too_long=lambda text: len(text) == 2, limit=3
    )
    assert choice.texts == ("a", "c", "e")
    assert choice.left_out == {"blank": 1, "held out": 1, "seen before": 1, "too long": 1, "beyond the limit": 1}


def test_a_text_is_more_like_others_of_its_language() -> None:
    german, english = ["ein Hund rennt durch den Schnee"], ["a dog runs through the snow"]
    texts = ["der Hund rennt", "zwei rennen durch den Park"]
    assert likeness(texts, german) > likeness(texts, english) + 0.2
    assert likeness(german, german) == 1
    assert likeness([], german) == likeness(german, []) == 0
