"""Pairs that break a rule stay out with a row in the ledger, all others pass as they are, and the counts add up."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from groundup.corpus.account import Account
from groundup.corpus.document import LEDGER_SCHEMA
from groundup.errors import GroundupError
from groundup.recipe.loader import load
from groundup.settings import SettingError, field_docs
from groundup.store.tables import TableWriter, read_rows
from groundup.tasks.examples import Pair
from groundup.tasks.gate import broken_rule, gate, gated
from groundup.tasks.read import read_examples
from groundup.tasks.settings import Columns, PairGateSettings

DEFAULTS = PairGateSettings()
OPEN = PairGateSettings(
    empty_sides=False,
    most_words=None,
    length_ratio=None,
    non_letters=None,
    copies=False,
    exact_duplicates=False,
)
ALL_ON = replace(
    DEFAULTS,
    most_words=3,
    most_characters=12,
    source_alphabets=("latin",),
    target_alphabets=("latin", "greek"),
    matching_numbers=0.5,
    most_targets=1,
)

sides = st.text("aBñ α1０2., \u0301漢!", max_size=6)
texts = st.lists(st.tuples(sides, sides), max_size=15)


def through(
    pairs: list[tuple[str, str]], settings: PairGateSettings
) -> tuple[list[Pair], list[dict[str, Any]], Account]:
    rows: list[dict[str, Any]] = []
    account = Account()
    given = [Pair(str(number), *pair) for number, pair in enumerate(pairs)]
    kept = list(gate(given, settings, lambda row: rows.append(dict(row)), account))
    return kept, rows, account


def rule_of(source: str, target: str, settings: PairGateSettings = DEFAULTS) -> str | None:
    broken = broken_rule(Pair("1", source, target), settings)
    return broken.rule if broken else None


@trials(deadline=None)
@given(texts, st.sampled_from([DEFAULTS, OPEN, ALL_ON]))
def test_every_pair_is_kept_or_in_the_ledger(pairs: list[tuple[str, str]], settings: PairGateSettings) -> None:
    kept, rows, account = through(pairs, settings)
    ids = [pair.id for pair in kept] + [row["id"] for row in rows]
    assert sorted(ids, key=int) == [str(number) for number in range(len(pairs))]
    assert [pair.id for pair in kept] == sorted((pair.id for pair in kept), key=int)
    assert all((pair.source, pair.target) == pairs[int(pair.id)] for pair in kept)
    assert account.total("documents_read") == len(pairs)
    assert account.total("documents_kept") == len(kept)
    assert sum(rule["documents"] for rule in account.rules.values()) == len(rows)
    assert account.total("characters_read") == sum(len(a) + len(b) for a, b in pairs)
    for row in rows:
        assert row.keys() == LEDGER_SCHEMA.keys()
        assert row["characters_before"] == sum(map(len, pairs[int(row["id"])]))


@trials(deadline=None)
@given(texts)
def test_with_all_rules_off_everything_passes(pairs: list[tuple[str, str]]) -> None:
    assert len(through(pairs, OPEN)[0]) == len(pairs)


@trials(deadline=None)
@given(texts, st.sampled_from([DEFAULTS, ALL_ON]))
def test_what_passed_once_passes_again(pairs: list[tuple[str, str]], settings: PairGateSettings) -> None:
    kept = [(pair.source, pair.target) for pair in through(pairs, settings)[0]]
    assert [(pair.source, pair.target) for pair in through(kept, settings)[0]] == kept


@trials(deadline=None)
@given(texts)
def test_a_duplicate_is_dropped_for_a_pair_that_stays(pairs: list[tuple[str, str]]) -> None:
    kept, rows, _ = through(pairs, ALL_ON)
    there = {pair.id: (pair.source.strip(), pair.target.strip()) for pair in kept}
    for row in rows:
        if row["rule"] == "exact duplicate":
            source, target = pairs[int(row["id"])]
            assert there[row["cluster"]] == (source.strip(), target.strip())


@pytest.mark.parametrize(
    ("source", "target", "settings", "rule"),
    [
        (" \u3000", "Ein Hund.", {"empty_sides": True}, "empty side"),
        ("", "", {"empty_sides": True}, "empty side"),
        ("one two three", "eins", {"most_words": 2}, "too many words"),
        ("one", "sieben", {"most_characters": 5}, "too many characters"),
        ("A dog runs.", "@@", {"length_ratio": 3.0}, "length ratio"),
        ("Word", "", {"length_ratio": 9.0}, "length ratio"),
        ("good", "--=*", {"non_letters": 0.5}, "few letters"),
        ("собака", "dog", {"source_alphabets": ("latin",)}, "other alphabet"),
        ("a dog", "собака", {"target_alphabets": ("latin", "greek")}, "other alphabet"),
        ("犬です", "dog", {"source_alphabets": ("hangul",)}, "other alphabet"),
        ("7 dogs", "8 Hunde", {"matching_numbers": 0.5}, "other numbers"),
        ("five dogs", "5 Hunde", {"matching_numbers": 0.5}, "other numbers"),
        ("The Café, 3!", " the cafe\u0301 3", {"copies": True}, "copy"),
    ],
)
def test_each_rule_drops_what_it_is_for_and_nothing_when_off(
    source: str, target: str, settings: dict[str, Any], rule: str
) -> None:
    assert rule_of(source, target, replace(OPEN, **settings)) == rule
    assert rule_of(source, target, OPEN) is None


@pytest.mark.parametrize(
    ("source", "target", "settings"),
    [
        ("A man.", "Ein Mann.", {"most_words": 2, "most_characters": 9, "length_ratio": 1.5}),
        # Chinese says in seven characters what takes 25 here; they are twice as wide.
        ("I am a student in Beijing", "我是北京的学生", {"length_ratio": 3.0}),
        ("I came in 1999.", "मैं आया।", {"non_letters": 0.5}),
        (
            "犬とネコのカフェ",
            "ＣＡＦＥ",
            {"source_alphabets": ("han", "hiragana", "katakana"), "target_alphabets": ("latin",)},
        ),
        ("Tchaikovsky, 1840", "12 :-)", {"source_alphabets": ("latin",), "target_alphabets": ("cyrillic",)}),
        ("$1,000.00 on 11/12", "Am 12.11. 1.000 $", {"matching_numbers": 1.0}),
        ("1,234.50 for 2.00", "2 für 1\u202f234,5", {"matching_numbers": 1.0}),
        ("١٠ كلاب", "10 dogs", {"matching_numbers": 1.0}),
        ("no numbers", "keine", {"matching_numbers": 1.0}),
        ("कि", "की", {"copies": True}),
        ("5 €", "5 $", {"copies": True}),
    ],
)
def test_what_is_right_passes(source: str, target: str, settings: dict[str, Any]) -> None:
    assert rule_of(source, target, replace(OPEN, **settings)) is None


def test_duplicates_and_further_targets_come_after_the_first() -> None:
    pairs = [
        ("a dog", "ein Hund"),
        ("a dog ", " ein Hund"),
        ("a dog", "Hund"),
        ("a dog", "der Hund"),
        ("ein Hund", "a dog"),
    ]
    _, rows, _ = through(pairs, replace(OPEN, exact_duplicates=True))
    assert [(row["id"], row["rule"], row["cluster"]) for row in rows] == [("1", "exact duplicate", "0")]
    _, rows, _ = through(pairs, replace(OPEN, most_targets=2))
    assert [(row["id"], row["rule"], row["value"], row["threshold"]) for row in rows] == [
        ("3", "too many targets", 3, 2)
    ]


def test_a_row_tells_the_measure_the_limit_and_shows_both_sides() -> None:
    _, rows, account = through([("word " * 300, "ein\nWort"), ("a", "b")], DEFAULTS)
    (row,) = rows
    assert (row["stage"], row["action"], row["value"], row["threshold"]) == ("gate", "drop", 300, 250)
    assert (row["characters_before"], row["characters_after"], row["source"]) == (1508, 0, "pairs")
    assert row["sample"].startswith("word word")
    assert row["sample"].endswith("… → ein Wort")
    assert account.rules["gate/too many words/drop"]["samples"][0]["id"] == "0"


def test_the_ledger_is_a_table_like_a_corpus_has(tmp_path: Path) -> None:
    path = tmp_path / "00000.parquet"
    with TableWriter(path, LEDGER_SCHEMA) as table:
        list(gate([Pair("1", "a dog", "")], DEFAULTS, table.write, data="captions"))
    (row,) = read_rows(path)
    assert (row["id"], row["source"], row["rule"], row["value"]) == ("1", "captions", "empty side", None)


def test_a_ledger_is_written_beside_what_passed_and_nothing_passing_is_an_error(tmp_path: Path) -> None:
    pairs = [Pair("1", "a dog", "ein Hund"), Pair("2", "a dog", "")]
    kept, account = gated(pairs, DEFAULTS, tmp_path, data="captions", what="captions")
    assert kept == pairs[:1]
    assert account["sources"]["captions"]["documents_dropped"] == 1
    assert [row["id"] for row in read_rows(tmp_path / "ledger" / "00000.parquet")] == ["2"]
    with pytest.raises(GroundupError, match=r"None of the 1 captions passed the gate \(empty side: 1\)"):
        gated(pairs[1:], DEFAULTS, tmp_path / "none", data="captions", what="captions")


def test_pairs_flow_one_by_one() -> None:
    def endless() -> Any:
        number = 0
        while True:
            number += 1
            yield Pair(str(number), "a", "b" * (1 + number % 2))

    account = Account()
    passing = gate(endless(), replace(OPEN, length_ratio=1.0), lambda row: None, account)
    assert [next(passing).id for _ in range(3)] == ["2", "4", "6"]
    account.check()


def test_settings_are_documented_and_read_from_a_recipe() -> None:
    docs = field_docs(PairGateSettings)
    assert all(docs[field.name] for field in fields(PairGateSettings))
    written = "length_ratio: null\nsource_alphabets: [han, katakana]\n"
    expected = PairGateSettings(length_ratio=None, source_alphabets=("han", "katakana"))
    assert load(written, PairGateSettings) == expected


@pytest.mark.parametrize(
    ("field", "value"), [("most_words", 0), ("length_ratio", 0.9), ("non_letters", 1.1), ("matching_numbers", -0.1)]
)
def test_impossible_thresholds_are_refused(field: str, value: float) -> None:
    with pytest.raises(SettingError) as caught:
        replace(DEFAULTS, **{field: value})
    assert caught.value.field == field


def test_clean_captions_pass(shared_data: Path) -> None:
    pairs = read_examples(shared_data / "multi30k" / "train", Pair, Columns(source="en", target="de"))
    account = Account()
    kept = sum(1 for _ in gate(pairs, DEFAULTS, lambda row: None, account))
    # Two targets are "@@", and three pairs stand in the file twice.
    assert {rule["rule"]: rule["documents"] for rule in account.rules.values()} == {
        "length ratio": 2,
        "exact duplicate": 3,
    }
    assert kept == 29_000 - 5
