"""Numbers have a say by themselves, by two and beside their neighbours, and nothing to say at first."""

from __future__ import annotations

from itertools import combinations_with_replacement

import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.model.wide import Wide

SEGMENTS, OUTPUTS = 9, 2
ROWS, TIME, KINDS = st.integers(1, 3), st.integers(1, 5), st.integers(1, 4)


def random_wide(draws: torch.Generator) -> Wide:
    wide = Wide(SEGMENTS, OUTPUTS)
    torch.nn.init.normal_(wide.table.weight, generator=draws)
    return wide.requires_grad_(False)


def random_told(draws: torch.Generator, *shape: int) -> Tensor:
    return torch.randint(SEGMENTS, shape, generator=draws)


@given(ROWS, TIME, KINDS, st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_what_is_said_is_the_sum_over_the_pairs_of_numbers(rows: int, time: int, kinds: int, seed: int) -> None:
    draws = torch.Generator().manual_seed(seed)
    told, wide = random_told(draws, rows, time, kinds), random_wide(draws)
    own, before, behind = wide.table.weight.view(3, SEGMENTS, SEGMENTS, OUTPUTS)
    said = wide(told)
    assert said.shape == (rows, time, OUTPUTS)
    nothing = [0] * kinds
    for row in range(rows):
        numbers = [nothing, *told[row].tolist(), nothing]
        for place, here in enumerate(numbers[1:-1], 1):
            wanted = sum(own[pair] for pair in combinations_with_replacement(here, 2))
            wanted = wanted + sum(before[pair] for pair in zip(here, numbers[place - 1], strict=True))
            wanted = wanted + sum(behind[pair] for pair in zip(here, numbers[place + 1], strict=True))
            torch.testing.assert_close(said[row, place - 1], wanted)


@given(ROWS, TIME, KINDS, st.integers(1, 4), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_padding_changes_nothing(rows: int, time: int, kinds: int, more: int, seed: int) -> None:
    draws = torch.Generator().manual_seed(seed)
    told, wide = random_told(draws, rows, time, kinds), random_wide(draws)
    assert torch.equal(wide(F.pad(told, (0, 0, 0, more)))[:, :time], wide(told))


def test_at_first_it_says_nothing() -> None:
    assert not Wide(SEGMENTS, OUTPUTS)(random_told(torch.Generator(), 2, 5, 4)).any()
