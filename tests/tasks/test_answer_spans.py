"""Answers are the best spans of all windows, in the passage's own characters, held against brute force."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.tasks.answer_spans import SpanAnswer, best_answers
from groundup.tasks.examples import Answer, Question
from groundup.tasks.windows import Window, windows_of
from groundup.tokens.settings import Kind, TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

NEVER = -math.inf
TEXT = "Denver won  24-10 in Zürich 日本 😀 the cat sat on the mat. "


@cache
def tokenizer_of(kind: Kind) -> Tokenizer:
    return train_tokenizer([TEXT] * 2, TokenizerSettings(kind=kind, vocabulary=300))


def cut(passage: str, *answers: Answer, context: int = 16, stride: int = 4, kind: Kind = "bpe") -> list[Window]:
    question = Question("q", passage, "who?", answers)
    return windows_of(question, tokenizer_of(kind), context=context, stride=stride, longest_question=3)


Rows = list[np.ndarray]


def scores_of(windows: list[Window], seed: int, levels: int | None) -> tuple[Rows, Rows]:
    """Random log-probabilities; with few levels many are equal, and some forbidden. Rows are padded behind."""
    draws = np.random.default_rng(seed)
    longest = max(len(window.ids) for window in windows)

    def row() -> np.ndarray:
        if levels is None:
            return draws.normal(size=longest)
        values = -draws.integers(0, levels, longest).astype(float)
        values[1:][draws.random(longest - 1) < 0.1] = -np.inf
        return values

    return [row() for _ in windows], [row() for _ in windows]


def by_brute_force(
    windows: list[Window], starts: Rows, ends: Rows, n_best: int, longest: int, threshold: float, whole_words: bool
) -> list[tuple[str, int, int, float]]:
    passage = windows[0].passage
    inside = {at for at in range(1, len(passage)) if passage[at - 1].isalnum() and passage[at].isalnum()}
    spans: dict[tuple[int, int], tuple[float, tuple[int, int, int]]] = {}
    for number, window in enumerate(windows):
        for first in range(len(window.ids)):
            for last in range(first, len(window.ids)):
                score = float(starts[number][first] + ends[number][last])
                if first < window.first or last >= len(window.ids) - 1 or last - first + 1 > longest:
                    continue
                if score == -math.inf or not window.has_most_context[first - window.first]:
                    continue
                start = window.offsets[first - window.first][0]
                end = window.offsets[last - window.first][1]
                while start < end and window.passage[start].isspace():
                    start += 1
                while end > start and window.passage[end - 1].isspace():
                    end -= 1
                if start < end:
                    key = (-score, (number, first, last))
                    spans[start, end] = min(spans.get((start, end), key), key)
    whole = {span: key for span, key in spans.items() if inside.isdisjoint(span)}
    if whole_words and whole:
        spans = whole
    ranked = sorted(spans.items(), key=lambda item: item[1])[:n_best]
    answers = [(windows[0].passage[start:end], start, end, -key[0]) for (start, end), key in ranked]
    null = min(float(start[0] + end[0]) for start, end in zip(starts, ends, strict=True))
    if not answers or answers[0][3] - null < threshold:
        return [("", 0, 0, null), *answers]
    behind = [answer for answer in answers[1:] if answer[3] < null]
    kept = len(answers) - len(behind)
    return [*answers[:kept], ("", 0, 0, null), *answers[kept:]]


@pytest.mark.parametrize("kind", ["character", "bpe"])
def test_any_scores_give_what_brute_force_gives(kind: Kind) -> None:
    words = st.lists(st.sampled_from([*TEXT.split(" "), " ", "", "\n"]), max_size=9).map(" ".join)

    @given(
        words,
        st.integers(8, 24),
        st.integers(0, 1),
        st.integers(0, 10**6),
        st.sampled_from([None, 1, 3, 8]),
        st.integers(1, 12),
        st.integers(1, 9),
        st.sampled_from([NEVER, -2.0, 0.0, 1.5, math.inf]),
        st.booleans(),
    )
    @settings(max_examples=100, deadline=None, database=None)
    def check(
        passage: str,
        context: int,
        stride: int,
        seed: int,
        levels: int | None,
        n: int,
        longest: int,
        limit: float,
        whole: bool,
    ) -> None:
        windows = cut(passage, context=context, stride=stride, kind=kind)
        starts, ends = scores_of(windows, seed, levels)
        found = best_answers(windows, starts, ends, n_best=n, longest=longest, null_threshold=limit, whole_words=whole)
        expected = by_brute_force(windows, starts, ends, n, longest, limit, whole)
        assert [(answer.text, answer.start, answer.end) for answer in found] == [answer[:3] for answer in expected]
        assert [answer.score for answer in found] == pytest.approx([answer[3] for answer in expected])
        weights = [math.exp(answer.score) for answer in found]
        assert [answer.probability for answer in found] == pytest.approx([w / sum(weights) for w in weights])
        assert all(answer.text == passage[answer.start : answer.end] for answer in found)

    check()


def pointed(windows: list[Window]) -> tuple[Rows, Rows]:
    """What a model that learned the windows by heart would say."""
    starts, ends = ([np.full(len(window.ids), -9.0) for window in windows] for _ in range(2))
    for window, start, end in zip(windows, starts, ends, strict=True):
        start[window.labels[0]] = end[window.labels[1]] = 0.0
    return starts, ends


@given(st.integers(0, len(TEXT) - 1), st.integers(1, 12), st.sampled_from([14, 18, 60]))
@settings(max_examples=60, deadline=None)
def test_labels_learned_by_heart_give_the_answer_back(start: int, length: int, context: int) -> None:
    text = TEXT[start : start + length].strip()
    start = TEXT.find(text, start)
    windows = cut(TEXT, *([Answer(text, start)] if text else []), context=context, stride=6, kind="character")
    best, *_ = best_answers(windows, *pointed(windows), n_best=3, longest=30, null_threshold=0.0)
    holders = [window for window in windows if window.answer]
    seen = [window for window in holders if window.answer and window.has_most_context[window.answer[0] - window.first]]
    if seen:
        assert (best.text, best.start) == (text, start)
    elif not holders:
        assert best.text == ""


def test_the_threshold_decides_who_comes_first() -> None:
    windows = cut("the cat", context=20)
    first, last = windows[0].first, windows[0].first + len(windows[0].offsets) - 1
    starts, ends = [np.full(len(windows[0].ids), -20.0)], [np.full(len(windows[0].ids), -20.0)]
    starts[0][[0, first]] = ends[0][[0, last]] = [-1.0, -2.0]

    def order(threshold: float) -> list[str]:
        found = best_answers(windows, starts, ends, n_best=1, longest=9, null_threshold=threshold)
        assert sum(answer.probability for answer in found) == pytest.approx(1)
        return [answer.text for answer in found]

    # The best span has 2 less than no answer.
    assert order(-1.9) == order(0.0) == ["", "the cat"]
    assert order(-2.0) == order(NEVER) == ["the cat", ""]


def test_a_passage_without_words_has_no_answer() -> None:
    for passage in ("", " ", "\n \n"):
        (window,) = windows = cut(passage)
        for null in (0.0, -np.inf):
            row = np.zeros(len(window.ids))
            row[0] = null
            (only,) = best_answers(windows, [row], [row], n_best=5, longest=5, null_threshold=NEVER)
            assert (only.text, only.start, only.end, only.probability) == ("", 0, 0, 1.0)
            assert math.isfinite(only.score)


def test_the_parts_of_a_character_are_one_answer() -> None:
    windows = cut("日", context=20)
    size = len(windows[0].offsets)
    assert size >= 1
    row = np.zeros(len(windows[0].ids))
    found = best_answers(windows, [row], [row], n_best=9, longest=9, null_threshold=NEVER)
    assert found == [SpanAnswer("日", 0, 1, 0.0, 0.5), SpanAnswer("", 0, 0, 0.0, 0.5)]


def test_no_answer_is_as_likely_as_the_window_that_holds_the_answer_says() -> None:
    windows = cut(TEXT, Answer("cat", TEXT.index("cat")), kind="character")
    assert len(windows) > 3
    best, *others = best_answers(windows, *pointed(windows), n_best=5, longest=9, null_threshold=0.0)
    assert (best.text, best.score) == ("cat", 0.0)
    assert [answer.score for answer in others if not answer.text] == [-18.0]
