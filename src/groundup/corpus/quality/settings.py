"""Which rules judge the quality of a text, with which thresholds, and from what a quality filter learns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from groundup.corpus.quality.rules import Rule, RuleSet
from groundup.corpus.quality.sets import RULE_SETS
from groundup.corpus.sources.settings import SourceSettings
from groundup.errors import did_you_mean
from groundup.settings import require

# The signal that a quality filter's score is.
LINEAR = "linear"


@dataclass(frozen=True)
class LineSettings:
    """C4's rules for lines (arXiv 1910.10683, section 2.2), made for English: a line that breaks one goes."""

    javascript: bool = True
    """Drop lines with the word JavaScript: on web pages most of them ask to switch it on."""
    policy: bool = True
    """Drop lines about terms of use, privacy and cookies."""
    least_words: int = 5
    """Drop lines with fewer words; 0 keeps them. Headings, verse and dialogue have short lines."""
    terminal_punctuation: bool = False
    """Drop lines that do not end in a full stop, an exclamation or question mark or a closing quotation mark. The
    rule with the largest gain in FineWeb's ablation, and it takes 30 % of the text."""
    longest_word: int = 1000
    """Drop lines with a word of more characters; 0 keeps them."""

    def __post_init__(self) -> None:
        require(self.least_words >= 0, "least_words", "least_words must be 0 or more.")
        require(self.longest_word >= 0, "longest_word", "longest_word must be 0 or more.")


@dataclass(frozen=True)
class ThresholdSettings:
    """Another threshold for a known rule, or a rule of one's own. All bounds of the rule are those given here."""

    rule: str
    """The set's name and the rule's, as in `gopher/words`; with `signal`, a new rule of any name."""
    signal: str | None = None
    """The signal that a rule of one's own is about, such as `words` or the score of a quality filter."""
    at_least: float | None = None
    """Documents stay where the signal is this or more."""
    at_most: float | None = None
    """Documents stay where the signal is this or less."""
    above: float | None = None
    """Documents stay where the signal is more than this."""
    below: float | None = None
    """Documents stay where the signal is less than this."""
    apply: bool = True
    """Set to false to leave the rule out."""

    def __post_init__(self) -> None:
        require(self.rule.strip() != "", "rule", "A threshold needs the name of its rule.")
        require(
            not self.apply or any(bound is not None for bound in self.bounds().values()),
            "rule",
            f"The rule {self.rule!r} has no bound: give at_least, at_most, above or below, or `apply: false`.",
        )

    def bounds(self) -> dict[str, float | None]:
        """The four bounds by name."""
        return {name: getattr(self, name) for name in ("at_least", "at_most", "above", "below")}


@dataclass(frozen=True)
class LinearSettings:
    """A linear filter that learns quality from examples: logistic regression on hashed words and pairs of words."""

    longest: int = 2
    """The most words in a row that are one feature."""
    bits: int = 18
    """Features are hashed into two to this power weights; one more bit doubles the file, which has 1 MB at 18."""
    characters: int = 10_000
    """How much of a text is looked at: pieces at equal distances with so many characters in all."""
    penalty: float = 1e-4
    """Weight of the squared weights in the loss (L2), which keeps rare words from deciding."""
    steps: int = 300
    """Steps of training over all examples at most."""

    def __post_init__(self) -> None:
        require(1 <= self.longest <= 5, "longest", "longest must be 1 to 5.")
        require(8 <= self.bits <= 26, "bits", "bits must be 8 to 26.")
        require(100 <= self.characters <= 10_000_000, "characters", "characters must be 100 to 10,000,000.")
        require(0 < self.penalty <= 1, "penalty", "penalty must be above 0 and at most 1.")
        require(1 <= self.steps <= 100_000, "steps", "steps must be 1 to 100,000.")


@dataclass(frozen=True)
class LinearFilterSettings:
    """A quality filter that learns before the corpus is read, and scores each document from 0 to 1.

    DCLM (arXiv 2406.11794) found one with well chosen good texts better than rules and the judgement of large models.
    """

    good: tuple[SourceSettings, ...]
    """Texts as the corpus should have them."""
    ordinary: tuple[SourceSettings, ...]
    """Texts as the sources have them, such as a part of one; cleaned as the corpus is."""
    at_least: float | None = 0.5
    """Documents with a lower score are dropped; null keeps the score as a signal (`linear`) for rules of one's own. A
    changed threshold scores nothing again."""
    training: LinearSettings = LinearSettings()
    """How it learns."""

    def __post_init__(self) -> None:
        for name in ("good", "ordinary"):
            require(
                len(getattr(self, name)) > 0, name, "The filter learns from good and from ordinary texts: name both."
            )
        require(self.at_least is None or 0 <= self.at_least <= 1, "at_least", "at_least is a score from 0 to 1.")


@dataclass(frozen=True)
class QualitySettings:
    """By which rules documents and lines are dropped for their quality."""

    rules: tuple[str, ...] = ()
    """Rule sets to apply: `gopher`, `gopher-repetition`, `c4`, `fineweb`. All are made for English and judge no text
    that is found to be in another language."""
    thresholds: tuple[ThresholdSettings, ...] = ()
    """Changes to single rules, and rules of one's own, which judge every language."""
    lines: LineSettings | None = None
    """C4's rules for lines; null keeps every line."""
    linear: LinearFilterSettings | None = None
    """A filter that learns from texts you name; null: none."""

    def __post_init__(self) -> None:
        for name in self.rules:
            require(name in RULE_SETS, "rules", f"{name!r} is no rule set. {did_you_mean(name, RULE_SETS)}")
        require(len(set(self.rules)) == len(self.rules), "rules", "A rule set is named twice.")
        known = {f"{name}/{rule.name}" for name in self.rules for rule in RULE_SETS[name].rules}
        for changed in self.thresholds:
            require(
                changed.signal is not None or changed.rule in known,
                "thresholds",
                f"{changed.rule!r} is no rule of the chosen sets. {did_you_mean(changed.rule, known)}"
                " A rule of your own names its signal.",
            )
        names = [changed.rule for changed in self.thresholds]
        require(len(set(names)) == len(names), "thresholds", "A rule is changed twice.")


def chosen_rules(settings: QualitySettings) -> tuple[RuleSet, ...]:
    """The rule sets with the thresholds of the settings; that of the filter is called `linear`, one's own `own`."""
    changed = {one.rule: one for one in settings.thresholds if one.signal is None}
    sets = [
        replace(chosen, rules=tuple(_changed(chosen, changed))) for chosen in (RULE_SETS[n] for n in settings.rules)
    ]
    own = tuple(
        Rule(one.rule, one.signal, **one.bounds())
        for one in settings.thresholds
        if one.signal is not None and one.apply
    )
    if settings.linear is not None and settings.linear.at_least is not None:
        learned = Rule("score", LINEAR, at_least=settings.linear.at_least)
        sets.append(RuleSet("linear", "1", "the recipe's good and ordinary texts", (), (learned,)))
    return (*sets, RuleSet("own", "1", "the recipe", (), own)) if own else tuple(sets)


def _changed(rule_set: RuleSet, changed: dict[str, ThresholdSettings]) -> Iterator[Rule]:
    for rule in rule_set.rules:
        other = changed.get(f"{rule_set.name}/{rule.name}")
        if other is None:
            yield rule
        elif other.apply:
            yield Rule(rule.name, rule.signal, **other.bounds())
