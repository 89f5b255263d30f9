from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.model.settings import ModelSettings
from groundup.model.sizes import heads_for, shape_of, width_for


@settings(deadline=None)
@given(st.integers(1, 64))
def test_every_size_is_a_model(size: int) -> None:
    shape = shape_of(ModelSettings(size=size))
    assert shape.depth == size
    assert shape.width % 64 == 0
    assert shape.head_width == 64
    assert shape.key_value_heads == shape.heads
    assert shape.hidden == 4 * shape.width


def test_models_grow_with_the_dial() -> None:
    widths = [width_for(depth) for depth in range(1, 65)]
    assert widths == sorted(widths)
    assert widths[3] == 192  # The reference trial: 4 layers of 192.


@settings(deadline=None)
@given(st.integers(1, 2000).map(lambda half: 2 * half))
def test_any_even_width_alone_is_a_model(width: int) -> None:
    shape = shape_of(ModelSettings(width=width))
    assert shape.width == width
    assert shape.heads == heads_for(width)
    assert shape.heads * shape.head_width == width
    assert shape.head_width >= min(64, width)


def test_what_is_said_outright_holds() -> None:
    values = ModelSettings(size=6, depth=2, width=48, heads=6, key_value_heads=3, expansion=2.5)
    shape = shape_of(values)
    assert (shape.depth, shape.width, shape.heads, shape.key_value_heads) == (2, 48, 6, 3)
    assert shape.hidden == 120
    assert shape.head_width == 8


@settings(deadline=None)
@given(st.floats(0.25, 32), st.integers(1, 100).map(lambda half: 2 * half))
def test_the_inner_layer_is_a_multiple_of_8(expansion: float, width: int) -> None:
    hidden = shape_of(ModelSettings(width=width, expansion=expansion)).hidden
    assert hidden % 8 == 0
    assert hidden >= 8
    assert hidden == 8 or abs(hidden - expansion * width) <= 4


@settings(deadline=None)
@given(st.integers(1, 500), st.integers(1, 40))
def test_a_width_that_does_not_fit_its_heads_is_told_one_that_does(width: int, heads: int) -> None:
    values = ModelSettings(width=width, heads=heads)
    if width % (2 * heads) == 0:
        assert shape_of(values).width == width
        return
    with pytest.raises(GroundupError) as caught:
        shape_of(values)
    assert str(width) in caught.value.message
    assert str(heads) in caught.value.message
    better = re.search(r"such as (\d+)\.$", caught.value.remedy)
    assert better, caught.value.remedy
    assert int(better[1]) > width
    assert shape_of(replace(values, width=int(better[1])))


def test_only_rotary_positions_need_pairs() -> None:
    assert shape_of(ModelSettings(width=15, heads=3, positions="none")).head_width == 5


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 15))
def test_groups_must_divide_the_heads(heads: int, groups: int) -> None:
    values = ModelSettings(width=heads * 4, heads=heads, key_value_heads=groups)
    if heads % groups == 0:
        assert shape_of(values).key_value_heads == groups
    else:
        with pytest.raises(GroundupError, match=rf"heads {heads} .*key_value_heads {groups}.*divisor of {heads}"):
            shape_of(values)
