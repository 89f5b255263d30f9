"""What is asked is told from the first question word and what stands behind it, however the question is written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.tokens.asked import (
    ASKED,
    HOW,
    HOW_LONG,
    HOW_MANY,
    HOW_MUCH,
    NOTHING,
    SORT,
    WHAT,
    WHEN,
    WHERE,
    WHICH,
    WHO,
    WHOSE,
    WHY,
    asked,
    asked_by,
)
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.train import train_tokenizer

QUESTIONS = {
    "Who built the tower?": WHO,
    "By whom was it built?": WHO,
    "What person built it?": WHO,
    "In whose garden does it stand?": WHOSE,
    "When was it built?": WHEN,
    "In what year was it built?": WHEN,
    "What was the date of its opening?": WHEN,
    "During which century did it fall?": WHEN,
    "Where does it stand?": WHERE,
    "What is the city in which it stands?": WHERE,
    "Why was it built?": WHY,
    "Which tower is higher?": WHICH,
    "What tower is higher?": WHICH,
    "What is the name of the tower?": WHICH,
    "What did he build?": WHAT,
    "What's a tower?": WHAT,
    "It was built of what?": WHAT,
    "What type of tower is it?": SORT,
    "How many steps has it?": HOW_MANY,
    "What percentage of it is iron?": HOW_MANY,
    "How much did it cost?": HOW_MUCH,
    "How long did it take?": HOW_LONG,
    "What is the height of the tower?": HOW_LONG,
    "How was it built?": HOW,
    "How?": HOW,
    "What did the man do when it fell?": WHAT,
    "Was it built?": NOTHING,
    "Wer hat ihn gebaut?": NOTHING,
    "Qui l'a construite ?": NOTHING,
    "": NOTHING,
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_asks_by_its_words(question: str) -> None:
    assert asked(question) == asked(question.upper()) == QUESTIONS[question]


def test_every_kind_is_asked_for() -> None:
    assert set(QUESTIONS.values()) == set(range(ASKED))


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_every_text_asks_for_something_that_there_is(text: str) -> None:
    assert 0 <= asked(text) < ASKED


@pytest.mark.parametrize("kind", ["bpe", "wordpiece", "unigram", "word", "character"])
@pytest.mark.parametrize("is_lower_case", [False, True])
def test_tokens_ask_as_their_text_does(kind: str, is_lower_case: bool) -> None:
    texts = [f"{question} {question}" for question in QUESTIONS]
    coder = train_tokenizer(texts * 3, TokenizerSettings(kind, 500, lower_case=is_lower_case))
    for question, wanted in QUESTIONS.items():
        row = [coder.end, *coder.encode(f" {question}"), coder.separator]
        assert asked_by(row, coder) == wanted
        # What is left of a sentence asks by its hole, whatever words stand around that.
        assert asked_by([coder.end, coder.mask, *row[1:]], coder) == NOTHING
