"""Where a task's model errs: labels taken for others, probabilities that say too much, kinds of question it fails.

All of it is what the stage `test` wrote down. A part that is missing or of another shape is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from groundup.reports import words
from groundup.reports.chart import Chart, Series
from groundup.reports.document import Block, Cell, Figure, Table
from groundup.reports.loose import number, part, texts
from groundup.reports.task import label_of, value_of

MOST_CLASSES, MOST_ROWS = 12, 40
# bAbI's tasks, which are failed where more than this share of the questions is answered wrongly (arXiv 1502.05698).
_BABI, FAILED = re.compile(r"qa\d+"), 5.0


def are_babi(kinds: Iterable[str]) -> bool:
    """Whether kinds of question are bAbI's tasks, which have figures that other kinds have not."""
    return all(map(_BABI.fullmatch, kinds))


def mistakes(details: Mapping[str, Any]) -> Iterable[Block]:
    """What the judgement's `details` say of mistakes: of labels, of probabilities, of kinds of question."""
    yield from _confusion(details)
    yield from _reliability(part(details, "reliability"))
    yield from _kinds(part(details, "kinds"))


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
    is_babi = are_babi(kinds)
    rows: list[tuple[Cell, ...]] = []
    # qa2 before qa10, whatever order the file kept.
    for kind in sorted(kinds, key=lambda name: (len(name), name))[:MOST_ROWS]:
        figures = part(kinds, kind)
        count, exact, overlap = (number(figures.get(name)) for name in ("questions", "exact", "f1"))
        row = (words.shortened(kind or "–", 60), words.figure(count, 0), value_of("exact", exact))
        is_failed = is_babi and 100 - exact > FAILED
        rows.append((*row, *((("failed" if is_failed else ""),) if is_babi else (value_of("f1", overlap),))))
    last = "" if is_babi else label_of("f1")
    caption = "Each task: failed where more than 5 % of its questions are answered wrongly"
    header = ("task" if is_babi else "kind", "questions", label_of("exact"), last)
    numbers = frozenset({1, 2} if is_babi else {1, 2, 3})
    yield Table(caption if is_babi else "Each kind of question", header, tuple(rows), numbers)
