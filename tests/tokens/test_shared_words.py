"""Words of a passage are told that stand in its question, however they are cut into tokens and written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.shared_words import KIN, KINDS, OTHER, SAME, SharedWords, shared_words, steps_of
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

WORDS = ["who", "built", "the", "tower", "Eiffel", "build", "building", "buildings", "in", "1889", "towers", ",", "."]


@pytest.fixture(scope="module", params=["bpe", "word", "character", "unigram"])
def coder(request: pytest.FixtureRequest) -> Tokenizer:
    text = " ".join(WORDS)
    return train_tokenizer([text, text.lower(), f"{text} {text}"] * 4, TokenizerSettings(request.param, 300))


def told(coder: Tokenizer, question: str, passage: str) -> list[tuple[str, int]]:
    """The tokens of the passage with the level of each."""
    asked, read = coder.encode(question), coder.encode(passage)
    row = np.array([coder.end, *asked, coder.separator, *read, coder.separator])
    first = len(asked) + 2
    levels = shared_words(coder).segments(row, first)
    assert not levels[:first].any()
    assert levels[-1] == 1 + OTHER
    return [(coder.text(token), int(level) - 1) for token, level in zip(read, levels[first:-1], strict=True)]


@given(st.lists(st.sampled_from(WORDS), min_size=1), st.lists(st.sampled_from(WORDS), min_size=1))
@settings(max_examples=25, deadline=None)
def test_a_word_is_the_same_where_the_question_has_it_whole(coder, question, passage):
    asked = {word.lower() for word in question}
    tokens = told(coder, " " + " ".join(question), " " + " ".join(passage))
    same = "".join(text for text, level in tokens if level == SAME).split()
    other = "".join(text for text, level in tokens if level != SAME).split()
    # Marks are no words.
    assert [word.lower() for word in same] == [w.lower() for w in passage if w.lower() in asked and w not in ",."]
    assert sorted([*same, *other]) == sorted(passage)


def test_case_and_the_space_before_a_word_make_no_difference():
    coder = train_tokenizer(["Eiffel tower eiffel Tower"] * 9, TokenizerSettings("bpe", 300))
    assert {level for _, level in told(coder, "TOWER eiffel".title(), "Eiffel tower")} == {SAME}


def test_words_that_begin_alike_are_kin():
    texts = ["build tower the"] * 30 + [" building builds them"]
    coder = train_tokenizer(texts, TokenizerSettings("bpe", 275))
    assert len(coder.encode(" build")) == 1
    assert len(coder.encode(" building")) > 1
    levels = told(coder, "the build", "the building builds them build")
    words = [level for place, (text, level) in enumerate(levels) if text.startswith(" ") or not place]
    # `them` begins like `the`, which has too few letters to tell.
    assert words == [SAME, KIN, KIN, OTHER, SAME]


LETTERS = SharedWords(np.arange(60) > 9, np.arange(60, dtype=np.uint64), *[np.arange(60) > 9] * 3)


def nearness(question: list[int], passage: list[int], steps: int = 8) -> list[int]:
    """Of one-token words; numbers below 10 are marks."""
    row = np.array([4, *question, 3, *passage, 3])
    levels = LETTERS.segments(row, len(question) + 2, steps)
    kinds = LETTERS.segments(row, len(question) + 2)
    assert ((levels - kinds) % KINDS == 0).all()
    return ((levels - kinds) // KINDS)[len(question) + 2 : -1].tolist()


@given(st.lists(st.integers(10, 20), min_size=1, max_size=5), st.lists(st.integers(10, 59), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_word_is_the_nearer_the_more_words_of_the_question_stand_by(question, passage):
    near = nearness(question, passage)
    assert max(near) == (7 if set(question) & set(passage) else 0)
    places = {word: [place for place, other in enumerate(passage) if other == word] for word in set(question)}
    told = np.zeros(len(passage))
    for there in filter(None, places.values()):
        told += [np.exp(-min(abs(place - one) for one in there) / 8) / len(there) for place in range(len(passage))]
    wanted = told / max(told.max(), 1e-9) * 8
    assert all(abs(step + 0.5 - value) <= 0.5 + 1e-6 for step, value in zip(near, wanted, strict=True))


def test_a_word_that_stands_everywhere_tells_little():
    often, once = 10, 11
    passage = [often, 30, often, 31, often, *range(32, 52), once, 53]
    near = nearness([often, once], passage)
    assert near[-1] == near[-2] == 7
    assert max(near[:5]) < 5


def test_steps_follow_from_the_number_of_segments():
    assert [steps_of(segments) for segments in (0, 2, 3, 4, 6, 7, 25)] == [0, 0, 0, 1, 1, 2, 8]


def test_capitals_and_digits_are_marked():
    coder = train_tokenizer([" Eiffel tower 7 ,"] * 9, TokenizerSettings("word", 300))
    words = shared_words(coder)
    marked = {coder.text(token) for token in np.flatnonzero(words.is_marked)}
    assert {text.strip() for text in marked} == {"Eiffel", "7"}
    assert not words.tells[: len(coder.special_tokens)].any()
