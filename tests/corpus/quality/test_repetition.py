from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.quality.repetition import DUPLICATE_SIZES, TOP_SIZES, duplicate_passages, repeated_runs
from groundup.corpus.quality.words import words_of

FEW_WORDS = st.lists(st.sampled_from(["a", "bb", "ccc", "d"]), max_size=40)


def covered(words: list[str], starts: list[int], size: int) -> float:
    inside = {place for start in starts for place in range(start, start + size)}
    return sum(len(words[place]) for place in inside) / sum(map(len, words)) if words else 0.0


def runs_of(words: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + size]) for start in range(len(words) - size + 1)]


@effort(deadline=None)
@given(FEW_WORDS)
def test_the_commonest_run_covers_what_counting_by_hand_says(words: list[str]) -> None:
    found = repeated_runs(words_of(" ".join(words)))
    for size in TOP_SIZES:
        runs = runs_of(words, size)
        counts = Counter(runs)
        most = max(counts.values(), default=0)
        choices = [run for run in counts if counts[run] == most] if most > 1 else []
        longest = max((sum(map(len, run)) for run in choices), default=0)
        shares = {
            covered(words, [start for start, run in enumerate(runs) if run == choice], size)
            for choice in choices
            if sum(map(len, choice)) == longest
        }
        assert any(found[f"top_{size}_gram"] == pytest.approx(share) for share in shares or {0.0})


@effort(deadline=None)
@given(FEW_WORDS)
def test_runs_that_came_before_cover_what_counting_by_hand_says(words: list[str]) -> None:
    found = repeated_runs(words_of(" ".join(words)))
    for size in DUPLICATE_SIZES:
        runs = runs_of(words, size)
        again = [start for start, run in enumerate(runs) if run in runs[:start]]
        assert found[f"duplicate_{size}_grams"] == pytest.approx(covered(words, again, size))


@effort(deadline=None)
@given(st.lists(st.sampled_from(["one", "two words", "three", "x"]), max_size=12))
def test_passages_that_came_before_are_counted(passages: list[str]) -> None:
    again = [passage for place, passage in enumerate(passages) if passage in passages[:place]]
    found = duplicate_passages("line", passages)
    assert found["duplicate_lines"] == pytest.approx(len(again) / len(passages) if passages else 0)
    share = sum(map(len, again)) / sum(map(len, passages)) if passages else 0
    assert found["duplicate_line_characters"] == pytest.approx(share)


def test_a_share_at_the_threshold_is_the_threshold() -> None:
    """Three of ten is .3 and no rounding error more."""
    assert duplicate_passages("line", [*"abcdefg", *"abc"])["duplicate_lines"] == 0.3


def test_prose_that_repeats_nothing_has_no_repetition() -> None:
    found = repeated_runs(words_of("Every word of this line is another one than those before it were so far"))
    assert set(found.values()) == {0.0}
