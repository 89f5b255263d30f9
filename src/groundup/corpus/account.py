"""The account of a corpus: what was read, what stayed, and which rule took the rest. It adds up, or the work stops.

documents read  = kept + dropped
characters read = kept + dropped with their documents + cut + dropped by the line + edited away
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundup.corpus import spread
from groundup.corpus.document import Change, Document, sample

ACCOUNT = "account.json"

SAMPLES_A_RULE = 3
NAMES_A_RULE = 40
CHARACTERS_A_CATEGORY = 20

# The columns of a source's line, all of them sums.
COUNTS = (
    "documents_read",
    "documents_kept",
    "documents_dropped",
    "characters_read",
    "characters_kept",
    "characters_dropped",
    "characters_removed",
)


@dataclass
class Account:
    """Counts that grow as documents go by; two of them merge in document order."""

    sources: dict[str, Counter[str]] = field(default_factory=dict)
    """By source: `COUNTS`."""
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By `stage/rule/action`: stage, rule, action, documents, characters taken away, up to three samples; how many of
    the documents came from which source; and how often what has a name, as templates have, was taken or written."""
    removed: Counter[str] = field(default_factory=Counter)
    """By character: how many were taken out one by one."""
    signals: spread.Counts = field(default_factory=dict)
    """Of the documents that were judged."""

    def read(self, document: Document, characters: int) -> None:
        """A document was read with that many characters."""
        self._source(document.source).update({"documents_read": 1, "characters_read": characters})

    def change(self, document: Document, change: Change) -> None:
        """A rule changed or dropped the document."""
        lost = change.before - change.after
        counts = self._source(document.source)
        if change.action == "drop":
            counts.update({"documents_dropped": 1, "characters_dropped": lost})
        else:
            counts["characters_removed"] += lost
        rule = self.rules.setdefault(
            f"{change.stage}/{change.rule}/{change.action}",
            {
                "stage": change.stage,
                "rule": change.rule,
                "action": change.action,
                "documents": 0,
                "characters": 0,
                "samples": [],
                "sources": Counter(),
                "names": Counter(),
            },
        )
        rule["documents"] += 1
        rule["sources"][document.source] += 1
        rule["characters"] += lost
        if len(rule["samples"]) < SAMPLES_A_RULE and change.sample:
            shown = {"id": document.id, "title": document.title, "sample": sample(change.sample)}
            rule["samples"].append(shown)
        for name, count in change.removed.items():
            (self.removed if len(name) == 1 else rule["names"])[name] += count

    def judged(self, signals: Mapping[str, Any], *, is_kept: bool) -> None:
        """A document with these signals stays, or goes for what they say or for other documents."""
        spread.count(self.signals, signals, is_kept=is_kept)

    def kept(self, source: str, documents: int, characters: int) -> None:
        """Documents that stay to the end."""
        self._source(source).update({"documents_kept": documents, "characters_kept": characters})

    def merge(self, later: Account) -> None:
        """Add the account of documents that come after these."""
        for name, counts in later.sources.items():
            self._source(name).update(counts)
        for key, rule in later.rules.items():
            fresh = {"documents": 0, "characters": 0, "samples": [], "sources": Counter(), "names": Counter()}
            own = self.rules.setdefault(key, {**rule, **fresh})
            own["documents"] += rule["documents"]
            own["characters"] += rule["characters"]
            own["samples"] = [*own["samples"], *rule["samples"]][:SAMPLES_A_RULE]
            own["sources"].update(rule["sources"])
            own["names"].update(rule["names"])
        self.removed.update(later.removed)
        spread.merge(self.signals, later.signals)

    def total(self, what: str) -> int:
        """The sum of one of `COUNTS` over all sources."""
        return sum(counts[what] for counts in self.sources.values())

    def check(self) -> None:
        """Assert that everything read is kept, dropped or accounted for as removed, in each source."""
        for name, counts in self.sources.items():
            documents = counts["documents_kept"] + counts["documents_dropped"]
            assert counts["documents_read"] == documents, f"documents of {name} do not add up: {dict(counts)}"
            characters = counts["characters_kept"] + counts["characters_dropped"] + counts["characters_removed"]
            assert counts["characters_read"] == characters, f"characters of {name} do not add up: {dict(counts)}"

    def as_plain(self) -> dict[str, Any]:
        """The account as JSON holds it; `from_plain` gives it back."""
        return {
            "sources": {name: {what: counts[what] for what in COUNTS} for name, counts in self.sources.items()},
            "rules": self.rules,
            "removed": dict(sorted(self.removed.items())),
            "signals": self.signals,
        }

    @staticmethod
    def from_plain(found: Mapping[str, Any]) -> Account:
        """The account that `as_plain` wrote down."""
        account = Account(
            {name: Counter(counts) for name, counts in found["sources"].items()}, removed=Counter(found["removed"])
        )
        for key, rule in found["rules"].items():
            account.rules[key] = {**rule, "sources": Counter(rule["sources"]), "names": Counter(rule["names"])}
        spread.merge(account.signals, found["signals"])
        return account

    def _source(self, name: str) -> Counter[str]:
        return self.sources.setdefault(name, Counter())


def totals(account: Account) -> dict[str, dict[str, int]]:
    """Documents and characters over all sources: read, kept, dropped, and by which action characters went."""
    actions = Counter[str]()
    for rule in account.rules.values():
        actions[rule["action"]] += rule["characters"]
    return {
        "documents": {what: account.total(f"documents_{what}") for what in ("read", "kept", "dropped")},
        "characters": {
            "read": account.total("characters_read"),
            "kept": account.total("characters_kept"),
            "dropped": actions["drop"],
            "cut": actions["cut"],
            "dropped_lines": actions["drop line"],
            "edited_away": actions["edit"],
        },
    }


def by_category(removed: Mapping[str, int]) -> list[dict[str, Any]]:
    """Characters taken out one by one, by Unicode category: how many, and the commonest of each."""
    groups: dict[str, Counter[str]] = {}
    for character, count in removed.items():
        groups.setdefault(unicodedata.category(character), Counter())[character] = count
    return [
        {
            "category": category,
            "characters": counts.total(),
            "commonest": [
                {"character": character, "name": _name(character), "count": count}
                for character, count in _ordered(counts.items())[:CHARACTERS_A_CATEGORY]
            ],
        }
        for category, counts in sorted(groups.items())
    ]


def ordered_rules(account: Account, stages: Sequence[str]) -> list[dict[str, Any]]:
    """The rules in the order of the stages, the one that took most characters first, with their commonest names."""
    rules = sorted(
        account.rules.values(),
        key=lambda rule: (stages.index(rule["stage"]), -rule["characters"], rule["rule"], rule["action"]),
    )
    return [
        {
            **rule,
            "names": [{"name": name, "count": count} for name, count in _ordered(rule["names"].items())[:NAMES_A_RULE]],
            "names_found": len(rule["names"]),
            "names_counted": rule["names"].total(),
        }
        for rule in rules
    ]


def _ordered(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counts, key=lambda pair: (-pair[1], pair[0]))


def _name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, 'control')}"
