"""The section on a task's examples: where they are from, how many, what was left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from groundup.reports import words
from groundup.reports.document import Alert, Bar, Block, Cell, Paragraph, Quote, Quotes, Section, Table
from groundup.reports.gather import Facts
from groundup.reports.loose import entries, number, part
from groundup.reports.making import settings_table

PARTS = ("train", "validation", "test")
PURPOSES = {
    "train": "to learn from",
    "validation": "to measure on while it learns",
    "test": "to be judged on, once",
}
MOST_RULES, MOST_PASSAGES, CHARACTERS = 40, 8, 300


def examples_section(facts: Facts) -> Section:
    """What the stage `examples` says; a section without blocks where there is none."""
    blocks = (*_blocks(facts.of("examples")), *_noted(facts.of("finetune")))
    return Section("Where the examples came from", blocks)


def _noted(facts: Mapping[str, Any]) -> Iterable[Block]:
    """What was said of them when the training began."""
    notes = facts.get("notes")
    for note in notes if isinstance(notes, list) else ():
        yield Alert(words.shortened(str(note), 400))


def _blocks(facts: Mapping[str, Any]) -> Iterable[Block]:
    if facts.get("data"):
        licence = facts.get("licence")
        said = f", licence: {words.shortened(str(licence), 200)}" if licence else ""
        yield Paragraph(f"The examples are of {words.shortened(str(facts['data']), 200)}{said}.")
    yield from _counts(part(facts, "examples"))
    yield from _files(facts)
    for name in PARTS[1:]:
        yield from _seen(name, part(facts, f"{name}_seen"))
    yield from gate_blocks(part(facts, "gate"), "training pairs", "examples")
    if made := part(facts, "made"):
        yield settings_table("How they were made", made)


def _counts(counts: Mapping[str, Any]) -> Iterable[Block]:
    known = {name: number(counts.get(name)) for name in PARTS}
    whole = sum(count for count in known.values() if count > 0)
    if whole:
        rows = tuple((name, f"{count:,.0f}", PURPOSES[name], Bar(count / whole)) for name, count in known.items())
        yield Table("Examples", ("part", "examples", "what for", "share"), rows, frozenset({1}))


def _files(facts: Mapping[str, Any]) -> Iterable[Block]:
    """What was read of each file, and what was left out."""
    rows: list[tuple[Cell, ...]] = []
    for name in PARTS:
        read = part(facts, f"{name}_file")
        if not read:
            continue
        skipped = part(read, "skipped")
        why = "; ".join(f"{reason}: {_whole(count)}" for reason, count in skipped.items())
        if read.get("first_bad"):
            why += f" (the first: {read['first_bad']})"
        left = sum(count for reason in skipped if (count := number(skipped[reason])) > 0)
        rows.append((name, _whole(read.get("rows")), _whole(left), words.shortened(why or "–", 400)))
    if rows:
        header = ("file for", "rows", "left out", "why")
        yield Table("What was read of the files", header, tuple(rows), frozenset({1, 2}))


def _seen(name: str, overlap: Mapping[str, Any]) -> Iterable[Block]:
    seen, tests = number(overlap.get("seen")), number(overlap.get("tests"))
    if seen > 0 and tests > 0:
        yield Alert(
            f"{seen:,.0f} of {tests:,.0f} {name} examples ({words.percent(seen / tests)}) are among the training "
            "examples, too: figures on them tell in part what was learnt by heart."
        )
    sides = {side: number(count) for side, count in part(overlap, "sides").items()}
    if tests > 0 and any(count > 0 for count in sides.values()):
        counts = " and ".join(f"the {side} of {words.count(count)}" for side, count in sides.items())
        yield Paragraph(
            f"Of {words.plural(int(tests), f'{name} pair')} {counts} stands in a training pair, too, beside the "
            "same text or another. Parts that are held out share no source with it; short targets that many sources "
            "have may well be in both."
        )


def gate_blocks(account: Mapping[str, Any], what: str, whose: str) -> Iterable[Block]:
    """Pairs that the gate kept out, by the rule that they broke; `whose` ledger has them."""
    rules = [rule for rule in part(account, "rules").values() if isinstance(rule, dict)]
    sources = [counts for counts in part(account, "sources").values() if isinstance(counts, dict)]
    read, kept = (sum(number(one.get(f"documents_{what}")) for one in sources) for what in ("read", "kept"))
    if not read > 0:
        return
    yield Paragraph(
        f"Of {read:,.0f} {what} {kept:,.0f}, {words.percent(kept / read)}, passed the gate. Each of the others has a "
        f"row in the ledger of the {whose}, with the rule that it broke and the figure that broke it."
    )
    rules.sort(key=lambda rule: -number(rule.get("documents")))
    rows = tuple(_rule(rule, read) for rule in rules[:MOST_RULES])
    if rows:
        yield Table("What the gate left out", ("rule", "pairs", "of all read", ""), rows, frozenset({1, 2}))
    passages = [
        Quote(
            words.shortened(f"{rule.get('rule', '')}: {one.get('id', '')}", 200),
            words.shortened(str(one.get("sample", "")), CHARACTERS),
        )
        for rule in rules
        for one in entries(rule.get("samples"))[:1]
    ]
    if passages:
        yield Paragraph("One pair that each rule left out:")
        yield Quotes(tuple(passages[:MOST_PASSAGES]))


def _rule(rule: Mapping[str, Any], read: float) -> tuple[Cell, ...]:
    pairs = number(rule.get("documents"))
    return (str(rule.get("rule", "")), _whole(pairs), words.percent(pairs / read), Bar(pairs / read))


def _whole(value: object) -> str:
    found = number(value)
    return f"{found:,.0f}" if found == found else "–"
