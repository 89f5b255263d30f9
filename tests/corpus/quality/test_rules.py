from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.quality.rules import Broken, Rule, RuleSet, judge
from groundup.corpus.quality.sets import RULE_SETS
from groundup.errors import GroundupError

NUMBERS = st.floats(-100, 100)
BOUNDS = st.none() | NUMBERS

# set, rule, a value that stays, the nearest that goes, the threshold: the numbers of the papers once more.
PAPERS = [
    ("gopher", "words", 50, 49, 50),
    ("gopher", "words", 100_000, 100_001, 100_000),
    ("gopher", "mean word length", 3, 2.99, 3),
    ("gopher", "mean word length", 10, 10.01, 10),
    ("gopher", "hash symbols", 0.1, 0.101, 0.1),
    ("gopher", "ellipses", 0.1, 0.101, 0.1),
    ("gopher", "bullet lines", 0.9, 0.901, 0.9),
    ("gopher", "ellipsis lines", 0.3, 0.301, 0.3),
    ("gopher", "alphabetic words", 0.8, 0.799, 0.8),
    ("gopher", "stop words", 2, 1, 2),
    ("gopher-repetition", "duplicate lines", 0.3, 0.301, 0.3),
    ("gopher-repetition", "duplicate paragraphs", 0.3, 0.301, 0.3),
    ("gopher-repetition", "characters of duplicate lines", 0.2, 0.201, 0.2),
    ("gopher-repetition", "characters of duplicate paragraphs", 0.2, 0.201, 0.2),
    ("gopher-repetition", "commonest 2-gram", 0.2, 0.201, 0.2),
    ("gopher-repetition", "commonest 3-gram", 0.18, 0.181, 0.18),
    ("gopher-repetition", "commonest 4-gram", 0.16, 0.161, 0.16),
    ("gopher-repetition", "duplicate 5-grams", 0.15, 0.151, 0.15),
    ("gopher-repetition", "duplicate 6-grams", 0.14, 0.141, 0.14),
    ("gopher-repetition", "duplicate 7-grams", 0.13, 0.131, 0.13),
    ("gopher-repetition", "duplicate 8-grams", 0.12, 0.121, 0.12),
    ("gopher-repetition", "duplicate 9-grams", 0.11, 0.111, 0.11),
    ("gopher-repetition", "duplicate 10-grams", 0.1, 0.101, 0.1),
    ("c4", "sentences", 3, 2, 3),
    ("c4", "curly brackets", 0, 1, 0),
    ("c4", "lorem ipsum", 0, 1, 0),
    ("fineweb", "lines that end in punctuation", 0.121, 0.12, 0.12),
    ("fineweb", "characters of duplicate lines", 0.099, 0.1, 0.1),
    ("fineweb", "short lines", 0.669, 0.67, 0.67),
]


@pytest.mark.parametrize(("name", "rule", "stays", "goes", "threshold"), PAPERS)
def test_known_rules_have_the_papers_thresholds(
    name: str, rule: str, stays: float, goes: float, threshold: float
) -> None:
    (one,) = (found for found in RULE_SETS[name].rules if found.name == rule)
    alone = (RuleSet(name, "1", "", (), (one,)),)
    assert judge({one.signal: stays}, alone) is None
    assert judge({one.signal: goes}, alone) == Broken(f"{name}/{rule}", one.signal, goes, threshold)


def test_every_known_rule_is_held_against_its_paper() -> None:
    known = {(name, rule.name) for name, rule_set in RULE_SETS.items() for rule in rule_set.rules}
    assert known == {(name, rule) for name, rule, *_ in PAPERS}
    assert all(
        rule_set.source and rule_set.version and rule_set.languages == ("en",) for rule_set in RULE_SETS.values()
    )


@effort(deadline=None)
@given(NUMBERS, BOUNDS, BOUNDS, BOUNDS, BOUNDS)
def test_a_value_stays_where_all_bounds_hold(value: float, at_least, at_most, above, below) -> None:
    rule = Rule("r", "s", at_least, at_most, above, below)
    holds = (
        (at_least is None or value >= at_least)
        and (at_most is None or value <= at_most)
        and (above is None or value > above)
        and (below is None or value < below)
    )
    assert (rule.broken_bound(value) is None) == holds


def test_what_is_no_number_breaks_every_bound() -> None:
    assert Rule("r", "s", at_least=0).broken_bound(math.nan) == 0
    assert Rule("r", "s", below=1).broken_bound(math.nan) == 1


@effort(deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), NUMBERS, min_size=3))
def test_the_first_broken_rule_is_what_a_document_goes_for(signals: dict[str, float]) -> None:
    sets = (
        RuleSet("one", "1", "", (), (Rule("x", "a", at_least=0), Rule("y", "b", at_most=10))),
        RuleSet("two", "1", "", ("de",), (Rule("z", "c", above=5),)),
    )
    for language in ("", "de", "en"):
        first = next(
            (
                name
                for name, is_broken in (
                    ("one/x", signals["a"] < 0),
                    ("one/y", signals["b"] > 10),
                    ("two/z", signals["c"] <= 5 and language != "en"),
                )
                if is_broken
            ),
            None,
        )
        broken = judge(signals, sets, language)
        assert (broken and broken.rule) == first


def test_a_signal_that_is_not_there_is_said() -> None:
    with pytest.raises(GroundupError, match=r"two/z needs the signal 'wrds'.*Did you mean 'words'"):
        judge({"words": 1.0}, (RuleSet("two", "1", "", (), (Rule("z", "wrds", above=5),)),))


def test_a_broken_rule_becomes_a_drop() -> None:
    change = Broken("gopher/words", "words", 7, 50).drop(123, "shown")
    assert (change.stage, change.rule, change.action) == ("filter", "gopher/words", "drop")
    assert (change.before, change.after, change.value, change.threshold, change.sample) == (123, 0, 7, 50, "shown")
