from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.settings import ValidationSettings
from groundup.corpus.split import Kept, split
from groundup.errors import GroundupError

BY_CHARACTERS = ValidationSettings(by="characters")
MANY = [Kept(f"s/{number}.txt", f"Title {number}", 10) for number in range(1000)]


def test_shakespeare_is_cut_as_nanogpt_cuts_it() -> None:
    assert split([Kept("s/input.txt", "", 1_115_394)], BY_CHARACTERS).tolist() == [1_003_854]


@effort(deadline=None)
@given(st.lists(st.integers(1, 100), min_size=1, max_size=50), st.sampled_from([0.0, 0.05, 0.1, 0.5, 0.9]))
def test_by_characters_the_end_of_all_text_validates(lengths: list[int], fraction: float) -> None:
    documents = [Kept(str(number), "", length) for number, length in enumerate(lengths)]
    training = split(documents, ValidationSettings(fraction, by="characters")).tolist()
    assert sum(training) == int((1 - fraction) * sum(lengths))
    whole = [number for number, count in enumerate(training) if count == lengths[number]]
    none = [number for number, count in enumerate(training) if count == 0]
    assert whole == list(range(len(whole)))
    assert none == list(range(len(lengths) - len(none), len(lengths)))
    assert len(whole) + len(none) >= len(lengths) - 1


def test_a_document_without_characters_is_on_the_side_where_it_stands() -> None:
    documents = [Kept(str(number), "", length) for number, length in enumerate([0, 8, 0, 2, 0])]
    assert split(documents, ValidationSettings(0.2, by="characters")).tolist() == [1, 8, 0, 0, 0]


def test_by_documents_about_the_fraction_is_held_out_whatever_the_order() -> None:
    held = {one.id for one, count in zip(MANY, split(MANY, ValidationSettings()), strict=True) if count == 0}
    assert 70 < len(held) < 130
    shuffled = random.Random(0).sample(MANY, len(MANY))
    again = {one.id for one, count in zip(shuffled, split(shuffled, ValidationSettings()), strict=True) if count == 0}
    assert again == held


@effort(deadline=None)
@given(st.integers(2, 20), st.sampled_from([0.001, 0.1, 0.999]))
def test_by_documents_each_side_has_one(count: int, fraction: float) -> None:
    held = split(MANY[:count], ValidationSettings(fraction)).tolist().count(0)
    assert 1 <= held <= count - 1


def test_none_is_held_out_for_a_fraction_of_nought() -> None:
    assert 0 not in split(MANY[:1], ValidationSettings(0.0))


def test_one_document_cannot_be_held_out() -> None:
    with pytest.raises(GroundupError, match=r"one document .*by: characters.*--corpus\.validation\.fraction 0`"):
        split(MANY[:1], ValidationSettings())
    assert split(MANY[:1], ValidationSettings(fraction=0)).tolist() == [MANY[0].characters]


def test_documents_are_held_out_by_name_path_or_title() -> None:
    for pattern in ("7.txt", "s/7.txt", "Title 7"):
        training = split(MANY[:20], ValidationSettings(documents=(pattern,)))
        assert [number for number, count in enumerate(training) if count == 0] == [7]


def test_a_pattern_that_fits_none_or_all_is_said() -> None:
    with pytest.raises(GroundupError, match=r"No document fits 'Emma'.*s/0\.txt"):
        split(MANY, ValidationSettings(documents=("Emma",)))
    with pytest.raises(GroundupError, match="holds out all 1,000"):
        split(MANY, ValidationSettings(documents=("*",)))
