"""The section on pairs that were made of texts in the target language: how many, from what, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from groundup.reports import words
from groundup.reports.document import Bar, Block, Paragraph, Quote, Quotes, Section, Table
from groundup.reports.examples import gate_blocks
from groundup.reports.gather import Facts
from groundup.reports.loose import entries, number, part

# Why a text was not translated, in words.
REASONS = {
    "blank": "blank lines",
    "seen before": "the same as an earlier one",
    "held out": "among the targets that the model is measured by",
    "too long": "longer than what the other run has learned to read",
    "beyond the limit": "beyond the limit of the recipe",
}
SEARCHES = {
    "beams": "the likeliest source that its search found",
    "greedy": "the likeliest token each time",
    "sampling": "tokens drawn as they are likely",
}
MOST_SAMPLES, CHARACTERS = 8, 300


def back_translation_section(facts: Facts) -> Section:
    """What the stage `back_translation` says; a section without blocks where there is none."""
    return Section("What was translated back", tuple(_blocks(facts.of("back_translation"))))


def _blocks(facts: Mapping[str, Any]) -> Iterable[Block]:
    made, kept = number(facts.get("made")), number(part(facts, "examples").get("train"))
    if not made > 0 or not kept >= 0:
        return
    run, texts = (words.shortened(str(facts.get(name, "")), 200) for name in ("run", "texts"))
    search = SEARCHES.get(str(facts.get("search", "")), "as it searches")
    tag = f" Each of these sources begins with {facts['tag']}." if facts.get("tag") else ""
    yield Paragraph(
        f"The run {run} wrote sources for {made:,.0f} texts of {texts} ({search}). Their targets were written by "
        f"people, and {kept:,.0f} of the pairs joined those that are learned from; none is measured on.{tag}"
    )
    yield from _what_became(facts, made, kept)
    yield from gate_blocks(part(facts, "gate"), "pairs that were made", "back-translation")
    samples = [
        Quote(words.shortened(str(one.get("id", "")), 200), _shown(one))
        for one in entries(facts.get("samples"))[:MOST_SAMPLES]
    ]
    if samples:
        yield Paragraph("Some of them, each source before the text that it was written of:")
        yield Quotes(tuple(samples))


def _shown(pair: Mapping[str, Any]) -> str:
    return " → ".join(words.shortened(str(pair.get(side, "")), CHARACTERS) for side in ("source", "target"))


def _what_became(facts: Mapping[str, Any], made: float, kept: float) -> Iterable[Block]:
    left_out = {reason: number(count) for reason, count in part(facts, "left_out").items()}
    whole = made + sum(count for count in left_out.values() if count > 0)
    rows = [(REASONS.get(reason, reason), f"{count:,.0f}", Bar(count / whole)) for reason, count in left_out.items()]
    rows.append(("translated, and dropped by the gate", f"{made - kept:,.0f}", Bar((made - kept) / whole)))
    rows.append(("translated, and learned from", f"{kept:,.0f}", Bar(kept / whole)))
    yield Table("What became of the texts", ("texts that were", "texts", "share"), tuple(rows), frozenset({1}))
    people = number(part(facts, "examples").get("written_by_people"))
    if people > 0:
        yield Paragraph(
            f"Of all {people + kept:,.0f} pairs that are learned from, {words.percent(kept / (people + kept))} were "
            "made so."
        )
