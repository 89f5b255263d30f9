"""Runs are told apart as their words and letters are, and rows say which text has which."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.tasks.examples import Labelled
from groundup.tasks.ngrams import Rows, RunReader, learn_runs, read_runs, rows_of, text_of, words_of
from groundup.tasks.settings import NgramSettings

texts = st.text("aAbBé!. \n\U0001f600", max_size=30)
wanted = st.builds(NgramSettings, words=st.integers(1, 3), letters=st.sampled_from([0, 2, 3, 5]))
some = settings(max_examples=60)


def runs_in(text: str, wanted: NgramSettings) -> set[str]:
    """The runs of a text, written out one by one."""
    words = words_of(text)
    found = {
        "words " + " ".join(words[at : at + length])
        for length in range(1, wanted.words + 1)
        for at in range(len(words) - length + 1)
    }
    edged = [f"_{word}_" for word in words]
    return found | {
        f"letters {word[at : at + length]}"
        for word in edged
        for length in range(2, wanted.letters + 1)
        for at in range(len(word) - length + 1)
    }


def test_words_are_small_and_marks_are_words_of_their_own() -> None:
    assert " ".join(words_of("Don't, it's 1 DULL film!!")) == "don ' t , it ' s 1 dull film ! !"
    assert words_of(" \n") == []
    assert text_of(Labelled("1", "a", "x", "b")) == "a ||| b"


@some
@given(texts, texts, wanted)
def test_two_texts_share_the_numbers_of_the_runs_that_they_share(one: str, other: str, wanted: NgramSettings) -> None:
    reader = RunReader(wanted)
    ours, theirs = reader.read(one), reader.read(other)
    assert ours.tolist() == sorted(set(ours.tolist()))
    assert len(ours) == len(runs_in(one, wanted))
    assert len(np.intersect1d(ours, theirs)) == len(runs_in(one, wanted) & runs_in(other, wanted))
    # Whatever was read before.
    assert RunReader(wanted).read(other).tolist() == theirs.tolist()


@some
@given(texts, wanted)
def test_every_run_has_a_name(text: str, wanted: NgramSettings) -> None:
    reader = RunReader(wanted)
    names = set(reader.names(text))
    assert {number for number, _ in names} == set(reader.read(text).tolist())
    assert {name for _, name in names} == {run.partition(" ")[2] for run in runs_in(text, wanted)}


def test_the_order_of_words_and_letters_matters() -> None:
    reader = RunReader(NgramSettings(2, 2))
    assert len(np.setxor1d(reader.read("dog bites man"), reader.read("man bites dog"))) == 4
    assert set(reader.read("ab").tolist()) != set(reader.read("ba").tolist())


@some
@given(st.lists(texts, min_size=1, max_size=6), wanted)
def test_features_are_the_runs_of_two_texts_or_more_and_rows_say_who_has_them(
    each: list[str], wanted: NgramSettings
) -> None:
    reader = RunReader(wanted)
    examples = [Labelled(str(number), text, "x") for number, text in enumerate(each)]
    read = read_runs(reader, examples)
    features = learn_runs(read)
    counts = Counter(run for text in each for run in runs_in(text, wanted))
    assert len(features) == sum(count >= 2 for count in counts.values())
    rows = rows_of(read, features)
    assert (len(rows), rows.features) == (len(each), len(features))
    for number, runs in enumerate(read):
        has = features[rows.places[rows.starts[number] : rows.starts[number + 1]]]
        assert has.tolist() == np.intersect1d(runs, features).tolist()
    # Nothing is known of what no text had.
    unknown = rows_of([reader.read("xyz")], features)
    assert len(unknown.places) == 0


@some
@given(st.integers(0, 6), st.integers(1, 6), st.integers(0, 1000))
def test_rows_turned_twice_are_the_same(count: int, features: int, seed: int) -> None:
    chance = random.Random(seed)
    each = [sorted(chance.sample(range(features), chance.randint(0, features))) for _ in range(count)]
    starts = np.cumsum([0, *map(len, each)])
    rows = Rows(np.array([place for places in each for place in places], np.int64), starts, features)
    turned = rows.transposed()
    assert (len(turned), turned.features) == (features, count)
    for place in range(features):
        has = turned.places[turned.starts[place] : turned.starts[place + 1]].tolist()
        assert has == [number for number, places in enumerate(each) if place in places]
    again = turned.transposed()
    assert (again.places.tolist(), again.starts.tolist()) == (rows.places.tolist(), rows.starts.tolist())
