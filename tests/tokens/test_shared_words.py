"""Words of a passage are told that stand in its question, however they are cut into tokens and written."""

from __future__ import annotations

from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.model.heads import WIDE_FROM
from groundup.tokens.asked import NOTHING as UNASKED
from groundup.tokens.asked import WHO
from groundup.tokens.sentences import SentenceRules
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.shared_words import (
    ALL_TOLD,
    CAPITAL,
    FIRST_OF_ASKED,
    FIRST_OF_SENTENCE,
    FIRST_OF_SHAPE,
    KIN,
    MARK,
    NEAR,
    NUMBER,
    OTHER,
    SAME,
    SHAPES,
    SHARES,
    SMALL,
    TOLD,
    YEAR,
    SharedWords,
    shared_words,
    tells_words,
)
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

WORDS = ["who", "built", "the", "tower", "Eiffel", "build", "building", "buildings", "in", "1889", "towers", ",", "."]


@pytest.fixture(scope="module", params=["bpe", "word", "character", "unigram"])
def coder(request: pytest.FixtureRequest) -> Tokenizer:
    text = " ".join(WORDS)
    return train_tokenizer([text, text.lower(), f"{text} {text}"] * 4, TokenizerSettings(request.param, 300))


def told(coder: Tokenizer, question: str, passage: str) -> list[tuple[str, int]]:
    """The tokens of the passage with the kind of each."""
    asked, read = coder.encode(question), coder.encode(passage)
    row = np.array([coder.end, *asked, coder.separator, *read, coder.separator])
    first = len(asked) + 2
    kinds = (shared_words(coder).segments(row, first)[first:, 0] - 1) % 3
    assert kinds[-1] == OTHER
    return [(coder.text(token), int(kind)) for token, kind in zip(read, kinds[:-1], strict=True)]


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


NOTHING = np.zeros(60, dtype=np.bool_)
LETTERS = np.arange(60) > 9
STOP = 9
# Numbers below 10 are marks, one of them a full stop; all others are words of one token.
RULES = SentenceRules(
    stops=np.arange(60) == STOP,
    stops_unspaced=NOTHING,
    period=NOTHING,
    shortened=NOTHING,
    lines=np.zeros(60, dtype=np.int8),
    blank=NOTHING,
    opens=LETTERS,
    closing=NOTHING,
    spaced=LETTERS,
    closes_spaced=NOTHING,
    telling=LETTERS,
    small=NOTHING,
)
ONE_TOKEN = SharedWords(
    np.arange(60) >= STOP, np.arange(60, dtype=np.uint64), np.where(LETTERS, SMALL, MARK), LETTERS * 1, LETTERS, RULES
)
QUESTIONS = st.lists(st.integers(10, 20), min_size=1, max_size=5)
PASSAGES = st.lists(st.integers(STOP, 59), min_size=1, max_size=40)


def numbers(question: list[int], passage: list[int]) -> np.ndarray:
    """What is told of each word of the passage: kind, nearness, its sentence's share, shape."""
    row, first = np.array([4, *question, 3, *passage, 3]), len(question) + 2
    told = ONE_TOKEN.segments(row, first)
    assert told.shape == (len(row), 3)
    assert not told[:first].any()
    near, kind = np.divmod(told[first:-1, 0] - 1, 3)
    return np.stack((kind, near, told[first:-1, 1] - FIRST_OF_SENTENCE, told[first:-1, 2] - FIRST_OF_SHAPE))


def is_step(values: np.ndarray, told: np.ndarray, steps: int) -> bool:
    """Whether each value is told in its step, the greatest in the last."""
    wanted = values / max(values.max(), 1e-9) * steps
    return bool((abs(told + 0.5 - wanted) <= 0.5 + 1e-6).all())


@given(QUESTIONS, PASSAGES)
@settings(max_examples=60, deadline=None)
def test_a_word_is_the_nearer_the_more_words_of_the_question_stand_by(question, passage):
    _, near, _, _ = numbers(question, passage)
    assert max(near) == (NEAR - 1 if set(question) & set(passage) else 0)
    places = {word: [place for place, other in enumerate(passage) if other == word] for word in set(question)}
    values = np.zeros(len(passage))
    for there in filter(None, places.values()):
        values += [np.exp(-min(abs(place - one) for one in there) / 8) / len(there) for place in range(len(passage))]
    assert is_step(values, near, NEAR)


