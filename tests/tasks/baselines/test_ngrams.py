"""Logistic regression learns labels from words and letters, and says when it cannot."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from groundup.tasks.baselines import ngrams
from groundup.tasks.baselines.baseline import MissingPackage, NotFitting
from groundup.tasks.baselines.ngrams import logistic_regression
from groundup.tasks.examples import Labelled


def texts(*rows: tuple[str, str]) -> list[Labelled]:
    return [Labelled(str(number), text, label) for number, (text, label) in enumerate(rows)]


TRAIN = texts(*[("a fine film", "pos"), ("a dull film", "neg"), ("fine acting", "pos"), ("dull acting", "neg")] * 3)


def test_words_tell_labels_with_probabilities() -> None:
    pytest.importorskip("sklearn")
    guesses = logistic_regression(TRAIN).predict(texts(("Dull, dull, dull!", "?"), ("so fine", "?"), ("", "?")))
    assert guesses.texts[:2] == ["neg", "pos"]
    assert guesses.classes == ("neg", "pos")
    assert guesses.probabilities is not None
    np.testing.assert_allclose(guesses.probabilities.sum(1), 1)
    assert [guesses.classes[place] for place in guesses.probabilities.argmax(1)] == guesses.texts


def test_letters_are_looked_at_where_there_is_little_text(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    unseen = texts(("dullness dullish", "?"))
    baseline = logistic_regression(TRAIN)
    assert "letters" in baseline.what
    assert baseline.predict(unseen).texts == ["neg"]
    monkeypatch.setattr(ngrams, "MOST_CHARACTERS", 10)
    of_words = logistic_regression(TRAIN)
    assert "letters" not in of_words.what
    assert of_words.predict(unseen).probabilities == pytest.approx(np.array([[0.5, 0.5]]), abs=0.01)


def test_the_second_text_counts() -> None:
    pytest.importorskip("sklearn")
    train = [
        Labelled(str(n), "the same", label, word) for n, (word, label) in enumerate([("yes", "a"), ("no", "b")] * 3)
    ]
    assert logistic_regression(train).predict(train).texts == ["a", "b"] * 3


def test_what_cannot_be_learnt_is_a_reason() -> None:
    pytest.importorskip("sklearn")
    with pytest.raises(NotFitting, match="one label only"):
        logistic_regression(texts(("a", "x"), ("b", "x")))
    with pytest.raises(NotFitting, match="no word"):
        logistic_regression(texts(("a", "x"), ("b", "y")))


def test_a_missing_package_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(MissingPackage, match="pip install scikit-learn"):
        logistic_regression(TRAIN)
