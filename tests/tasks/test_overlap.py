"""Test examples that stand in the training set are counted, and named."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.tasks.examples import Answer, Labelled, Pair, Question, Sentence, Story
from groundup.tasks.overlap import Overlap, overlap
from groundup.tasks.read import read_examples

short = st.text("ab ,:1", max_size=3)
pairs = st.lists(st.tuples(short, short), max_size=12)


# On a busy machine the time of one trial says nothing.
@settings(deadline=None)
@given(pairs, pairs)
def test_overlap_is_what_a_set_says(train: list[tuple[str, str]], test: list[tuple[str, str]]) -> None:
    known = {(a.strip(), b.strip()) for a, b in train}
    found = overlap((Pair("r", *pair) for pair in train), (Pair("t", *pair) for pair in test))
    assert found.tests == len(test)
    assert found.seen == sum((a.strip(), b.strip()) in known for a, b in test)
    for place, side in enumerate(("source", "target")):
        alone = {pair[place] for pair in known}
        assert found.sides.get(side, 0) == sum(pair[place].strip() in alone for pair in test)


def test_labels_and_answers_do_not_hide_what_was_seen() -> None:
    assert overlap([Labelled("1", "a", "x")], [Labelled("2", "a ", "y")]) == Overlap(1, 1, (("2", "1"),))
    one = Question("1", "c", "q", (Answer("a", 0),))
    assert overlap([one], [Question("2", "c", "q", ())]).seen == 1
    sentences = (Sentence(1, "A cat."),)
    assert overlap([Story("1", 1, sentences, "q", "a", ())], [Story("2", 1, sentences, "q", "b", (1,))]).seen == 1
    assert overlap([Labelled("1", "a", "x", "b")], [Labelled("2", "a", "x")]).seen == 0


def test_it_is_said_in_a_sentence() -> None:
    found = overlap([Labelled("r#1", "a", "x")], [Labelled("t#1", "a", "x"), Labelled("t#2", "b", "x")])
    assert str(found) == (
        "1 of the 2 test examples (50.0%) stand in the training set word for word (first: t#1 = r#1)."
    )


def test_real_captions(shared_data: Path) -> None:
    folder = shared_data / "multi30k"
    train = read_examples(folder / "train.en.gz", Pair)
    assert overlap(train, read_examples(folder / "test2016.en.gz", Pair)).seen < 10
