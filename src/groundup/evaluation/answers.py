"""Answers to questions, judged by SQuAD's official rules: exact match and F1, each the best over the golds.

Texts are compared in lower case, without ASCII punctuation, without the articles a, an and the, and with single
spaces. F1 is the harmonic mean of precision and recall over words, each counted as often as it occurs. The rules of
1.1 (Rajpurkar et al. 2016, arXiv 1606.05250) know no unanswerable questions; those of 2.0 (2018, arXiv 1806.03822)
hold an empty text to be the answer of such, and give nothing for half of it.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from groundup.errors import GroundupError

Rules = Literal["1.1", "2.0"]

_PUNCTUATION = dict.fromkeys(map(ord, string.punctuation))
_ARTICLE = re.compile(r"\b(?:an?|the)\b")


def comparable(text: str) -> str:
    """The text as it is compared: lower case, no punctuation, no articles, single spaces."""
    return " ".join(_ARTICLE.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(answer: str, golds: Sequence[str], rules: Rules = "1.1") -> float:
    """1 where the answer is one of the golds, else 0. No golds mean, by the rules of 2.0, that there is no answer."""
    return max(float(comparable(answer) == comparable(gold)) for gold in _golds(golds, rules))


def f1(answer: str, golds: Sequence[str], rules: Rules = "1.1") -> float:
    """The best word overlap with a gold, from 0 to 1."""
    words = comparable(answer).split()
    return max(_overlap(words, comparable(gold).split(), rules) for gold in _golds(golds, rules))


def answer_statistics(
    answers: Sequence[str], golds: Sequence[Sequence[str]], rules: Rules = "1.1"
) -> NDArray[np.float64]:
    """Exact match and F1 of every question, [N, 2], from 0 to 1.

    Raises GroundupError where the numbers differ, or where a question has no gold and the rules are those of 1.1.
    """
    if not answers:
        raise GroundupError("There is no answer to judge.", "Give at least one question.")
    if len(answers) != len(golds):
        raise GroundupError(
            f"There are {len(answers):,} answers to {len(golds):,} questions.",
            "Give one answer a question, in the same order; an empty text where there is none.",
        )
    for number, texts in enumerate(golds, 1):
        if not texts and rules == "1.1":
            raise GroundupError(
                f"Question {number:,} has no gold answer, which the rules of SQuAD 1.1 do not know.",
                'Use the rules "2.0", or leave the question out.',
            )
    judged = zip(answers, golds, strict=True)
    return np.array([(exact_match(answer, texts, rules), f1(answer, texts, rules)) for answer, texts in judged])


def judge_answers(answers: Sequence[str], golds: Sequence[Sequence[str]], rules: Rules = "1.1") -> dict[str, float]:
    """The mean exact match and F1 in per cent, and how many questions; by 2.0 also of those with and without answer.

    Raises GroundupError as `answer_statistics` does.
    """
    statistics = answer_statistics(answers, golds, rules)
    figures = _figures(statistics)
    if rules == "2.0":
        # As in the official script: whether golds are given at all, not what is left of them.
        has_answer = np.array([bool(len(texts)) for texts in golds])
        for name, chosen in (("has_answer", has_answer), ("no_answer", ~has_answer)):
            if chosen.any():
                figures |= {f"{name}_{key}": value for key, value in _figures(statistics[chosen]).items()}
    return figures


def _figures(statistics: NDArray[np.float64]) -> dict[str, float]:
    exact, overlap = 100 * statistics.mean(0)
    return {"exact": float(exact), "f1": float(overlap), "questions": len(statistics)}


def _golds(golds: Sequence[str], rules: Rules) -> Sequence[str]:
    if rules == "1.1":
        assert golds, "the rules of 1.1 need a gold"
        return golds
    # A gold of which nothing is left to compare is none.
    return [gold for gold in golds if comparable(gold)] or [""]


def _overlap(answer: Sequence[str], gold: Sequence[str], rules: Rules) -> float:
    if rules == "2.0" and not (answer and gold):
        return float(answer == gold)
    shared = (Counter(answer) & Counter(gold)).total()
    if not shared:
        return 0.0
    precision, recall = shared / len(answer), shared / len(gold)
    return 2 * precision * recall / (precision + recall)
