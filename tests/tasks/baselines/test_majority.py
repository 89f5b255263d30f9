"""The guess that does not look is the most frequent one."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.tasks.baselines.majority import majority_answer, majority_label
from groundup.tasks.examples import Answer, Labelled, Question

labels = st.lists(st.sampled_from("abc"), min_size=1, max_size=20)


def texts(labels: list[str]) -> list[Labelled]:
    return [Labelled(str(number), "text", label) for number, label in enumerate(labels)]


@settings(deadline=None, max_examples=50)
@given(labels, labels)
def test_no_label_is_more_frequent(train: list[str], test: list[str]) -> None:
    guesses = majority_label(texts(train)).predict(texts(test))
    counts = Counter(train)
    assert len(guesses.texts) == len(test)
    assert {counts[guess] for guess in guesses.texts} == {max(counts.values())}
    assert guesses.probabilities is not None
    shares = dict(zip(guesses.classes, guesses.probabilities[0], strict=True))
    assert shares == {label: count / len(train) for label, count in counts.items()}
    assert guesses.probabilities.shape == (len(test), len(counts))


@settings(deadline=None, max_examples=50)
@given(labels, st.randoms())
def test_the_order_of_the_examples_decides_nothing(train: list[str], draws) -> None:
    one = majority_label(texts(train))
    draws.shuffle(train)
    other = majority_label(texts(train))
    assert one.what == other.what
    np.testing.assert_array_equal(*(each.predict(texts(["a"])).probabilities for each in (one, other)))


def test_a_question_gets_the_answer_of_its_kind() -> None:
    def question(kind: str, answer: str) -> Question:
        return Question("q", "context", "question", (Answer(answer),), kind=kind)

    pairs = [("qa1", "mill"), ("qa1", "mill"), ("qa1", "barn"), ("qa2", "yes"), ("qa2", "no"), ("qa2", "no")]
    baseline = majority_answer([question(*pair) for pair in pairs])
    assert baseline.predict([question(kind, "?") for kind in ("qa2", "qa1", "qa3")]).texts == ["no", "mill", "mill"]
    assert "of its kind" in baseline.what


def test_several_answers_to_a_question_count_once_each_and_none_is_one_too() -> None:
    def question(*answers: str) -> Question:
        return Question("q", "context", "question", tuple(map(Answer, answers)))

    train = [question("red", "red", "red"), question("blue"), question("blue", "a blue")]
    assert majority_answer(train).predict(train).texts == ["blue"] * 3
    silent = majority_answer([question(), question(), question("red")])
    assert silent.predict(train).texts == [""] * 3
    assert "no answer" in silent.what
