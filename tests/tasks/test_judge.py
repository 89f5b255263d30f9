"""Figures of predictions are those of the published tools, and come out of sums over examples too."""

from __future__ import annotations

import random
import re
import string
from collections import Counter

import numpy as np
import pytest

from groundup.tasks.examples import Answer, Labelled, Pair, Question
from groundup.tasks.judge import judge
from groundup.tasks.prediction import Judgement, Prediction

WORDS = ["the", "cat", "sat", "on", "a", "mat", "Mat.", "an", "dog's", "1,000", "é", "日本"]


def some_text(draws: random.Random, most: int = 8, least: int = 0) -> str:
    return " ".join(draws.choices(WORDS, k=draws.randint(least, most)))


def check(found: Judgement) -> None:
    """The main figure follows from sums over the examples, in which bootstrap draws them."""
    assert float(found.score(found.statistics.sum(0))) == pytest.approx(found.figures[found.main], abs=1e-9)
    around = found.interval()
    assert around.low - 1e-9 <= around.score <= around.high + 1e-9 or len(found.statistics) < 5
    assert around.score == pytest.approx(found.figures[found.main], abs=1e-9)


def test_sacrebleu_agrees() -> None:
    metrics = pytest.importorskip("sacrebleu.metrics")
    draws = random.Random(1)
    for _ in range(60):
        examples = [Pair(str(number), "?", some_text(draws, 12, 1)) for number in range(draws.randint(1, 9))]
        written = [
            pair.target if draws.random() < 0.4 else " ".join([*pair.target.split()[:5], some_text(draws)])
            for pair in examples
        ]
        found = judge("translation", examples, [Prediction(text) for text in written])
        targets = [[pair.target for pair in examples]]
        assert found.main == "bleu"
        assert found.figures["bleu"] == pytest.approx(metrics.BLEU().corpus_score(written, targets).score, abs=1e-9)
        assert found.figures["chrf"] == pytest.approx(metrics.CHRF().corpus_score(written, targets).score, abs=1e-9)
        assert float(found.score(found.statistics.sum(0))) == pytest.approx(found.figures["bleu"], abs=1e-9)
        assert len(found.statistics) == found.details["pairs"] == len(examples)


@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_agrees() -> None:
    peer = pytest.importorskip("sklearn.metrics")
    draws = np.random.default_rng(1)
    for trial in range(60):
        names = [f"class {number}" for number in range(int(draws.integers(2, 5)))]
        known = names if trial % 3 else names[:-1]
        gold = draws.choice(names, int(draws.integers(1, 40))).tolist()
        shares = draws.dirichlet(np.ones(len(known)), len(gold))
        predictions = [
            Prediction(known[row.argmax()], row.max(), {"probabilities": dict(zip(known, row.tolist(), strict=True))})
            for row in shares
        ]
        guesses = [prediction.text for prediction in predictions]
        found = judge("classification", [Labelled("", "", label) for label in gold], predictions)
        classes = sorted({*gold, *guesses})
        assert found.main == "accuracy"
        assert found.details["classes"] == classes
        assert found.details["confusion"] == peer.confusion_matrix(gold, guesses, labels=classes).tolist()
        assert found.figures["accuracy"] == pytest.approx(100 * peer.accuracy_score(gold, guesses))
        f1 = peer.f1_score(gold, guesses, average="macro", labels=classes, zero_division=0)
        assert found.figures["macro_f1"] == pytest.approx(100 * f1)
        assert found.figures["matthews"] == pytest.approx(peer.matthews_corrcoef(gold, guesses), abs=1e-9)
        if set(gold) <= set(known):
            given = [row[known.index(label)] for row, label in zip(shares, gold, strict=True)]
            assert found.figures["log_loss"] == pytest.approx(-np.log(given).mean(), rel=1e-6)
        assert sum(found.details["reliability"]["counts"]) == len(gold)
        if trial % 10 == 0:
            check(found)


def test_labels_without_probabilities_have_no_figures_of_them() -> None:
    found = judge("classification", [Labelled("", "", "a"), Labelled("", "", "b")], [Prediction("a")] * 2)
    assert set(found.figures) == {"accuracy", "macro_f1", "matthews"}
    assert found.figures["accuracy"] == 50


