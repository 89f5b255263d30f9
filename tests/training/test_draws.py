"""Draws follow from numbers alone, and those of numbers that are close lie far apart."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from groundup.training.draws import draws_of, hash_of
from groundup.training.feed import HELD_OUT


@given(some.lists(some.integers(0, 2**63), min_size=1, max_size=4), some.integers(0, 3), some.integers(0, 62))
def test_a_seed_has_63_bits_and_half_of_them_turn_with_any_bit_of_a_number(numbers, place, bit):
    one = hash_of(*numbers)
    assert 0 <= one < 2**63
    other = list(numbers)
    other[place % len(other)] ^= 1 << bit
    assert 8 <= (one ^ hash_of(*other)).bit_count() <= 55


def test_the_order_of_numbers_matters():
    assert len({hash_of(*numbers) for numbers in [(1, 2), (2, 1), (1, 2, 0), (0, 1, 2)]}) == 4


@given(some.lists(some.integers(-1, 2**40), min_size=1, max_size=3))
def test_draws_are_the_same_for_the_same_numbers_whoever_drew_before(numbers):
    one = draws_of(*numbers).random(5)
    np.random.default_rng(1).random(3)
    np.random.random(3)
    assert (draws_of(*numbers).random(5) == one).all()


@given(some.integers(0, 2**40))
def test_no_two_streams_begin_alike_and_held_out_draws_never_meet_those_of_training(seed):
    training = [hash_of(seed, number) for number in range(300)]
    held_out = [hash_of(seed, HELD_OUT, place) for place in range(300)]
    passes = [hash_of(seed, step, index) for step in range(100) for index in range(3)]
    assert len({*training, *held_out, *passes}) == 900


def test_draws_are_even():
    first = np.array([draws_of(7, number).random() for number in range(4000)])
    counts, _ = np.histogram(first, bins=10, range=(0, 1))
    # Five standard deviations of a count of 400.
    assert abs(counts - 400).max() < 5 * (4000 * 0.1 * 0.9) ** 0.5
