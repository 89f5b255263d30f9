"""What a model predicts of held-out text, beside what is reached by knowing only how frequent everything is."""

from __future__ import annotations

import math

from groundup.reports import words
from groundup.reports.gather import Facts
from groundup.reports.loose import number, part

TERMS_HEADER = ("predicted", "times", "loss", "by frequency", "right", "commonest")
TERMS_CAPTION = (
    "Held-out text: the loss in nats, beside that of guessing by frequency alone; and how often the model's first "
    "choice is right, beside always saying what is commonest."
)


def term_rows(facts: Facts) -> tuple[tuple[str, ...], ...]:
    """A row under TERMS_HEADER for each term of a finished run."""
    terms = part(facts.learnt, "terms")
    return tuple(_row(str(name), part(terms, name)) for name in terms)


def _row(name: str, term: object) -> tuple[str, ...]:
    figures = term if isinstance(term, dict) else {}
    loss, unigram, right, most = (number(figures.get(key)) for key in ("loss", "unigram", "accuracy", "majority"))
    return (
        name.replace("_", " "),
        words.count(number(figures.get("count"))),
        words.figure(loss),
        "-" if math.isnan(unigram) else words.figure(unigram),
        words.percent(right),
        words.percent(most),
    )
