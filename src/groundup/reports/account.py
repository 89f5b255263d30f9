"""The section on where the text came from, what went and what stayed: the account of the corpus as tables.

`reports` lies below `corpus`, so the account's shape is known here by its JSON alone (`groundup.corpus.account`
says what it holds); a part that is missing or of another shape is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from groundup.reports import words
from groundup.reports.document import Alert, Bar, Block, Cell, Paragraph, Quote, Quotes, Section, Table
from groundup.reports.loose import entries, number, part

MOST_ROWS, MOST_PASSAGES, PASSAGES_A_RULE = 40, 12, 2
PASSAGE_CHARACTERS = 400
# Where each character that was read has gone; they add up to all of them.
WAYS = (
    ("kept", "kept"),
    ("dropped", "dropped with their documents"),
    ("cut", "cut off (headers, footers)"),
    ("dropped_lines", "dropped line by line"),
    ("edited_away", "edited away"),
)


def corpus_section(account: Mapping[str, Any]) -> Section:
    """The account of a corpus; a section without blocks where there is none."""
    return Section("Where the text came from", tuple(_blocks(account))) if account else Section("", ())


def _blocks(account: Mapping[str, Any]) -> Iterable[Block]:
    documents, characters = part(account, "documents"), part(account, "characters")
    read, kept = number(characters.get("read")), number(characters.get("kept"))
    if read > 0 and not math.isnan(kept):
        cleaning = account.get("cleaning")
        yield Paragraph(
            f"{_documents(documents.get('read'))} with {_whole(read)} characters "
            f"{'was' if number(documents.get('read')) == 1 else 'were'} read"
            + (f" and cleaned by the {cleaning} profile" if cleaning else "")
            + f"; {_documents(documents.get('kept'))} with {_whole(kept)} characters, "
            f"{words.percent(kept / read)}, stayed."
        )
        rows = [(label, number(characters.get(key))) for key, label in WAYS]
        yield Table(
            "Where the characters went",
            ("", "characters", "share", ""),
            tuple((label, _whole(n), words.percent(n / read), Bar(n / read)) for label, n in rows if n > 0),
            frozenset({1, 2}),
        )
        missing = read - sum(_or_zero(n) for _, n in rows)
        if missing:
            yield Alert(f"The account does not add up: {_whole(missing)} of the characters read are nowhere.")
    yield from _rules(account, read)
    yield from _sources(account)
    yield from _split(account)
    yield from _clusters(account)
    yield from _removed(account)
    passages = tuple(_passages(account))
    if passages:
        yield Paragraph("A few of the passages that were changed or went, with the rule that did it:")
        yield Quotes(passages)


def _rules(account: Mapping[str, Any], read: float) -> Iterable[Block]:
    rules = entries(account.get("rules"))
    rows: list[tuple[Cell, ...]] = []
    for rule in rules[:MOST_ROWS]:
        taken = number(rule.get("characters"))
        share = taken / read if read > 0 else math.nan
        rows.append(
            (
                str(rule.get("stage", "")),
                str(rule.get("rule", "")),
                str(rule.get("action", "")),
                _whole(rule.get("documents")),
                _whole(taken),
                "–" if math.isnan(share) else words.percent(share),
                Bar(share),
            )
        )
    if rows:
        header = ("stage", "rule", "action", "documents", "characters", "of all read", "")
        yield Table(_capped("What each rule took away", len(rules)), header, tuple(rows), frozenset({3, 4, 5}))


def _sources(account: Mapping[str, Any]) -> Iterable[Block]:
    sources = entries(account.get("sources"))
    rows: list[tuple[Cell, ...]] = []
    for source in sources[:MOST_ROWS]:
        read, kept = number(source.get("characters_read")), number(source.get("characters_kept"))
        rows.append(
            (
                str(source.get("source", "")),
                str(source.get("licence") or "–"),
                _whole(source.get("documents_read")),
                _whole(source.get("documents_kept")),
                _whole(read),
                _whole(kept),
                Bar(kept / read if read > 0 else 0.0),
            )
        )
    if rows:
        header = ("source", "licence", "documents", "kept", "characters", "kept", "share kept")
        yield Table(_capped("Sources", len(sources)), header, tuple(rows), frozenset({2, 3, 4, 5}))


def _split(account: Mapping[str, Any]) -> Iterable[Block]:
    parts = [(name, part(account, name)) for name in ("train", "validation")]
    whole = sum(_or_zero(split.get("characters")) for _, split in parts)
    if not whole:
        return
    rows: list[tuple[Cell, ...]] = []
    for name, split in parts:
        share = _or_zero(split.get("characters")) / whole
        size = words.size(_or_zero(split.get("bytes")))
        amounts = (_whole(split.get("documents")), _whole(split.get("characters")), size)
        rows.append((name, *amounts, words.percent(share), Bar(share)))
    header = ("split", "documents", "characters", "bytes", "share", "")
    yield Table("To train on, and held out to validate", header, tuple(rows), frozenset({1, 2, 3, 4}))


def _clusters(account: Mapping[str, Any]) -> Iterable[Block]:
    clusters = entries(account.get("clusters"))
    found = max(int(_or_zero(account.get("clusters_found"))), len(clusters))
    rows: list[tuple[Cell, ...]] = []
    for cluster in clusters[:MOST_ROWS]:
        gone = entries(cluster.get("dropped"))
        named = "; ".join(f"{_named(one)} ({_figure(one.get('similarity'))})" for one in gone[:6])
        more = f"; and {len(gone) - 6:,} more" if len(gone) > 6 else ""
        kept = str(cluster.get("title") or cluster.get("kept") or "")
        rows.append((str(cluster.get("rule", "")), words.shortened(kept, 120), words.shortened(named, 400) + more))
    if rows:
        header = ("rule", "kept", "dropped for it (similarity)")
        yield Table(_capped("Documents that were the same, or nearly", found), header, tuple(rows), is_folded=True)


def _removed(account: Mapping[str, Any]) -> Iterable[Block]:
    categories = entries(account.get("removed"))
    rows: list[tuple[Cell, ...]] = []
    for category in categories[:MOST_ROWS]:
        commonest = entries(category.get("commonest"))[:5]
        named = "; ".join(f"{one.get('name', '')}: {_whole(one.get('count'))}" for one in commonest)
        rows.append((str(category.get("category", "")), _whole(category.get("characters")), named))
    if rows:
        header = ("category", "characters", "the commonest")
        caption = "Characters taken out one by one, by Unicode category"
        yield Table(_capped(caption, len(categories)), header, tuple(rows), frozenset({1}), is_folded=True)


def _passages(account: Mapping[str, Any]) -> Iterable[Quote]:
    shown = 0
    for rule in entries(account.get("rules")):
        for passage in entries(rule.get("samples"))[:PASSAGES_A_RULE]:
            shown += 1
            if shown > MOST_PASSAGES:
                return
            label = f"{rule.get('stage', '')}, {rule.get('rule', '')} ({rule.get('action', '')}): {_named(passage)}"
            yield Quote(
                words.shortened(label, 200), words.shortened(str(passage.get("sample", "")), PASSAGE_CHARACTERS)
            )


def _named(entry: Mapping[str, Any]) -> str:
    return words.shortened(str(entry.get("title") or entry.get("id") or "untitled"), 80)


def _or_zero(value: object) -> float:
    found = number(value)
    return found if math.isfinite(found) else 0.0


def _whole(value: object) -> str:
    found = number(value)
    return "–" if math.isnan(found) else words.figure(found, 0)


def _documents(value: object) -> str:
    return f"{_whole(value)} document{'' if number(value) == 1 else 's'}"


def _figure(value: object) -> str:
    found = number(value)
    return "–" if math.isnan(found) else words.figure(found, 2)


def _capped(caption: str, length: int) -> str:
    return caption if length <= MOST_ROWS else f"{caption} (the first {MOST_ROWS} of {length:,})"
