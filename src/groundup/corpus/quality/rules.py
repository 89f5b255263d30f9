"""Rules as data: bounds on the signals of a document. Judging needs the signals only, never the text.

So a threshold can be changed without reading a page again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundup.corpus.document import Change
from groundup.errors import GroundupError, did_you_mean


@dataclass(frozen=True)
class Rule:
    """A document stays where the signal is at least, at most, above or below what is given here."""

    name: str
    signal: str
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None

    def broken_bound(self, value: float) -> float | None:
        """The bound that the value breaks, or None. What is not a number breaks every bound."""
        if self.at_least is not None and not value >= self.at_least:
            return self.at_least
        if self.at_most is not None and not value <= self.at_most:
            return self.at_most
        if self.above is not None and not value > self.above:
            return self.above
        if self.below is not None and not value < self.below:
            return self.below
        return None


@dataclass(frozen=True)
class RuleSet:
    """Rules that were published together."""

    name: str
    version: str
    """Counts our own changes to the set of this name."""
    source: str
    languages: tuple[str, ...]
    """The languages that the rules were made for; empty means all. Texts in others are not judged by them."""
    rules: tuple[Rule, ...]

    def concerns(self, language: str) -> bool:
        """Whether the rules judge texts in this language; one that is not known ("") is taken to be meant."""
        return not self.languages or not language or language in self.languages


@dataclass(frozen=True)
class Broken:
    """A rule that a document breaks: the signal's value and the bound that it is on the wrong side of."""

    rule: str
    """The set's name and the rule's, as in `gopher/words`."""
    signal: str
    value: float
    threshold: float | None

    def drop(self, characters: int, shown: str) -> Change:
        """The ledger's entry for a document of that many characters that goes for this; `shown` is its sample."""
        return Change("filter", self.rule, "drop", characters, 0, self.value, self.threshold, shown)


def judge(signals: Mapping[str, float], rule_sets: Sequence[RuleSet], language: str = "") -> Broken | None:
    """The first rule, in the order of the sets, that the document breaks, or None.

    Raises GroundupError where a rule names a signal that the document does not have.
    """
    for rule_set in rule_sets:
        if not rule_set.concerns(language):
            continue
        for rule in rule_set.rules:
            value = signals.get(rule.signal)
            name = f"{rule_set.name}/{rule.name}"
            if value is None:
                raise GroundupError(
                    f"The rule {name} needs the signal {rule.signal!r}, which was not kept with the documents.",
                    did_you_mean(rule.signal, signals),
                )
            bound = rule.broken_bound(value)
            if bound is not None:
                return Broken(name, rule.signal, value, bound)
    return None
