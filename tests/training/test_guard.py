"""The guard lets nothing through that is not a number or jumps a hundredfold, and nothing else stops it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from groundup.training.guard import MOST_IN_A_ROW, SETTLED, Guard, is_lost

sound = some.floats(0.1, 5)


def settled(loss: float = 2.0, norm: float = 0.5, steps: int = SETTLED) -> Guard:
    guard = Guard()
    for _ in range(steps):
        guard.learn(loss, norm)
    return guard


@pytest.mark.parametrize("steps", [0, SETTLED])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_a_fault_from_the_first_step(bad, steps):
    assert settled(steps=steps).fault(bad, 0.5) == f"the loss is {bad}"
    assert settled(steps=steps).fault(2.0, bad) == f"the gradient norm is {bad}"


@pytest.mark.parametrize(("loss", "norm", "named"), [(201, 0.5, "loss"), (2, 51, "gradient norm")])
def test_a_hundredfold_jump_is_a_fault_once_the_run_has_settled(loss, norm, named):
    assert f"the {named} is" in settled().fault(loss, norm)
    assert settled(steps=SETTLED - 1).fault(loss, norm) == ""


@given(some.lists(some.tuples(sound, sound), max_size=60), sound, sound)
def test_ordinary_ups_and_downs_are_no_fault(past, loss, norm):
    guard = Guard()
    for step in past:
        assert guard.fault(*step) == ""
        guard.learn(*step)
    assert guard.fault(loss, norm) == ""


@given(some.lists(some.tuples(sound, sound), min_size=1, max_size=60))
def test_what_is_usual_lies_between_the_least_and_the_most_seen(past):
    guard = Guard()
    for step in past:
        guard.learn(*step)
    for usual, values in ((guard.loss, [x for x, _ in past]), (guard.norm, [x for _, x in past])):
        assert min(values) - 1e-9 <= usual <= max(values) + 1e-9


def test_looking_is_not_learning():
    guard = settled()
    guard.fault(math.nan, math.nan)
    assert guard == settled()


@given(some.integers(0, 1000), some.integers(1, 40))
def test_so_many_in_a_row_are_no_bad_batches(first, count):
    assert is_lost(range(first, first + count)) == (count >= MOST_IN_A_ROW)


def test_as_many_with_a_sound_one_between_are():
    assert not is_lost([1, *range(3, 2 + MOST_IN_A_ROW)])
    assert is_lost([1, *range(3, 3 + MOST_IN_A_ROW)])
    assert not is_lost([])
