"""How good a task's model is: its figures beside the baselines', where it errs, and what it said.

All of it is what the stage `test` wrote down. A part that is missing or of another shape is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from groundup.reports import words
from groundup.reports.chart import Chart, Series
from groundup.reports.document import Alert, Block, Card, Cell, Figure, Paragraph, Quote, Quotes, Section, Table
from groundup.reports.gather import Facts
from groundup.reports.loose import entries, number, part, texts
from groundup.reports.predictions import Shown
from groundup.reports.task import MEANINGS, in_order, interval_of, label_of, value_of

MOST_CLASSES, MOST_ROWS = 12, 40
LONG, SHORT = 500, 200
# bAbI's tasks, which are failed where more than this share of the questions is answered wrongly (arXiv 1502.05698).
_BABI, FAILED = re.compile(r"qa\d+"), 5.0
MODEL = "this model"


def result_cards(facts: Facts) -> Iterable[Card]:
    """The task's main figure with its interval, and the best baseline beside it."""
    judged = facts.of("test")
    main, value = _main(judged)
    if not main:
        return
    yield Card(_title(main), value_of(main, value), _interval(judged))
    if best := _best(judged):
        yield Card(f"Best baseline, {label_of(main)}", value_of(main, _score(best, main)), str(best.get("name", "")))


