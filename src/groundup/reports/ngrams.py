"""The section on runs of words beside a network: what each weighs, how good each is, and which runs say most."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from groundup.reports import words
from groundup.reports.document import Block, Chips, Paragraph, Section, Table
from groundup.reports.gather import Facts
from groundup.reports.loose import number, part, texts
from groundup.reports.task import ALONE, in_order, label_of, value_of

MAIN = "accuracy"
CALLED = {**ALONE, "pool": "both together"}


def ngrams_section(facts: Facts) -> Section:
    """What the stage `ngrams` says; a section without blocks where there is none, or the judgement was without it."""
    judged = facts.stages.get("test")
    is_used = judged is None or judged.settings.get("ngrams") is not None
    return Section("The network and runs of words", tuple(_blocks(facts.of("ngrams"))) if is_used else ())


def _blocks(facts: Mapping[str, Any]) -> Iterable[Block]:
    runs, weights = number(facts.get("runs")), {name: number(part(facts, "weights").get(name)) for name in ALONE}
    if math.isnan(runs) or any(map(math.isnan, weights.values())):
        return
    yield Paragraph(
        f"A linear classifier on {runs:,.0f} runs of words and letters chooses the labels together with the network: a "
        "label is as probable as the network finds it, to the power of "
        f"{weights['network']:.2f}, times as the runs of words find it, to the power of {weights['ngrams']:.2f}. These "
        "two weights make the labels of the validation examples likeliest. A weight of 0 is no say at all; where both "
        "are small, the two were surer of themselves than they were right."
    )
    judged = part(facts, "validation")
    names = in_order(part(judged, "pool"), MAIN)
    rows = tuple(
        (called, *(value_of(name, number(part(judged, who).get(name))) for name in names))
        for who, called in CALLED.items()
    )
    header = ("on the validation examples", *map(label_of, names))
    if names:
        yield Table("Each alone, and both together", header, rows, frozenset(range(1, len(header))))
    for label, strongest in part(facts, "strongest").items():
        if shown := texts(strongest):
            caption = f"The runs that speak loudest for {words.shortened(str(label), 60)!r}."
            yield Chips(caption, tuple(words.shortened(run, 60) for run in shown))
