"""The answer is a piece of the passage, from where most words of the question stand."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.evaluation.answers import judge_answers
from groundup.tasks.baselines.sliding_window import (
    MOST_WORDS,
    SMALL_WORDS,
    _sentences,
    find_answer,
    sliding_window,
)
from groundup.tasks.examples import Answer, Question
from groundup.tasks.read import read_examples

PASSAGE = (
    "The old mill was built by Ada Lovelace in 1,843 sacks. Cats, dogs and hens live in the barn. "
    "Nobody knows why the harbour froze."
)


@settings(deadline=None, max_examples=50)
@given(st.text("ab .,\n(é1", max_size=60), st.text("ab ?", max_size=10), st.integers(1, 5))
def test_an_answer_is_a_piece_of_the_passage(passage: str, question: str, longest: int) -> None:
    answer = find_answer(passage, question, longest)
    assert answer in passage
    assert len(answer.split()) <= longest
    assert answer == answer.strip(" .,\n(")


def test_it_stands_beside_the_words_of_the_question() -> None:
    assert find_answer(PASSAGE, "Who was the old mill built by?", 2) == "Ada Lovelace"
    assert find_answer(PASSAGE, "Which animals live in the barn with hens and cats?", 1) == "dogs"


def test_candidates_cross_no_mark_and_have_no_small_word_at_their_ends() -> None:
    for question in ("What live in the barn?", "Who built the mill?", "What froze?", "xyz"):
        for longest in range(1, 6):
            answer = find_answer(PASSAGE, question, longest)
            words = answer.lower().split()
            assert ", " not in answer
            assert not {words[0], words[-1]} & SMALL_WORDS


def test_a_passage_without_words_has_no_answer() -> None:
    assert [find_answer(passage, "Why?", 3) for passage in ("", " ... ", "of the")] == [""] * 3


def test_the_length_is_learnt_from_the_training_answers() -> None:
    def question(answer: str) -> Question:
        return Question("q", PASSAGE, "Who was the old mill built by?", (Answer(answer),))

    assert sliding_window([question("Ada Lovelace")]).predict([question("?")]).texts == ["Ada Lovelace"]
    assert "up to 2 words" in sliding_window([question("Ada Lovelace")]).what
    assert "up to 1 word " in sliding_window([question("Ada")]).what


def test_a_text_without_full_stops_is_cut_into_sentences() -> None:
    text = "alpha beta gamma " * 400
    sentences = list(_sentences(text))
    assert max(len(sentence.words) for sentence in sentences) == MOST_WORDS
    assert [word for sentence in sentences for word in sentence.words] == text.split()


def test_real_questions(shared_data: Path) -> None:
    """The paper's figure for this baseline with its parser's candidates is F1 20."""
    questions = list(read_examples(shared_data / "squad" / "dev.json", Question))[::8]
    answers = [find_answer(question.context, question.question, 2) for question in questions]
    golds = [[answer.text for answer in question.answers] for question in questions]
    assert judge_answers(answers, golds)["f1"] > 18
