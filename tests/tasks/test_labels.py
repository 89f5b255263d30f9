"""Slips of the pen are named, classes that differ on purpose are not, and what is no set of classes is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.tasks.examples import Labelled
from groundup.tasks.labels import Labels, labels_of, unknown_labels


def labels(**counts: int) -> Labels:
    return labels_of(Labelled(f"f#{label}{i}", "t", label) for label, count in counts.items() for i in range(count))


def test_labels_are_counted_with_the_most_frequent_first() -> None:
    found = labels(bad=2, good=5)
    assert list(found.counts.items()) == [("good", 5), ("bad", 2)]
    assert found.examples == 7
    assert found.first["bad"] == "f#bad0"


@pytest.mark.parametrize(
    ("slip", "meant"),
    [("postive", "positive"), ("positvie", "positive"), ("Positive", "positive"), ("neutrall", "neutral")],
)
def test_a_rare_label_near_a_frequent_one_is_a_slip(slip: str, meant: str) -> None:
    found = labels(**{meant: 512, "negative": 500, slip: 1})
    (said,) = found.warnings()
    assert said.startswith(f"The label {slip!r} (1, first at f#{slip}0) looks like a slip for {meant!r} (512); until")


@pytest.mark.parametrize(
    ("one", "other"),
    [("male", "female"), ("class_1", "class_2"), ("happy", "unhappy"), ("neg", "pos"), ("10", "100"), ("yes", "no")],
)
def test_labels_that_differ_on_purpose_are_no_slips(one: str, other: str) -> None:
    assert not labels(**{one: 1000, other: 2}).slips()
    assert not labels(**{one: 2, other: 1000}).slips()


def test_two_frequent_labels_are_no_slips_however_alike() -> None:
    assert not labels(important=40, importand=30).slips()


def test_labels_seen_once_are_named() -> None:
    (said,) = labels(a=5, b=5, c=1).warnings()
    assert said == "One example has the label 'c' (at f#c0): too little to learn it by."


def test_one_label_only_is_refused() -> None:
    with pytest.raises(GroundupError, match=r"All 3 examples of a\.csv have the label 'x'"):
        labels(x=3).check("a.csv")


def test_a_column_of_numbers_is_no_label() -> None:
    with pytest.raises(GroundupError, match=r"9 different labels in 9 examples"):
        labels(**{f"{i}.5": 1 for i in range(9)}).check("a.csv")
    labels(x=1, y=1).check("two examples of two labels are few but sound")


def test_labels_of_a_test_set_that_training_never_had() -> None:
    assert unknown_labels(labels(a=2, b=1), {"a": 0}) == ("b",)


@settings(max_examples=50, deadline=None)
@given(st.text("abc", min_size=9, max_size=12), st.integers(0, 11), st.sampled_from("xyz"))
def test_any_one_letter_dropped_added_or_changed_is_found(label: str, place: int, letter: str) -> None:
    place %= len(label)
    for slip in (
        label[:place] + label[place + 1 :],
        label[:place] + letter + label[place:],
        label[:place] + letter + label[place + 1 :],
    ):
        (found,) = labels_of([*[Labelled("", "", label)] * 9, Labelled("x", "", slip)]).slips()
        assert (found.label, found.meant, found.first) == (slip, label, "x")


def test_very_many_or_very_long_labels_take_no_time() -> None:
    assert not labels_of(Labelled("", "", f"label {i:06}") for i in range(20_000)).slips()
    assert not labels(**{"a" * 10**6: 9, "a" * (10**6 - 1): 1}).slips()
