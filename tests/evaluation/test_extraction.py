"""The measure of extraction agrees with its definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.evaluation.extraction import extraction_score, runs

texts = st.lists(st.sampled_from(["a", "b", "c"]), max_size=12).map(" ".join)


@given(st.lists(st.tuples(texts, texts)))
def test_scores_are_shares_and_turning_the_texts_round_swaps_them(pairs: list[tuple[str, str]]) -> None:
    score = extraction_score(pairs)
    turned = extraction_score((found, expected) for expected, found in pairs)
    assert (turned.precision, turned.recall) == (score.recall, score.precision)
    assert 0 <= score.precision <= 1
    assert 0 <= score.f1 <= 1


@given(st.lists(texts.filter(bool), min_size=1))
def test_finding_all_and_nothing_else_is_perfect(expected: list[str]) -> None:
    assert extraction_score((text, text.upper().lower()) for text in expected).f1 == 1


def test_each_page_counts_alike() -> None:
    long = " ".join(f"w{number}" for number in range(400))
    score = extraction_score([(long, long), ("one two three four", "five six seven eight")])
    assert (score.precision, score.recall, score.f1) == (0.5, 0.5, 0.5)


def test_a_page_where_nothing_is_found_costs_recall_and_has_no_precision() -> None:
    score = extraction_score([("one two three four", "one two three four"), ("five six seven eight", "")])
    assert (score.precision, score.recall) == (1, 0.5)
    assert extraction_score([]).f1 == 0


def test_runs_are_counted_as_often_as_they_stand() -> None:
    assert runs("a b, c! d a b c d") == {
        ("a", "b", "c", "d"): 2, ("b", "c", "d", "a"): 1, ("c", "d", "a", "b"): 1, ("d", "a", "b", "c"): 1
    }  # fmt: skip
    assert runs("two words") == {("two", "words"): 1}
    assert extraction_score([("a b c d a b c d", "a b c d")]).recall == pytest.approx(1 / 5)
