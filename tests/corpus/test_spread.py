from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from groundup.corpus.contamination import COLUMNS, Contamination, as_columns, reached_threshold
from groundup.corpus.contamination_settings import ContaminationSettings, EvaluationSettings
from groundup.corpus.language import KeptLanguage, LanguageSettings
from groundup.corpus.quality.settings import QualitySettings, ThresholdSettings
from groundup.corpus.settings import CorpusSettings, SourceSettings
from groundup.corpus.spread import BINS, PARTS, Counts, bounds_of, count, merge, spreads

SETTINGS = CorpusSettings((SourceSettings("x"),))
NUMBERS = st.integers(0, 10**7) | st.floats(0, 1) | st.floats(-5, 300)
DOCUMENTS = st.lists(st.tuples(st.sampled_from(["en", "de", ""]), NUMBERS, st.booleans()), max_size=60)


def counted(documents: Any) -> Counts:
    counts: Counts = {}
    for language, number, is_kept in documents:
        count(counts, {"language": language, "words": number}, is_kept=is_kept)
    return counts


@given(DOCUMENTS, st.integers(0, 60))
def test_counts_merge_to_the_counts_of_all(documents: Any, cut: int) -> None:
    merged = counted(documents[:cut])
    merge(merged, json.loads(json.dumps(counted(documents[cut:]))))
    assert merged == counted(documents)
    assert spreads(merged, SETTINGS) == spreads(counted(documents), SETTINGS)


@given(DOCUMENTS.filter(bool))
def test_every_document_lies_in_one_bin_between_ascending_edges(documents: Any) -> None:
    values, numbers = spreads(counted(documents), SETTINGS)
    assert sum(one["kept"] + one["dropped"] for one in values["values"]) == len(documents)
    edges = numbers["edges"]
    assert all(low < high for low, high in pairwise(edges))
    assert 2 <= len(edges) <= BINS + 2
    for is_kept, part in ((True, "kept"), (False, "dropped")):
        own = sorted(float(f"{number:.3g}") for _, number, kept in documents if kept == is_kept)
        found = numbers[part]
        assert sum(found["histogram"]) == found["documents"] == len(own)
        if own:
            assert edges[0] <= own[0] <= found["median"] <= own[-1] <= edges[-1]
            assert found["low"] <= found["median"] <= found["high"]


def test_a_bin_holds_what_is_from_its_edge_to_the_next() -> None:
    (numbers,) = spreads({"share": {"kept": {"0": 3, "0.5": 1, "1": 2}, "dropped": {}}}, SETTINGS)  # type: ignore
    bins, edges = numbers["kept"]["histogram"], numbers["edges"]
    assert {edges[place]: count for place, count in enumerate(bins) if count} == {0.0: 3, 0.5: 1, edges[-2]: 2}


def test_counts_of_things_are_spread_over_powers_of_ten_with_nothing_apart() -> None:
    counts: Counts = {}
    for number in (0, 1, 10, 100, 1000):
        count(counts, {"words": number}, is_kept=True)
    (numbers,) = spreads(counts, SETTINGS)
    assert numbers["is_logarithmic"]
    assert numbers["edges"][:2] == [0.0, 1.0]
    assert numbers["kept"]["histogram"][0] == 1


def test_what_the_settings_ask_stands_with_the_signals() -> None:
    settings = CorpusSettings(
        (SourceSettings("x"),),
        minimum_characters=7,
        language=LanguageSettings(keep=(KeptLanguage("en", 0.5),)),
        quality=QualitySettings(
            rules=("gopher",), thresholds=(ThresholdSettings("mine", signal="lines", at_least=2.0),)
        ),
    )
    counts: Counts = {}
    signals = {"characters": 9, "language": "en", "language_confidence": 0.9, "words": 60.0, "lines": 3.0, "x": 1.0}
    count(counts, signals, is_kept=True)
    found = {one["signal"]: one["bounds"] for one in spreads(counts, settings)}
    assert found == {
        "characters": [{"rule": "minimum characters", "at_least": 7}],
        "language": [{"rule": "language", "one_of": ["en"]}],
        "language_confidence": [{"rule": "language/unsure en", "at_least": 0.5}],
        "words": [{"rule": "gopher/words", "at_least": 50, "at_most": 100_000}],
        "lines": [{"rule": "own/mine", "at_least": 2.0}],
        "x": [],
    }
    assert set(PARTS) == {"kept", "dropped"}


SOUGHT = ContaminationSettings((EvaluationSettings("questions"),))
FOUND = Contamination(0.1, 0.25, 13, "questions/a.jsonl#1 question", ((3, 80),))


def test_evaluation_items_are_counted_by_name_and_no_places() -> None:
    counts: Counts = {}
    for found, is_kept in ((Contamination(), True), (FOUND, False), (FOUND, True)):
        count(counts, as_columns(found), is_kept=is_kept)
    found_of = {one["signal"]: one for one in spreads(counts, replace(SETTINGS, contamination=SOUGHT))}
    assert set(found_of) == set(COLUMNS) - {"contamination_passages"}
    assert found_of["contamination_item"]["values"] == [
        {"value": FOUND.item, "kept": 1, "dropped": 1},
        {"value": "", "kept": 1, "dropped": 0},
    ]
    assert sum(found_of["contamination_longest_run"]["kept"]["histogram"]) == 2


@given(st.sampled_from(["drop", "cut"]), st.floats(0.1, 2), st.floats(0.1, 2), st.integers(0, 30))
def test_what_is_asked_of_overlap_is_what_decides(action: Any, item: float, text: float, run: int) -> None:
    chosen = replace(SOUGHT, action=action, item_share=item, text_share=text, longest_run=run)
    bounds = bounds_of(replace(SETTINGS, contamination=chosen))
    columns = as_columns(FOUND)
    is_met = all(columns[name] < one["below"] for name, (one,) in bounds.items())
    assert is_met == (action == "cut" or reached_threshold(FOUND, chosen) is None)
