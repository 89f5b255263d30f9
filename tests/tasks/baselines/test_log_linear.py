"""A few features and one pass over the questions say where the answer stands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.evaluation.answers import judge_answers
from groundup.tasks.baselines.baseline import NotFitting
from groundup.tasks.baselines.log_linear import LONGEST, SENTENCE_END, log_linear
from groundup.tasks.examples import Answer, Question
from groundup.tasks.read import read_examples

NAMES = ["Ada", "Bruno", "Clara", "Dora", "Emil", "Frida", "Gustav", "Hanna", "Ivo", "Jana"]
PLACES = ["barn", "mill", "harbour", "chapel", "garden", "cellar", "orchard", "tower"]


def made(number: int) -> Question:
    """Two sentences, of which the question names the place of one."""
    names = [NAMES[number % 10], NAMES[(number * 3 + 1) % 10]]
    places = [PLACES[number % 8], PLACES[(number + 1 + number // 8 % 7) % 8]]
    passage = f"In 18{number % 90 + 10} {names[0]} built the {places[0]}. Later {names[1]} bought the old {places[1]}."
    which = number % 2
    verb = ("built", "bought")[which]
    return Question(str(number), passage, f"Who {verb} the {places[which]}?", (Answer(names[which]),))


def test_it_learns_to_point_at_names_of_the_right_sentence() -> None:
    questions = [made(number) for number in range(400)]
    guesses = log_linear(questions[:300]).predict(questions[300:]).texts
    right = sum(guess == one.answers[0].text for guess, one in zip(guesses, questions[300:], strict=True))
    assert right >= 95


TAUGHT = log_linear([made(number) for number in range(40)])


@settings(deadline=None, max_examples=100)
@given(st.text("ab .,\n(é1A日", max_size=80), st.text("ab ?", max_size=10))
def test_an_answer_is_a_run_of_words_within_one_sentence(passage: str, question: str) -> None:
    (answer,) = TAUGHT.predict([Question("q", passage, question, ())]).texts
    assert answer in passage
    assert answer == answer.strip()
    assert SENTENCE_END.search(answer) is None
    assert bool(answer) == bool(passage.strip())


def test_it_says_the_same_in_another_process() -> None:
    """No feature hangs on Python's own hashes."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from test_log_linear import TAUGHT, made;"
        "print(*TAUGHT.predict([made(number) for number in range(50, 80)]).texts, sep='|')"
    )
    for seed in ("1", "2"):
        said = subprocess.run(
            [sys.executable, "-c", code, str(Path(__file__).parent)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert said.stdout.strip() == "|".join(TAUGHT.predict([made(number) for number in range(50, 80)]).texts)


def test_questions_without_an_answer_teach_nothing() -> None:
    none = [Question("1", "A dog.", "Who?", (Answer("cat"),)), Question("2", " ", "Who?", (), is_impossible=True)]
    with pytest.raises(NotFitting, match="no training passage holds its answer"):
        log_linear(none)
    assert "40 questions" in log_linear([*none, *(made(number) for number in range(40))]).what


def test_long_answers_are_cut_to_what_is_tried() -> None:
    words = " ".join(f"word{number}" for number in range(40))
    (answer,) = TAUGHT.predict([Question("q", words, "word3?", ())]).texts
    assert len(answer.split()) <= LONGEST


def test_it_beats_the_published_window_on_articles_it_never_saw(shared_data: Path) -> None:
    """The sliding window has F1 20 there and in the paper."""
    questions = list(read_examples(shared_data / "squad" / "train.json", Question))
    test = questions[-1200::6]
    guesses = log_linear(questions[:2400:2]).predict(test).texts
    assert judge_answers(guesses, [[one.text for one in question.answers] for question in test])["f1"] > 32