@given(QUESTIONS, PASSAGES)
@settings(max_examples=60, deadline=None)
def test_a_sentence_has_the_more_of_a_question_the_fewer_others_have_its_words(question, passage):
    _, _, share, _ = numbers(question, passage)
    sentences, at = [set[int]()], []
    for place, word in enumerate(passage):
        if place and word != STOP and passage[place - 1] == STOP:
            sentences.append(set())
        sentences[-1].add(word)
        at.append(len(sentences) - 1)
    holders = {word: sum(word in sentence for sentence in sentences) for word in set(question)}
    sums = np.array([sum(1 / holders[word] for word in set(question) & sentence) for sentence in sentences])
    assert is_step(sums[at], share, SHARES)


def test_a_word_that_stands_everywhere_tells_little():
    often, once = 10, 11
    passage = [often, 30, STOP, often, 31, STOP, often, *range(32, 52), STOP, once, 53]
    _, near, share, _ = numbers([often, once], passage)
    assert near[-1] == near[-2] == NEAR - 1
    assert max(near[:7]) < 5
    assert max(share[:-2]) < share[-1] == share[-2] == SHARES - 1


@given(st.text(max_size=40), st.text(max_size=120))
@settings(max_examples=60, deadline=None)
def test_whatever_is_asked_of_whatever_text_the_numbers_are_those_of_their_column(coder, question, passage):
    asked, read = coder.encode(question), coder.encode(passage)
    row, first = np.array([coder.end, *asked, coder.separator, *read, coder.separator]), len(asked) + 2
    told = shared_words(coder, ALL_TOLD).segments(row, first)
    assert not told[:first].any()
    for column, (low, high) in enumerate(pairwise((1, FIRST_OF_SENTENCE, FIRST_OF_SHAPE, FIRST_OF_ASKED, ALL_TOLD))):
        assert ((low <= told[first:, column]) & (told[first:, column] < high)).all()
    # Whoever is not told what is asked is told the rest as before.
    assert (shared_words(coder).segments(row, first) == told[:, :3]).all()


@pytest.mark.parametrize(("question", "kind"), [("who built the tower", WHO), ("the tower in 1889", UNASKED)])
def test_what_is_asked_is_told_with_the_shape_of_each_word(coder, question, kind):
    head, read = coder.encode(f" {question}"), coder.encode(" the Eiffel tower, 1889.")
    row, first = np.array([coder.end, *head, coder.separator, *read, coder.separator]), len(head) + 2
    *_, shape, both = shared_words(coder, ALL_TOLD).segments(row, first)[first:].T
    assert (both - FIRST_OF_ASKED == kind * SHAPES + shape - FIRST_OF_SHAPE).all()


def test_a_head_hears_what_is_told_from_where_all_is():
    assert WIDE_FROM == ALL_TOLD == 99
    assert TOLD == 34


def test_a_word_has_the_shape_that_it_begins_with(coder):
    shapes = {"Eiffel": CAPITAL, "tower": SMALL, "1": NUMBER, ",": MARK}
    if coder.kind != "word":
        # Those cut numbers into digits.
        shapes |= {"1889": YEAR, "188": NUMBER, "18891": NUMBER}
    read = [coder.encode(f" {word}") for word in shapes]
    row = np.array([coder.end, coder.separator, *chain.from_iterable(read), coder.separator])
    told = shared_words(coder).segments(row, 2)[2:-1, 2] - FIRST_OF_SHAPE
    words = np.split(told, np.cumsum([len(tokens) for tokens in read])[:-1])
    assert [int(word[-1]) for word in words] == list(shapes.values())


def test_a_model_is_told_where_it_has_room_for_all_of_it():
    assert [tells_words(segments) for segments in (0, 2, TOLD - 1, TOLD, TOLD + 1)] == [False] * 3 + [True] * 2


def test_special_tokens_are_marks():
    coder = train_tokenizer([" Eiffel tower 7 ,"] * 9, TokenizerSettings("word", 300))
    assert (shared_words(coder).shapes[: len(coder.special_tokens)] == MARK).all()
