"""Numbers have a say by themselves and by two, and nothing to say at first."""

from __future__ import annotations

from itertools import combinations_with_replacement

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.model.wide import Wide

SEGMENTS, OUTPUTS = 9, 2


@given(st.integers(1, 3), st.integers(1, 5), st.integers(1, 4), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_what_is_said_is_the_sum_over_the_pairs_of_numbers(rows: int, time: int, kinds: int, seed: int) -> None:
    draws = torch.Generator().manual_seed(seed)
    told = torch.randint(SEGMENTS, (rows, time, kinds), generator=draws)
    wide = Wide(SEGMENTS, OUTPUTS)
    assert not wide(told).any()
    torch.nn.init.normal_(wide.table.weight, generator=draws)
    table = wide.table.weight.detach().view(SEGMENTS, SEGMENTS, OUTPUTS)
    said = wide(told).detach()
    assert said.shape == (rows, time, OUTPUTS)
    for row in range(rows):
        for place in range(time):
            pairs = combinations_with_replacement(told[row, place].tolist(), 2)
            torch.testing.assert_close(said[row, place], sum(table[one, other] for one, other in pairs))
