"""One document's story as a page: what it is, what happened to it in order, and what its signals said.

The story's shape is known by its JSON alone; `groundup.corpus.explain` says what it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from groundup.reports import words
from groundup.reports.account_signals import asked
from groundup.reports.document import Block, Cell, Document, Paragraph, Quote, Quotes, Section, Table


def story_document(story: Mapping[str, Any]) -> Document:
    """The story of one document."""
    sections = (
        Section("What happened to it", (Quotes(tuple(_steps(story))),)),
        Section("What its signals said", tuple(_signals(story))),
        Section("What went because it stayed", tuple(_duplicates(story))),
    )
    return Document(
        story["id"], _ending(story), tuple(_opening(story)), tuple(section for section in sections if section.blocks)
    )


def _ending(story: Mapping[str, Any]) -> str:
    if story["is_kept"]:
        return f"Kept, in {' and '.join(row['part'] for row in story['kept'])}."
    last = story["ledger"][-1]
    return f"Dropped: {last['stage']}, {last['rule']}."


def _opening(story: Mapping[str, Any]) -> Iterable[Block]:
    rows = tuple((what, str(story[what])) for what in ("source", "address", "title", "date", "licence") if story[what])
    if rows:
        yield Table("What it is", ("", ""), rows)


def _steps(story: Mapping[str, Any]) -> Iterable[Quote]:
    yield Quote(f"read: {story['characters_read']:,} characters", "")
    for row in story["ledger"]:
        yield Quote(_step(row), row["sample"] or "")
    for row in story["kept"]:
        yield Quote(f"kept: {row['characters']:,} characters in {row['part']}", "")


def _step(row: Mapping[str, Any]) -> str:
    judged = ""
    if row["value"] is not None:
        judged = f" ({row['value']:g}" + (f", threshold {row['threshold']:g})" if row["threshold"] is not None else ")")
    # A passage that was cut, or an evaluation item, stands in a document; only whole duplicates make a cluster.
    found = f"cluster of {row['cluster_size']:,} kept as" if row["cluster_size"] else "found in"
    cluster = f", {found} {row['cluster']}" if row["cluster"] else ""
    return (
        f"{row['stage']}: {row['action']} by {row['rule']}{judged},"
        f" {row['characters_before']:,} characters before, {row['characters_after']:,} after{cluster}"
    )


def _signals(story: Mapping[str, Any]) -> Iterable[Block]:
    rows: list[tuple[Cell, ...]] = []
    for signal in story["signals"]:
        value = signal["value"]
        shown = value if isinstance(value, str) else f"{value:,.4g}" if value % 1 else f"{value:,.0f}"
        told = [f"{asked(bound)} ({bound['rule']}): {_verdict(bound)}" for bound in signal["asked"]]
        rows.append((signal["signal"].replace("_", " "), shown, "; ".join(told)))
    if rows:
        yield Table("All that was measured, and what the rules ask", ("signal", "value", "asked"), tuple(rows))
    elif story["is_kept"] or story["ledger"][-1]["stage"] not in ("read", "extract"):
        yield Paragraph("The documents with their signals do not lie beside this corpus any more.")


def _verdict(bound: Mapping[str, Any]) -> str:
    return "yes" if bound["is_met"] else "no"


def _duplicates(story: Mapping[str, Any]) -> Iterable[Block]:
    rows = tuple(
        (
            one["id"],
            words.shortened(one["title"] or "", 80),
            one["rule"],
            "–" if one["similarity"] is None else f"{one['similarity']:.2f}",
            f"{one['characters']:,}",
        )
        for one in story["duplicates"]
    )
    if rows:
        header = ("id", "title", "rule", "similarity", "characters that went")
        yield Table("Duplicates of it", header, rows, frozenset({3, 4}))