def results_sections(facts: Facts) -> tuple[Section, ...]:
    """Figures and errors, and a dozen predictions; sections without blocks where nothing is judged yet."""
    judged = facts.of("test")
    return (
        Section("How good it is", tuple(_results(judged)) if judged else ()),
        Section("What it says", tuple(_predictions(facts.shown))),
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
    main, value = _main(judged)
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
    yield from _confusion(details)
    yield from _reliability(part(details, "reliability"))
    yield from _kinds(part(details, "kinds"))
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
    best = _best(judged)
    if best:
        found = part(best, "difference")
        gap = number(part(found, "difference").get("score"))
        gap = value - _score(best, main) if math.isnan(gap) else gap
        how = "above" if gap > 0 else "below" if gap < 0 else "level with"
        # Of two shares the difference is in points: 3 % less than 80 % could be 77.6 %.
        amount = "" if gap == 0 else f"{value_of(main, abs(gap)).removesuffix(' %')} points "
        sentence += (
            f" That is {amount}{how} the best baseline, {best.get('name', '')}, at {value_of(main, _score(best, main))}"
        )
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
    for baseline in baselines:
        theirs = part(baseline, "figures")
        rows.append((str(baseline.get("name", "")), *(_or_dash(name, number(theirs.get(name))) for name in names)))
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


def _confusion(details: Mapping[str, Any]) -> Iterable[Block]:
    classes = texts(details.get("classes"))
    counts = details.get("confusion")
    if not classes or not isinstance(counts, list) or len(counts) != len(classes):
        return
    if len(classes) <= MOST_CLASSES:
        rows = tuple(
            (words.shortened(name, 40), *(f"{number(count):,.0f}" for count in row))
            for name, row in zip(classes, counts, strict=True)
            if isinstance(row, list) and len(row) == len(classes)
        )
        header = ("truly \\ it said", *(words.shortened(name, 40) for name in classes))
        yield Table("Which labels were taken for which", header, rows, frozenset(range(1, len(header))))
    columns = [details.get(name) for name in ("precision", "recall", "f1")]
    each = [column for column in columns if isinstance(column, list) and len(column) == len(classes)]
    if len(each) == len(columns):
        lines = tuple(
            (words.shortened(name, 40), *(value_of("accuracy", 100 * number(figure)) for figure in figures))
            for name, *figures in list(zip(classes, *each, strict=True))[:MOST_ROWS]
        )
        caption = "Each label" + (f" (the first {MOST_ROWS} of {len(classes):,})" if len(classes) > MOST_ROWS else "")
        is_long = len(classes) > MOST_CLASSES
        yield Table(caption, ("label", "precision", "recall", "F1"), lines, frozenset({1, 2, 3}), is_folded=is_long)


def _reliability(found: Mapping[str, Any]) -> Iterable[Block]:
    """Whether the model is as often right as it is sure."""
    columns = [found.get(name) for name in ("counts", "confidence", "accuracy")]
    if not all(isinstance(column, list) for column in columns):
        return
    bins = [tuple(map(number, values)) for values in zip(*columns, strict=False)]
    filled = [(place, *values) for place, values in enumerate(bins) if values[0] > 0]
    if not filled:
        return
    sure = tuple((100 * confidence, 100 * accuracy) for _, _, confidence, accuracy in filled)
    low = min(x for x, _ in sure)
    yield Figure(
        Chart(
            "How often it is right where it is so sure",
            "its probability for its label (%)",
            "right (%)",
            (Series("ideal", ((low, low), (100.0, 100.0))), Series("model", sure, is_main=True)),
        ),
        "A dot is the examples of one band of probability. Below the straight line the model is too sure of itself, "
        "above it not sure enough.",
    )
    rows = tuple(
        (
            f"{100 * place / len(bins):.0f} to {100 * (place + 1) / len(bins):.0f} %",
            f"{count:,.0f}",
            value_of("accuracy", 100 * confidence),
            value_of("accuracy", 100 * accuracy),
        )
        for place, count, confidence, accuracy in filled
    )
    header = ("its probability", "examples", "on average", "right")
    yield Table("The same as figures", header, rows, frozenset({1, 2, 3}), is_folded=True)


def _kinds(kinds: Mapping[str, Any]) -> Iterable[Block]:
    if not kinds:
        return
    is_babi = all(_BABI.fullmatch(kind) for kind in kinds)
    rows: list[tuple[Cell, ...]] = []
    # qa2 before qa10, whatever order the file kept.
    for kind in sorted(kinds, key=lambda name: (len(name), name))[:MOST_ROWS]:
        figures = part(kinds, kind)
        count, exact, overlap = (number(figures.get(name)) for name in ("questions", "exact", "f1"))
        row = (words.shortened(kind or "–", 60), words.figure(count, 0), _or_dash("exact", exact))
        is_failed = is_babi and 100 - exact > FAILED
        rows.append((*row, *((("failed" if is_failed else ""),) if is_babi else (_or_dash("f1", overlap),))))
    last = "" if is_babi else label_of("f1")
    caption = "Each task: failed where more than 5 % of its questions are answered wrongly"
    header = ("task" if is_babi else "kind", "questions", label_of("exact"), last)
    numbers = frozenset({1, 2} if is_babi else {1, 2, 3})
    yield Table(caption if is_babi else "Each kind of question", header, tuple(rows), numbers)


def _predictions(shown: tuple[Shown, ...]) -> Iterable[Block]:
    if not shown:
        return
    is_judged = shown[0].is_right is not None
    chosen = (
        "half of them right and half wrong where there are as many, each half spread evenly over all"
        if is_judged
        else "spread evenly over all"
    )
    yield Paragraph(f"{words.plural(len(shown), 'example')} that it was judged on, {chosen}: nobody picked them.")
    yield Quotes(tuple(_quote(place, one) for place, one in enumerate(shown, 1)))


def _quote(place: int, one: Shown) -> Quote:
    right = " / ".join(words.shortened(text, SHORT) for text in one.right[:3]) or "no answer"
    said = words.shortened(one.said, SHORT) or "no answer"
    given, about = words.shortened(one.given, LONG), words.shortened(one.about, LONG)
    if one.is_right is None:
        return Quote(f"Example {place}", f"\nit wrote:  {said}\nreference: {right}", given)
    verdict = "Right" if one.is_right else "Wrong"
    score = f" (score {one.score:.3f})" if math.isfinite(one.score) else ""
    label = f"{verdict}: it said {said}{score}" + ("" if one.is_right else f"; right is {right}")
    return Quote(label, f"\n{about}", given) if about else Quote(label, given)


def _main(judged: Mapping[str, Any]) -> tuple[str, float]:
    """The name of the main figure and its value; "" where there is none."""
    main = str(judged.get("main", ""))
    value = number(part(judged, "figures").get(main))
    return ("", value) if math.isnan(value) else (main, value)


def _best(judged: Mapping[str, Any]) -> Mapping[str, Any]:
    """The baseline whose main figure is highest; empty where there is none."""
    main, _ = _main(judged)
    known = [one for one in entries(judged.get("baselines")) if not math.isnan(_score(one, main))]
    return max(known, key=lambda one: _score(one, main), default={})


def _score(baseline: Mapping[str, Any], main: str) -> float:
    return number(part(baseline, "figures").get(main))


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


def _or_dash(name: str, value: float) -> str:
    return "–" if math.isnan(value) else value_of(name, value)


def _duration(seconds: object) -> str:
    found = number(seconds)
    return "–" if math.isnan(found) else words.duration(found)
