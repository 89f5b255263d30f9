"""Every question is counted once, and what the tokens cannot say is known before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundup.errors import GroundupError
from groundup.tasks.answerable import answerable
from groundup.tasks.examples import Answer, Question
from groundup.tasks.read import read_examples
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.train import train_tokenizer

HOW = {"context": 24, "stride": 3, "longest_question": 4, "longest": 6}
PASSAGE = "the cats sat on a mat and saw a dog run by the old red barn in the far away town of Denver"
WORDS = train_tokenizer([PASSAGE, "who ?"], TokenizerSettings(kind="word", vocabulary=200))


def asked(name: str, *texts: str, question: str = "who ?") -> Question:
    answers = tuple(Answer(text, PASSAGE.index(text) if text in PASSAGE else None) for text in texts)
    return Question(name, PASSAGE, question, answers, is_impossible=not texts)


def test_each_fate_is_counted_once() -> None:
    questions = [
        asked("exact", "mat"),
        asked("second gold", "zebra", "a mat"),
        asked("inexact", "cat"),
        asked("absent", "zebra"),
        asked("split", "a mat and saw a dog run by the old red barn in the far away town"),
        asked("long", "sat on a mat and saw a dog"),
        asked("impossible"),
        asked("alike", "The Dog!"),
        asked("wordy", "dog", question="who who who who who"),
    ]
    found = answerable(questions, WORDS, **HOW)
    assert (found.questions, found.exact, found.inexact) == (9, 4, 1)
    assert (found.absent, found.in_no_window, found.too_long, found.no_answer) == (1, 1, 1, 1)
    assert (found.alike, found.questions_cut, found.first_absent) == (1, 1, ("absent",))
    # "cats" for "cat" shares no word with it.
    assert found.best_exact == found.best_f1 == pytest.approx(100 * 5 / 9)
    assert "tokens give 4 exactly and 1 with more beside; 1 do not stand in the passage" in str(found)


def test_more_beside_the_answer_is_half_right() -> None:
    tokenizer = train_tokenizer(["x"], TokenizerSettings(kind="word", vocabulary=50))
    question = Question("q", "the red-hot iron", "what?", (Answer("hot ir", 8),))
    found = answerable([question], tokenizer, **HOW)
    assert (found.inexact, found.best_exact, found.best_f1) == (1, 0.0, 50.0)


def test_nothing_to_count_is_refused() -> None:
    with pytest.raises(GroundupError, match="no answer to judge"):
        answerable([], WORDS, **HOW)


def test_real_questions(shared_data: Path) -> None:
    questions = list(read_examples(shared_data / "squad" / "dev.json", Question))
    tokenizer = train_tokenizer(
        dict.fromkeys(question.context for question in questions), TokenizerSettings(vocabulary=2000)
    )
    found = answerable(questions, tokenizer, context=256, stride=64, longest_question=48, longest=30)
    assert found.questions == 1252
    assert found.absent == found.no_answer == 0
    assert found.best_exact > 98
    assert found.best_f1 >= found.best_exact
