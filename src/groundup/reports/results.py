"""How good a task's model is, beside the baselines, and what its figures mean.

All of it is what the stage `test` wrote down. A part that is missing or of another shape is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from groundup.reports import words
from groundup.reports.document import Alert, Block, Card, Paragraph, Section, Table
from groundup.reports.gather import Facts
from groundup.reports.looking import looking_blocks
from groundup.reports.loose import entries, number, part, texts
from groundup.reports.mistakes import mistakes
from groundup.reports.predictions import prediction_blocks
from groundup.reports.task import (
    MEANINGS,
    alone_in,
    best_baseline,
    in_order,
    interval_of,
    label_of,
    main_figure,
    value_of,
)

LONG = 500
MODEL = "this model"


def result_cards(facts: Facts) -> Iterable[Card]:
    """The task's main figure with its interval, and the best baseline beside it."""
    judged = facts.of("test")
    main, value = main_figure(judged)
    if not main:
        return
    yield Card(_title(main), value_of(main, value), _interval(judged))
    best, score = best_baseline(judged)
    if best:
        yield Card(f"Best baseline, {label_of(main)}", value_of(main, score), str(best.get("name", "")))


def results_sections(facts: Facts) -> tuple[Section, ...]:
    """Figures and errors, and a dozen predictions; sections without blocks where nothing is judged yet."""
    judged = facts.of("test")
    return (
        Section("How good it is", tuple(_results(judged)) if judged else ()),
        Section("What it says", (*prediction_blocks(facts.shown), *looking_blocks(facts.looks))),
    )


def task_terms(facts: Facts) -> tuple[tuple[str, str], ...]:
    """What the figures of the run's task mean."""
    judged = facts.of("test")
    names = in_order(part(judged, "figures"), str(judged.get("main", "")))
    known = tuple((_title(name), MEANINGS[name]) for name in names if name in MEANINGS)
    return (*known, *RESAMPLED) if known else ()


RESAMPLED = (
    (
        "Interval and p",
        "Where a figure would lie with other examples of the kind: the examples are drawn anew, with replacement, many "
        "times (bootstrap). Of a difference, both systems are judged on the same draws, and p says how often one as "
        "large would come by chance, were there none.",
    ),
    ("Baseline", "Something simple that learnt from the same training examples and was judged on the same test."),
)


def _results(judged: Mapping[str, Any]) -> Iterable[Block]:
    main, value = main_figure(judged)
    if not main:
        return
    yield Paragraph(_said(judged, main, value))
    if judged.get("part") == "validation":
        yield Alert(
            "No examples were kept for a test, so these figures are of the validation examples, which were looked at "
            "while the model learnt."
        )
    yield from _table(judged, main)
    details = part(judged, "details")
    yield from mistakes(details)
    signatures = part(details, "signatures")
    if signatures:
        rows = tuple((label_of(name), str(text)) for name, text in signatures.items())
        yield Table("How the figures were computed", ("figure", "signature"), rows)


def _said(judged: Mapping[str, Any], main: str, value: float) -> str:
    sentence = f"{_title(main)} is {value_of(main, value)}"
    interval = _interval(judged)
    sentence += f" ({interval})" if interval else ""
    count = number(judged.get("examples"))
    sentence += f" on {count:,.0f} {judged.get('part', 'test')} examples." if count > 0 else "."
    best, score = best_baseline(judged)
    if best:
        found = part(best, "difference")
        gap = number(part(found, "difference").get("score"))
        gap = value - score if math.isnan(gap) else gap
        how = "above" if gap > 0 else "below" if gap < 0 else "level with"
        # Of two shares the difference is in points: 3 % less than 80 % could be 77.6 %.
        amount = "" if gap == 0 else f"{value_of(main, abs(gap)).removesuffix(' %')} points "
        sentence += f" That is {amount}{how} the best baseline, {best.get('name', '')}, at {value_of(main, score)}"
        p = number(found.get("p_value"))
        sentence += "." if math.isnan(p) else f" (p = {_p(p)})."
        if p > 0.05:
            sentence += " So many examples do not tell the two apart."
    return sentence


def _table(judged: Mapping[str, Any], main: str) -> Iterable[Block]:
    """The model and every baseline by every figure, and how far apart they are."""
    figures = part(judged, "figures")
    baselines = entries(judged.get("baselines"))
    names = in_order(figures, main)
    rows = [(MODEL, *(value_of(name, number(figures[name])) for name in names))]
    for who, theirs in alone_in(part(judged, "details")):
        rows.append((who, *(value_of(name, number(theirs.get(name))) for name in names)))
    for baseline in baselines:
        theirs = part(baseline, "figures")
        rows.append((str(baseline.get("name", "")), *(value_of(name, number(theirs.get(name))) for name in names)))
    header = ("", *map(label_of, names))
    yield Table("Judged on the same examples", header, tuple(rows), frozenset(range(1, len(header))))
    if baselines:
        apart = tuple(
            (str(baseline.get("name", "")), *_difference(main, part(baseline, "difference"))) for baseline in baselines
        )
        header = ("beside", f"this model's {label_of(main)} is higher by", "its interval", "p")
        yield Table("How far the model is from the baselines", header, apart, frozenset({1, 2, 3}))
        what = tuple(
            (
                str(baseline.get("name", "")),
                words.shortened(str(baseline.get("what", "")), LONG),
                _duration(baseline.get("learning_seconds")),
                _duration(baseline.get("predicting_seconds")),
            )
            for baseline in baselines
        )
        ours = (MODEL, "", "", _duration(judged.get("predicting_seconds")))
        header = ("", "what it does", "to learn", "to answer all")
        yield Table("The baselines, and how long they took", header, (ours, *what), frozenset({2, 3}))
    for left in texts(judged.get("baselines_left_out")):
        yield Paragraph(words.shortened(left, LONG))


def _difference(main: str, found: Mapping[str, Any]) -> tuple[str, str, str]:
    """How far above a baseline the model is, where that would lie with other examples, and p."""
    gap = part(found, "difference")
    score, low, high = (number(gap.get(name)) for name in ("score", "low", "high"))
    p = number(found.get("p_value"))
    between = "–" if math.isnan(low) or math.isnan(high) else f"{_signed(main, low)} to {_signed(main, high)}"
    return "–" if math.isnan(score) else _signed(main, score), between, "–" if math.isnan(p) else _p(p)


def _interval(judged: Mapping[str, Any]) -> str:
    level, between = number(part(judged, "interval").get("level")), interval_of(judged)
    said = "" if math.isnan(level) else f"{words.percent(level)} "
    return f"{said}interval {between}" if between else ""


def _title(name: str) -> str:
    label = label_of(name)
    # chrF keeps its small letter.
    return label if any(letter.isupper() for letter in label.split()[0]) else label.capitalize()


def _signed(name: str, value: float) -> str:
    said = value_of(name, abs(value)).removesuffix(" %")
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{said}"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.0005 else "below 0.001"


def _duration(seconds: object) -> str:
    found = number(seconds)
    return "–" if math.isnan(found) else words.duration(found)