def test_who_chose_together_has_figures_of_each_alone() -> None:
    examples = [Labelled("", "", label) for label in "aab"]
    opinions = {"one": [0.9, 0.8, 0.7], "other": [0.4, 0.3, 0.2]}
    said = [
        Prediction("a", 0.6, {"alone": {name: {"a": each[at], "b": 1 - each[at]} for name, each in opinions.items()}})
        for at in range(3)
    ]
    alone = judge("classification", examples, said).details["alone"]
    assert {name: round(figures["accuracy"], 3) for name, figures in alone.items()} == {"one": 66.667, "other": 33.333}
    assert alone["one"]["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.3]).mean())
    assert "alone" not in judge("classification", examples, [Prediction("a")] * 3).details


def official(text: str) -> list[str]:
    """The words that SQuAD's evaluate-v1.1 compares: without case, ASCII punctuation and articles."""
    plain = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", plain).split()


def official_f1(answer: str, gold: str) -> float:
    one, other = official(answer), official(gold)
    shared = sum((Counter(one) & Counter(other)).values())
    return 2 * shared / (len(one) + len(other)) if shared else 0.0


def questions_of(draws: random.Random, kinds: list[str]) -> tuple[list[Question], list[Prediction]]:
    count = draws.randint(1, 20)
    golds = [tuple(Answer(some_text(draws, 5, 1)) for _ in range(draws.randint(1, 3))) for _ in range(count)]
    questions = [Question("", "", "", each, kind=draws.choice(kinds)) for each in golds]
    said = [draws.choice(each).text if draws.random() < 0.4 else some_text(draws) for each in golds]
    return questions, [Prediction(text) for text in said]


def test_the_official_rules_agree() -> None:
    draws = random.Random(1)
    for trial in range(100):
        questions, said = questions_of(draws, [""])
        found = judge("questions", questions, said)
        both = list(zip(questions, said, strict=True))
        exact = [max(official(each.text) == official(a.text) for a in asked.answers) for asked, each in both]
        f1 = [max(official_f1(each.text, a.text) for a in asked.answers) for asked, each in both]
        assert found.main == "f1"
        assert found.figures == pytest.approx({"f1": 100 * np.mean(f1), "exact": 100 * np.mean(exact)})
        assert found.details == {"questions": len(questions), "rules": "SQuAD 1.1"}
        if trial % 10 == 0:
            check(found)


def test_questions_without_an_answer_are_judged_by_the_rules_of_2() -> None:
    open_question = Question("", "", "", (), is_impossible=True)
    answered = Question("", "", "", (Answer("cat"),))
    examples = [open_question, open_question, answered, answered]
    found = judge("questions", examples, [Prediction(""), Prediction("cat"), Prediction("the cat"), Prediction("")])
    assert found.details["rules"] == "SQuAD 2.0"
    assert found.figures == {"f1": 50.0, "exact": 50.0}


def test_kinds_of_questions_have_their_figures_and_those_below_95_failed() -> None:
    """As bAbI's papers count: the mean error over tasks, and tasks with more than 5 of 100 wrong."""
    right, wrong = Prediction("cat"), Prediction("dog")
    cases = {"qa1": (20, 0), "qa2": (19, 1), "qa10": (18, 2), "qa3": (0, 20)}
    examples = [Question("", "", "", (Answer("cat"),), kind=kind) for kind in cases for _ in range(20)]
    said = [each for good, bad in cases.values() for each in [right] * good + [wrong] * bad]
    found = judge("questions", examples, said)
    assert list(found.details["kinds"]) == ["qa1", "qa2", "qa3", "qa10"]
    assert found.details["kinds"]["qa10"] == {"questions": 20, "exact": 90.0, "f1": 90.0}
    assert found.figures["mean_error"] == pytest.approx((0 + 5 + 10 + 100) / 4)
    assert found.figures["failed"] == 2
    check(found)


def test_kinds_that_are_no_tasks_of_babi_have_none_that_fail() -> None:
    """As of FairytaleQA, whose questions are explicit or implicit."""
    examples = [Question("", "", "", (Answer("cat"),), kind=kind) for kind in ("explicit", "implicit", "explicit")]
    found = judge("questions", examples, [Prediction("cat"), Prediction("dog"), Prediction("cat")])
    assert set(found.figures) == {"f1", "exact"}
    assert found.details["kinds"]["implicit"] == {"questions": 1, "exact": 0.0, "f1": 0.0}


def test_many_labels_do_not_take_the_memory_of_all_pairs_of_them() -> None:
    names = [f"label {number}" for number in range(300)]
    examples = [Labelled("", "", names[number % 300]) for number in range(600)]
    found = judge("classification", examples, [Prediction(names[0])] * 600)
    assert found.statistics.size <= 2 * len(examples)
    check(found)
