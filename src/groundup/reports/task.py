"""The figures of a task's model in words, from what the stage `test` wrote down."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from groundup.reports.loose import entries, number, part

# Name -> what it is called, and how it is written.
FIGURES: Mapping[str, tuple[str, str]] = {
    "bleu": ("BLEU", "{:.2f}"),
    "chrf": ("chrF", "{:.2f}"),
    "accuracy": ("accuracy", "{:.2f} %"),
    "macro_f1": ("macro F1", "{:.2f} %"),
    "matthews": ("Matthews correlation", "{:.3f}"),
    "calibration_error": ("calibration error", "{:.2f} %"),
    "log_loss": ("log loss", "{:.4f} nats"),
    "f1": ("F1", "{:.2f} %"),
    "exact": ("exact match", "{:.2f} %"),
    "mean_error": ("mean error of tasks", "{:.2f} %"),
    "failed": ("tasks failed", "{:.0f}"),
}

# What each says, for a reader who meets it for the first time.
MEANINGS: Mapping[str, str] = {
    "bleu": "Runs of one to four words that a translation shares with the reference, from 0 to 100; too short a "
    "translation costs. Comparable only under the same signature.",
    "chrf": "The same idea with runs of one to six letters, so that a word with another ending counts for its stem.",
    "accuracy": "The share of examples with the right label.",
    "macro_f1": "The mean over labels of F1, in which a rare label weighs as much as a common one.",
    "matthews": "The correlation between the right labels and those given: 1 is perfect, 0 no better than chance.",
    "calibration_error": "How far the model's probabilities are, on average, from how often it is right.",
    "log_loss": "How surprised the model is by the right label, on average; 0 would be perfect foresight.",
    "f1": "The words that an answer and the best of the right ones share, as a share of both, on average.",
    "exact": "The share of questions answered word for word, articles and punctuation aside.",
    "mean_error": "The share of wrong answers, averaged over bAbI's tasks.",
    "failed": "bAbI's tasks of which more than 5 % of the questions are answered wrongly.",
}

# Of those that choose labels together, what each is called.
ALONE: Mapping[str, str] = {"network": "the network alone", "ngrams": "runs of words alone"}

# Kind of task -> what a finished run is asked for, and the command that asks it.
QUESTIONS: Mapping[str, tuple[str, str]] = {
    "translation": ("Let it translate a text of yours:", 'groundup translate {run} "A text of your own."'),
    "classification": ("Let it choose a label for a text of yours:", 'groundup classify {run} "A text of your own."'),
    "questions": (
        "Let it answer a question of yours about a passage:",
        'groundup answer {run} "Where does she live?" --context "Mary lives in Leeds."',
    ),
}


def question_to(kind: str, run: str) -> tuple[str, str] | None:
    """How the model of a run is asked for what it learnt: a sentence and a command; None where it has no task."""
    if kind not in QUESTIONS:
        return None
    what, command = QUESTIONS[kind]
    return what, command.format(run=run)


def figures_of(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The figures as label and value, the main one first with its interval, and the signatures of metrics."""
    rows = [(label_of(name), value_of(name, value)) for name, value in facts["figures"].items()]
    between = interval_of(facts)
    said = f"{facts['interval']['level']:.0%} interval {between}" if between else "no interval: all examples are alike"
    rows[0] = (rows[0][0], f"{rows[0][1]}  ({said})")
    details = facts.get("details", {})
    rows += [(f"{label_of(name)} signature", text) for name, text in details.get("signatures", {}).items()]
    main = facts["main"]
    for who, figures in alone_in(details):
        rows.append((f"{label_of(main)}, {who}", value_of(main, number(figures.get(main)))))
    rows.append(("examples", f"{facts['examples']:,}"))
    return rows


def alone_in(details: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What each of those is called that chose the labels together, and its figures, had it been alone."""
    alone = part(details, "alone")
    for name in sorted(alone, key=lambda name: (list(ALONE).index(name) if name in ALONE else len(ALONE), name)):
        yield ALONE.get(name, name), part(alone, name)


def in_order(figures: Iterable[str], main: str) -> list[str]:
    """The names of figures, the main one first and the rest as FIGURES has them: files of JSON keep no order."""
    known = list(FIGURES)
    return sorted(figures, key=lambda name: (name != main, known.index(name) if name in known else len(known), name))


def interval_of(facts: Mapping[str, Any]) -> str:
    """Where the main figure would lie with other examples of the kind; "" where nobody worked it out.

    And where examples are all alike, as where each is right: drawing them anew says nothing of others then.
    """
    ends = [number(part(facts, "interval").get(end)) for end in ("low", "high")]
    if any(map(math.isnan, ends)) or ends[0] == ends[1]:
        return ""
    low, high = (value_of(str(facts["main"]), end) for end in ends)
    return f"{low.removesuffix(' %')} to {high}"


def label_of(name: str) -> str:
    """What a figure is called."""
    return FIGURES[name][0] if name in FIGURES else name.replace("_", " ")


def value_of(name: str, value: float) -> str:
    """A figure with its unit; a dash where it is not known (NaN)."""
    if math.isnan(value):
        return "–"
    return FIGURES[name][1].format(value) if name in FIGURES else f"{value:.4g}"


def main_figure(judged: Mapping[str, Any]) -> tuple[str, float]:
    """The name of the main figure and its value; "" where there is none."""
    main = str(judged.get("main", ""))
    value = number(part(judged, "figures").get(main))
    return ("", value) if math.isnan(value) else (main, value)


def best_baseline(judged: Mapping[str, Any]) -> tuple[Mapping[str, Any], float]:
    """The baseline whose main figure is highest, and that figure; empty and NaN where there is none.

    More is better of every figure that is the main one of a task.
    """
    main, _ = main_figure(judged)
    known = [(one, number(part(one, "figures").get(main))) for one in entries(judged.get("baselines"))]
    return max((each for each in known if not math.isnan(each[1])), key=lambda each: each[1], default=({}, math.nan))
