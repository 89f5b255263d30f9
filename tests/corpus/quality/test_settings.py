from __future__ import annotations

import dataclasses

import pytest

from groundup.corpus.language import KeptLanguage, LanguageSettings
from groundup.corpus.privacy.settings import PrivacySettings
from groundup.corpus.quality.rules import judge
from groundup.corpus.quality.sets import GOPHER, RULE_SETS
from groundup.corpus.quality.settings import (
    LinearSettings,
    LineSettings,
    QualitySettings,
    ThresholdSettings,
    chosen_rules,
)
from groundup.settings import SettingError, field_docs

CLASSES = (
    KeptLanguage,
    LanguageSettings,
    LineSettings,
    LinearSettings,
    PrivacySettings,
    QualitySettings,
    ThresholdSettings,
)


@pytest.mark.parametrize("settings_class", CLASSES)
def test_every_field_is_documented(settings_class: type) -> None:
    docs = field_docs(settings_class)
    assert set(docs) == {field.name for field in dataclasses.fields(settings_class)}
    assert all(docs.values())


def test_rule_sets_come_by_name_and_unchanged() -> None:
    assert chosen_rules(QualitySettings()) == ()
    assert chosen_rules(QualitySettings(tuple(RULE_SETS))) == tuple(RULE_SETS.values())


def test_one_threshold_can_be_changed_and_one_rule_left_out() -> None:
    changed = ThresholdSettings("gopher/words", at_least=10)
    out = ThresholdSettings("gopher/stop words", apply=False)
    (rules,) = chosen_rules(QualitySettings(("gopher",), (changed, out)))
    assert [rule.name for rule in rules.rules] == [rule.name for rule in GOPHER.rules if rule.name != "stop words"]
    assert (rules.rules[0].at_least, rules.rules[0].at_most) == (10, None)
    assert rules.rules[1:] == tuple(rule for rule in GOPHER.rules[1:] if rule.name != "stop words")


def test_a_rule_of_ones_own_judges_every_language() -> None:
    own = ThresholdSettings("taste", signal="score", at_least=0.5)
    rule_sets = chosen_rules(QualitySettings(("gopher",), (own,)))
    broken = judge({"score": 0.4}, rule_sets, "de")
    assert broken is not None
    assert (broken.rule, broken.threshold) == ("own/taste", 0.5)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: QualitySettings(("gophr",)), "Did you mean 'gopher'"),
        (lambda: QualitySettings(("c4", "c4")), "twice"),
        (
            lambda: QualitySettings(("c4",), (ThresholdSettings("gopher/words", at_least=1),)),
            "is no rule of the chosen",
        ),
        (
            lambda: QualitySettings(("gopher",), (ThresholdSettings("gopher/word", at_least=1),)),
            "Did you mean 'gopher/words'",
        ),
        (lambda: ThresholdSettings("gopher/words"), "has no bound"),
        (lambda: LineSettings(least_words=-1), "0 or more"),
        (lambda: LinearSettings(bits=40), "8 to 26"),
        (lambda: LinearSettings(penalty=0), "above 0"),
        (lambda: LanguageSettings(keep=(KeptLanguage("en"), KeptLanguage("en", 0.9))), "twice"),
        (lambda: KeptLanguage("en", 1.5), "0 to 1"),
        (lambda: PrivacySettings(phone_regions=("Germany",)), "two capital letters"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(make, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        make()
