from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class Pair:
    """A state may be made of these, too."""

    left: Any
    right: Any = None


LEAVES = st.sampled_from([None, 3, "name", (), torch.arange(6.0).view(3, 2), torch.arange(3), torch.ones(3, 1).bool()])
STATES = st.recursive(
    LEAVES,
    lambda part: st.one_of(
        st.lists(part, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from("abc"), part),
        st.builds(Pair, part, part),
    ),
    max_leaves=8,
)


def leaves(state: Any) -> list[Any]:
    """What a state is made of, in order, and the kinds of what holds it."""
    if isinstance(state, tuple | dict):
        parts = state.items() if isinstance(state, dict) else state
        return [type(state), *(leaf for part in parts for leaf in leaves(part))]
    if isinstance(state, Pair):
        return [Pair, *leaves(state.left), *leaves(state.right)]
    return [state]


@settings(max_examples=200, deadline=None)
@given(STATES, st.lists(st.integers(0, 2), max_size=5))
def test_any_nested_state_keeps_its_form_and_gets_the_rows(state: Any, rows: list[int]) -> None:
    before, after = leaves(state), leaves(reorder(state, torch.tensor(rows, dtype=torch.int64)))
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        if isinstance(old, torch.Tensor):
            assert torch.equal(new, old[rows] if old.ndim > 1 else old)
        else:
            assert new == old
