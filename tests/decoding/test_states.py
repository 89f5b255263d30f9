from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.decoding.states import reorder


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 5), st.data())
def test_rows_are_taken_in_any_order_left_out_or_repeated(batch: int, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, batch - 1), max_size=7))
    keys, places = torch.randn(batch, 3, 2), torch.arange(3)
    state = (4, (({"keys": keys, "positions": places}, None), (None,)))
    place, layers = reorder(state, torch.tensor(rows, dtype=torch.int64))
    assert place == 4
    assert torch.equal(layers[0][0]["keys"], keys[rows])
    # What all rows share stays.
    assert torch.equal(layers[0][0]["positions"], places)
    assert layers[0][1] is None
    assert layers[1] == (None,)


def test_the_state_before_is_left_as_it_was() -> None:
    keys = torch.randn(3, 2)
    before = keys.clone()
    reorder({"keys": keys}, torch.tensor([2, 0]))["keys"].zero_()
    assert torch.equal(keys, before)
