"""How many questions can be answered at all once passages are cut into tokens and windows, before anything is trained.

Where a token takes more than the answer along, or the passage does not have the answer word for word, no model that
points at tokens can be right; what the best one could reach is said beside its score.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from groundup.evaluation.answers import comparable, judge_answers
from groundup.tasks.examples import Question
from groundup.tasks.windows import Window, cut, place
from groundup.tokens.tokenizer import Tokenizer

_SHOWN = 5


@dataclass(frozen=True)
class Answerable:
    """What became of the answers; each question counts once from `no_answer` to `exact`."""

    questions: int
    windows: int
    no_answer: int
    """The passage holds no answer, says the file."""
    absent: int
    """No answer stands in the passage, not even but for case, punctuation and articles."""
    in_no_window: int
    """No window holds all of the answer: a larger stride or context would."""
    too_long: int
    """The answer has more tokens than are looked for."""
    inexact: int
    """The answer's tokens hold more than the answer, and by the official rules the two differ."""
    exact: int
    """The answer's tokens say the answer."""
    alike: int
    """Questions whose answer stands in the passage, but with other case, punctuation or articles."""
    questions_cut: int
    """Questions of more tokens than are kept."""
    best_exact: float
    """The exact match, in per cent, of a model that points at the right tokens wherever it can."""
    best_f1: float
    """The F1 of the same, in per cent."""
    first_absent: tuple[str, ...]
    """The ids of the first few whose answer is absent."""

    def __post_init__(self) -> None:
        parts = (self.no_answer, self.absent, self.in_no_window, self.too_long, self.inexact, self.exact)
        assert sum(parts) == self.questions, parts

    def __str__(self) -> str:
        has_answer = self.questions - self.no_answer
        return (
            f"{self.questions:,} questions in {self.windows:,} windows; of {has_answer:,} with an answer the tokens "
            f"give {self.exact:,} exactly and {self.inexact:,} with more beside; {self.absent:,} do not stand in the "
            f"passage, {self.alike:,} only but for case, punctuation or articles; {self.in_no_window:,} are whole in "
            f"no window, {self.too_long:,} are too long. At best: exact match {self.best_exact:.1f} %, F1 "
            f"{self.best_f1:.1f} %."
        )


def answerable(
    questions: Iterable[Question],
    tokenizer: Tokenizer,
    *,
    context: int,
    stride: int,
    longest_question: int,
    longest: int,
) -> Answerable:
    """The account of questions cut as `cut` does, and answered with at most `longest` tokens.

    Raises `GroundupError` where there is no question.
    """
    questions = list(questions)
    counts = dict.fromkeys(("no_answer", "absent", "in_no_window", "too_long", "inexact", "exact"), 0)
    windows = alike = questions_cut = 0
    given: list[str] = []
    absent: list[str] = []
    rows = cut(questions, tokenizer, context=context, stride=stride, longest_question=longest_question)
    for question, row in zip(questions, rows, strict=True):
        fate, text = _fate(question, row, longest)
        counts[fate] += 1
        given.append(text)
        windows += len(row)
        characters = place(question)
        golds = {answer.text.strip() for answer in question.answers}
        alike += characters is not None and question.context[slice(*characters)] not in golds
        questions_cut += row[0].question_cut > 0
        if fate == "absent" and len(absent) < _SHOWN:
            absent.append(question.id)
    all_golds = [[answer.text for answer in question.answers] for question in questions]
    best = judge_answers(given, all_golds, "1.1" if all(all_golds) else "2.0")
    return Answerable(
        questions=len(questions),
        windows=windows,
        **counts,
        alike=alike,
        questions_cut=questions_cut,
        best_exact=best["exact"],
        best_f1=best["f1"],
        first_absent=tuple(absent),
    )


def _fate(question: Question, windows: list[Window], longest: int) -> tuple[str, str]:
    """What becomes of a question's answer, and the text that its tokens say."""
    if not question.answers:
        return "no_answer", ""
    characters = place(question)
    if characters is None:
        return "absent", ""
    window = next((window for window in windows if window.answer), None)
    if window is None or window.answer is None:
        return "in_no_window", ""
    first, last = window.answer
    if last - first >= longest:
        return "too_long", ""
    start, end = window.characters(first, last)
    text = window.passage[start:end]
    gold = question.context[slice(*characters)]
    return ("exact" if comparable(text) == comparable(gold) else "inexact"), text
