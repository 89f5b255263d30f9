"""The account of a corpus as sections of a page: what was read, what stayed, which rule took the rest, with samples.

`reports` lies below `corpus`, so the account's shape is known here by its JSON alone (`groundup.corpus.account`
says what it holds); a part that is missing or of another shape is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from groundup.reports import words
from groundup.reports.account_signals import signal_blocks
from groundup.reports.document import (
    Alert,
    Bar,
    Block,
    Card,
    Cards,
    Cell,
    Document,
    Paragraph,
    Quote,
    Quotes,
    Section,
    Table,
)
from groundup.reports.loose import entries, number, part, texts

MOST_ROWS, MOST_SOURCES, MOST_NAMES = 40, 6, 12
PASSAGES_A_RULE, PASSAGES_IN_A_REPORT = 2, 12
PASSAGE_CHARACTERS = 400
_SUMS = ("documents", "characters")
# Where each character that was read has gone; they add up to all of them.
WAYS = (
    ("kept", "kept"),
    ("dropped", "dropped with their documents"),
    ("cut", "cut out (markup, headers, repeated passages)"),
    ("dropped_lines", "dropped line by line"),
    ("edited_away", "edited away"),
)


def account_document(account: Mapping[str, Any], title: str, warning: str = "") -> Document:
    """The account of a corpus (what account.json holds) as a page of its own, which begins with a `warning` if any."""
    sections = (
        Section("Where it went", tuple(_whole(account))),
        Section("Sources", (*_sources(account), *_split(account), *_others(account))),
        Section("Rules", (*_rules(account), *_rule_sets(account), *_by_source(account))),
        Section("Signals", tuple(signal_blocks(account))),
        Section("Templates", tuple(_templates(account))),
        Section("Duplicates", tuple(_clusters(account, is_folded=False))),
        Section("Characters taken out", tuple(_removed(account, is_folded=False))),
        Section("Samples of what went", tuple(_samples(account, math.inf))),
    )
    cleaning = account.get("cleaning")
    return Document(
        title,
        "The account of a corpus" + (f", cleaned by the {cleaning} profile." if cleaning else "."),
        (*([Alert(warning)] if warning else []), *_opening(account)),
        tuple(section for section in sections if section.blocks),
    )


def headline(account: Mapping[str, Any]) -> str:
    """The account in one sentence."""
    documents, characters = part(account, "documents"), part(account, "characters")
    read, kept = number(characters.get("read")), number(characters.get("kept"))
    share = f" ({words.percent(kept / read)})" if read > 0 else ""
    return (
        f"{_documents(documents.get('read'))} read, {_whole_number(documents.get('kept'))} kept, "
        f"{_whole_number(documents.get('dropped'))} dropped; {_whole_number(read)} characters read, "
        f"{_whole_number(kept)} kept{share}. Cleaned as {str(account.get('cleaning', ''))!r}."
    )


def corpus_section(account: Mapping[str, Any]) -> Section:
    """The account of a corpus within the report of a run; a section without blocks where there is none."""
    if not account:
        return Section("", ())
    parts = (_whole, _rules, _sources, _split, _others, _clusters, _removed)
    blocks = [block for told in parts for block in told(account)]
    return Section("Where the text came from", (*blocks, *_samples(account, PASSAGES_IN_A_REPORT)))


def _opening(account: Mapping[str, Any]) -> Iterable[Block]:
    documents, characters = part(account, "documents"), part(account, "characters")
    cards = []
    for what, counts in (("Documents", documents), ("Characters", characters)):
        read, kept = number(counts.get("read")), number(counts.get("kept"))
        if read > 0 and math.isfinite(kept):
            cards.append(Card(f"{what} read", words.count(read), f"{read:,.0f}"))
            cards.append(Card(f"{what} kept", words.count(kept), f"{words.percent(kept / read)} of those read"))
    found = _or_zero(account.get("clusters_found"))
    cards += [Card("Clusters of duplicates", words.count(found))] if found else []
    if cards:
        yield Cards(tuple(cards))
    lost = [rule for rule in entries(account.get("rules")) if rule.get("rule") in ("damaged", "digest", "truncated")]
    if lost:
        count = int(sum(_or_zero(rule.get("documents")) for rule in lost))
        yield Alert(f"{words.plural(count, 'piece')} of the sources could not be read and are not in the corpus.")


def _whole(account: Mapping[str, Any]) -> Iterable[Block]:
    documents, characters = part(account, "documents"), part(account, "characters")
    read, kept = number(characters.get("read")), number(characters.get("kept"))
    if not read > 0 or math.isnan(kept):
        return
    cleaning = account.get("cleaning")
    yield Paragraph(
        f"{_documents(documents.get('read'))} with {_whole_number(read)} characters "
        f"{'was' if number(documents.get('read')) == 1 else 'were'} read"
        + (f" and cleaned by the {cleaning} profile" if cleaning else "")
        + f"; {_documents(documents.get('kept'))} with {_whole_number(kept)} characters, "
        f"{words.percent(kept / read)}, stayed."
    )
    rows = [(label, number(characters.get(key))) for key, label in WAYS]
    yield Table(
        "Where the characters went",
        ("", "characters", "share", ""),
        # A rule may write more than it takes away, so these can be below nothing.
        tuple((label, _whole_number(n), words.percent(n / read), Bar(n / read)) for label, n in rows if n),
        frozenset({1, 2}),
    )
    missing = read - sum(_or_zero(n) for _, n in rows)
    if missing:
        yield Alert(f"The account does not add up: {_whole_number(missing)} of the characters read are nowhere.")
    yield from _shards(account)
    yield from _stages(account, number(documents.get("read")))


def _shards(account: Mapping[str, Any]) -> Iterable[Block]:
    """Whether what was read is what was kept and what went, in each piece that the work was done in."""
    shards = entries(account.get("shards"))
    odd = [place for place, counts in enumerate(shards) if not all(_adds_up(counts, what) for what in _SUMS)]
    if odd:
        named = ", ".join(map(str, odd[:MOST_NAMES])) + (", and others" if len(odd) > MOST_NAMES else "")
        yield Alert(f"The account does not add up in {len(odd):,} of {len(shards):,} shards: {named}.")
    elif shards:
        yield Paragraph(f"It adds up, shard by shard ({words.plural(len(shards), 'shard')}).")


def _adds_up(counts: Mapping[str, Any], what: str) -> bool:
    read, *gone = (_or_zero(counts.get(f"{what}_{which}")) for which in ("read", "kept", "dropped", "removed"))
    return read == sum(gone)


def _stages(account: Mapping[str, Any], read: float) -> Iterable[Block]:
    dropped: dict[str, float] = {}
    for rule in entries(account.get("rules")):
        if rule.get("action") == "drop":
            stage = str(rule.get("stage", ""))
            dropped[stage] = dropped.get(stage, 0.0) + _or_zero(rule.get("documents"))
    if not read > 0 or not dropped:
        return
    rows: list[tuple[Cell, ...]] = [("none", "", _whole_number(read), words.percent(1.0), Bar(1.0))]
    left = read
    for stage, count in dropped.items():
        left -= count
        rows.append((stage, _whole_number(count), _whole_number(left), words.percent(left / read), Bar(left / read)))
    header = ("after stage", "dropped", "documents left", "share", "")
    yield Table("Documents left after each stage", header, tuple(rows), frozenset({1, 2, 3}))


def _rules(account: Mapping[str, Any]) -> Iterable[Block]:
    rules, read = entries(account.get("rules")), number(part(account, "characters").get("read"))
    rows: list[tuple[Cell, ...]] = []
    for rule in rules[:MOST_ROWS]:
        taken = number(rule.get("characters"))
        share = taken / read if read > 0 else math.nan
        rows.append(
            (
                str(rule.get("stage", "")),
                str(rule.get("rule", "")),
                str(rule.get("action", "")),
                _whole_number(rule.get("documents")),
                _whole_number(taken),
                "–" if math.isnan(share) else words.percent(share),
                Bar(share),
            )
        )
    if rows:
        header = ("stage", "rule", "action", "documents", "characters", "of all read", "")
        yield Table(_capped("What each rule took away", len(rules)), header, tuple(rows), frozenset({3, 4, 5}))


def _rule_sets(account: Mapping[str, Any]) -> Iterable[Block]:
    rows = tuple(
        (
            str(one.get("name", "")),
            str(one.get("version", "")),
            ", ".join(texts(one.get("languages"))) or "all",
            str(one.get("source", "")),
        )
        for one in entries(account.get("rule_sets"))
    )
    if rows:
        yield Table("Sets of rules", ("set", "version", "languages", "where its numbers come from"), rows)


def _sources(account: Mapping[str, Any]) -> Iterable[Block]:
    sources = entries(account.get("sources"))
    rows: list[tuple[Cell, ...]] = []
    for source in sources[:MOST_ROWS]:
        read, kept = number(source.get("characters_read")), number(source.get("characters_kept"))
        rows.append(
            (
                str(source.get("source", "")),
                str(source.get("licence") or "–"),
                _whole_number(source.get("documents_read")),
                _whole_number(source.get("documents_kept")),
                _whole_number(read),
                _whole_number(kept),
                Bar(kept / read if read > 0 else 0.0),
            )
        )
    if rows:
        header = ("source", "licence", "documents", "kept", "characters", "kept", "share kept")
        yield Table(_capped("Sources", len(sources)), header, tuple(rows), frozenset({2, 3, 4, 5}))


def _others(account: Mapping[str, Any]) -> Iterable[Block]:
    others = sorted(part(account, "others").items(), key=lambda pair: (-_or_zero(pair[1]), pair[0]))
    if others:
        rows = tuple((kind, _whole_number(count)) for kind, count in others[:MOST_ROWS])
        caption = _capped("Records of archives that are no documents, by kind", len(others))
        yield Table(caption, ("kind", "records"), rows, frozenset({1}))


def _by_source(account: Mapping[str, Any]) -> Iterable[Block]:
    """Where there are several sources: of each, how many documents a rule took part or all of."""
    names = [str(source.get("source", "")) for source in entries(account.get("sources"))][:MOST_SOURCES]
    rules = [rule for rule in entries(account.get("rules")) if part(rule, "sources")][:MOST_ROWS]
    if len(names) < 2 or not rules:
        return
    rows = tuple(
        (
            f"{rule.get('stage', '')}: {rule.get('rule', '')}",
            str(rule.get("action", "")),
            *(_whole_number(part(rule, "sources").get(name, 0)) for name in names),
        )
        for rule in rules
    )
    numbers = frozenset(range(2, 2 + len(names)))
    yield Table("Documents of each source that a rule met", ("rule", "action", *names), rows, numbers)


def _templates(account: Mapping[str, Any]) -> Iterable[Block]:
    rows: list[tuple[Cell, ...]] = []
    for rule in entries(account.get("rules")):
        names = entries(rule.get("names"))
        if names:
            told = ", ".join(f"{one.get('name', '')} {_whole_number(one.get('count'))}" for one in names[:MOST_NAMES])
            found = max(int(_or_zero(rule.get("names_found"))), len(names))
            more = f", and {found - MOST_NAMES:,} more" if found > MOST_NAMES else ""
            times = _whole_number(rule.get("names_counted"))
            rows.append((str(rule.get("rule", "")), _whole_number(found), times, told + more))
    if rows:
        yield Paragraph(
            "Templates make much of what a wiki's page shows, numbers above all. Those that have a rule here are "
            "written out; the others leave a hole, and what they would have said is lost."
        )
        header = ("what became of them", "names", "times", "the commonest")
        yield Table("Templates", header, tuple(rows), frozenset({1, 2}))


def _split(account: Mapping[str, Any]) -> Iterable[Block]:
    parts = [(name, part(account, name)) for name in ("train", "validation")]
    whole = sum(_or_zero(split.get("characters")) for _, split in parts)
    if not whole:
        return
    rows: list[tuple[Cell, ...]] = []
    for name, split in parts:
        share = _or_zero(split.get("characters")) / whole
        size = words.size(_or_zero(split.get("bytes")))
        amounts = (_whole_number(split.get("documents")), _whole_number(split.get("characters")), size)
        rows.append((name, *amounts, words.percent(share), Bar(share)))
    header = ("split", "documents", "characters", "bytes", "share", "")
    yield Table("To train on, and held out to validate", header, tuple(rows), frozenset({1, 2, 3, 4}))


def _clusters(account: Mapping[str, Any], *, is_folded: bool = True) -> Iterable[Block]:
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
        yield Table(_capped("Documents that were the same, or nearly", found), header, tuple(rows), is_folded=is_folded)


def _removed(account: Mapping[str, Any], *, is_folded: bool = True) -> Iterable[Block]:
    categories = entries(account.get("removed"))
    rows: list[tuple[Cell, ...]] = []
    for category in categories[:MOST_ROWS]:
        commonest = entries(category.get("commonest"))[:5]
        named = "; ".join(f"{one.get('name', '')}: {_whole_number(one.get('count'))}" for one in commonest)
        rows.append((str(category.get("category", "")), _whole_number(category.get("characters")), named))
    if rows:
        header = ("category", "characters", "the commonest")
        caption = "Characters taken out one by one, by Unicode category"
        yield Table(_capped(caption, len(categories)), header, tuple(rows), frozenset({1}), is_folded=is_folded)


def _samples(account: Mapping[str, Any], most: float) -> Iterable[Block]:
    shown = []
    for rule in entries(account.get("rules")):
        for passage in entries(rule.get("samples"))[:PASSAGES_A_RULE]:
            label = f"{rule.get('stage', '')}, {rule.get('rule', '')} ({rule.get('action', '')}): {_named(passage)}"
            text = words.shortened(str(passage.get("sample", "")), PASSAGE_CHARACTERS)
            shown.append(Quote(words.shortened(label, 200), text))
    if shown:
        yield Paragraph("A few of the passages that were changed or went, with the rule that did it:")
        yield Quotes(tuple(shown[: int(min(most, len(shown)))]))


def _named(entry: Mapping[str, Any]) -> str:
    return words.shortened(str(entry.get("title") or entry.get("id") or "untitled"), 80)


def _or_zero(value: object) -> float:
    found = number(value)
    return found if math.isfinite(found) else 0.0


def _whole_number(value: object) -> str:
    found = number(value)
    return "–" if math.isnan(found) else words.figure(found, 0)


def _documents(value: object) -> str:
    return f"{_whole_number(value)} document{'' if number(value) == 1 else 's'}"


def _figure(value: object) -> str:
    found = number(value)
    return "–" if math.isnan(found) else words.figure(found, 2)


def _capped(caption: str, length: int) -> str:
    return caption if length <= MOST_ROWS else f"{caption} (the first {MOST_ROWS} of {length:,})"
