"""What a model predicts of held-out text, beside what is reached by knowing only how frequent everything is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from groundup.reports import words
from groundup.reports.gather import Facts
from groundup.reports.loose import number, part

TERMS_HEADER = ("predicted", "times", "loss", "by frequency", "right", "commonest")
TERMS_CAPTION = (
    "Held-out text: the loss in nats, beside that of guessing by frequency alone; and how often the model's first "
    "choice is right, beside always saying what is commonest."
)
# Stands behind a figure that a guess beats.
MARK = " !"
WORSE = "A figure with ! is worse than its guess, which needs no model."


def main_term(facts: Facts) -> Mapping[str, Any]:
    """What a finished training was measured by first; empty where it was by nothing."""
    return part(part(facts.learnt, "terms"), str(facts.learnt.get("main_term", "")))


def marked(figure: str, guess: str, is_worse: bool) -> str:
    """A figure as it is shown, with MARK where its guess is better and is seen to be."""
    return figure + MARK if is_worse and figure != guess else figure


def term_rows(facts: Facts) -> tuple[tuple[str, ...], ...]:
    """A row under TERMS_HEADER for each term of a finished run."""
    terms = part(facts.learnt, "terms")
    return tuple(_row(str(name), part(terms, name)) for name in terms)


def _row(name: str, term: object) -> tuple[str, ...]:
    figures = term if isinstance(term, dict) else {}
    loss, unigram, right, most = (number(figures.get(key)) for key in ("loss", "unigram", "accuracy", "majority"))
    by_frequency = "-" if math.isnan(unigram) else words.figure(unigram)
    return (
        name.replace("_", " "),
        words.count(number(figures.get("count"))),
        marked(words.figure(loss), by_frequency, loss > unigram),
        by_frequency,
        marked(words.percent(right), words.percent(most), right < most),
        words.percent(most),
    )
