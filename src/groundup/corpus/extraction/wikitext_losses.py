"""What was taken out of a wiki's page, rule by rule, and the changes of the ledger that follow from it.

Rules count what they took as they meet it, the page is measured before and after; what no rule claims is markup:
brackets, quotes, tags, attributes, line ends. So the characters add up whatever the rules counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from groundup.corpus.document import Action, Change, sample

# In the order in which the ledger has them.
_RULES: dict[str, Action] = {
    "noncharacters": "edit",
    "broken markup": "edit",
    "comments": "cut",
    "references": "cut",
    "files": "cut",
    "drawings": "cut",
    "categories": "cut",
    "interlanguage links": "cut",
    "tables": "cut",
    "formulas": "cut",
    "unnamed links": "cut",
    "apparatus templates": "cut",
    "templates on their own": "cut",
    "templates in sentences": "cut",
    "templates written": "edit",
    "sentences with a hole": "cut",
    "empty sections": "cut",
}


@dataclass
class _Loss:
    count: int = 0
    characters: int = 0
    sample: str = ""
    names: Counter[str] = field(default_factory=Counter)


class Losses:
    """By rule: how often it took something, how many characters, the first of it, and names of templates."""

    def __init__(self) -> None:
        self._by_rule: dict[str, _Loss] = {}

    def add(self, rule: str, source: str, characters: int | None = None, name: str = "", shown: str = "") -> None:
        """A rule took `source`, or that many characters by it; `shown` is a better sample than `source` itself."""
        assert rule in _RULES, rule
        loss = self._by_rule.setdefault(rule, _Loss())
        loss.count += 1
        loss.characters += len(source) if characters is None else characters
        loss.sample = loss.sample or sample((shown or source).strip())
        if name:
            loss.names[name] += 1

    def changes(self, before: int, after: int) -> list[Change]:
        """One change a rule, from a page of `before` characters to a text of `after`."""
        changes: list[Change] = []
        length = before
        for rule, action in _RULES.items():
            loss = self._by_rule.get(rule)
            if loss is None:
                continue
            # A thing that was met twice, inside another, must not count for more than the page has.
            left = max(0, length - loss.characters)
            count = float(loss.count)
            changes.append(Change("extract", rule, action, length, left, count, sample=loss.sample, removed=loss.names))
            length = left
        if length != after:
            changes.append(Change("extract", "markup", "edit", length, after))
        return changes
