"""A word means what its field is for, and reading it takes time in proportion to its length."""

from __future__ import annotations

import time
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.recipe.document import Place, Scalar
from groundup.recipe.scalars import number, read_scalar

TYPES = [int, float, str, bool, Literal["a", "none", 1], int | None, str | None]


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_python_writes_is_read(value):
    assert number(repr(value)) == value
    assert type(number(repr(value))) is type(value)


@pytest.mark.parametrize(
    "text", ["", "e", ".", "1__0", "1_", "nan", "inf", "0x10", "1:30", "1,000", "٣", " 1", "1e", "-"]
)
def test_what_is_no_number(text):
    assert number(text) is None


@settings(max_examples=1000)
@given(st.text() | st.text(alphabet="0123456789eE+-._"), st.booleans(), st.sampled_from(TYPES))
def test_any_word_is_a_value_of_the_type_or_a_sentence(text, is_plain, annotation):
    try:
        value = read_scalar(Scalar(text, is_plain, Place(1)), annotation)
    except ValueError as error:
        said = str(error)
        assert said.isprintable()
        assert len(said) < 300
        return
    kinds = {int: int, float: float, str: str, bool: bool}
    if annotation in kinds:
        assert type(value) is kinds[annotation]


@pytest.mark.parametrize("text", ["9" * 100_000, "1e" + "9" * 100_000, "_" * 100_000, "-+" * 50_000, "x" * 100_000])
def test_a_long_word_costs_little(text):
    start = time.perf_counter()
    for annotation in TYPES:
        try:
            read_scalar(Scalar(text, True, Place(1)), annotation)
        except ValueError as error:
            said = str(error)
            assert len(said) < 300
    assert time.perf_counter() - start < 1
