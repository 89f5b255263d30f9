from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.model.context import Context, all_at_once, bias, visible


def allowed(context: Context, seen: list[int], window: int | None, row: int, t: int, s: int) -> bool:
    """The rules in words, one pair of positions at a time."""
    here, there = int(context.positions[t]), seen[s]
    is_prefix = context.prefix is not None and bool(context.prefix[row, s])
    if context.is_causal and there > here and not is_prefix:
        return False
    if window is not None and abs(here - there) >= window:
        return False
    if context.documents is not None and context.documents[row, t] != context.documents[row, s]:
        return False
    return context.real is None or bool(context.real[row, s])


def check(context: Context, seen: list[int], window: int | None, rows: int) -> None:
    times = len(context.positions)
    mask = visible(context, torch.tensor(seen), window)
    got = torch.ones(rows, times, len(seen), dtype=torch.bool)
    if mask is not None:
        assert mask.dtype == torch.bool
        # [T, S], or [B, 1, T, S] with room for the heads.
        got &= mask if mask.ndim == 2 else mask.squeeze(1)
    for row in range(rows):
        for t in range(times):
            for s in range(len(seen)):
                assert bool(got[row, t, s]) == allowed(context, seen, window, row, t, s), (row, t, s)


WINDOWS = st.none() | st.integers(1, 6)


@settings(max_examples=80, deadline=None)
@given(st.data(), st.integers(1, 6), WINDOWS, st.booleans())
def test_whole_rows_see_by_the_rules(data: st.DataObject, times: int, window: int | None, is_causal: bool) -> None:
    rows = 2

    def maybe(values: st.SearchStrategy[int]) -> torch.Tensor | None:
        lists = st.lists(st.lists(values, min_size=times, max_size=times), min_size=rows, max_size=rows)
        drawn = data.draw(st.none() | lists)
        return None if drawn is None else torch.tensor(drawn)

    documents, real, prefix = maybe(st.integers(-1, 2)), maybe(st.booleans()), maybe(st.booleans())
    context = all_at_once(torch.zeros(rows, times), documents=documents, real=real, is_causal=is_causal, prefix=prefix)
    check(context, list(range(times)), window, rows)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 6), st.integers(1, 4), WINDOWS)
def test_new_positions_see_earlier_ones_by_the_rules(earlier: int, new: int, window: int | None) -> None:
    context = Context(torch.arange(earlier, earlier + new))
    check(context, list(range(earlier + new)), window, rows=1)


def test_nothing_is_masked_where_all_may_be_seen() -> None:
    context = all_at_once(torch.zeros(2, 3), is_causal=False)
    assert visible(context, context.positions, None) is None


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float32])
def test_a_bias_leaves_no_weight_on_what_is_hidden(kind: torch.dtype) -> None:
    context = all_at_once(torch.zeros(1, 4))
    added = bias(context, context.positions, 2, kind)
    mask = visible(context, context.positions, 2)
    assert added is not None
    assert mask is not None
    assert added.dtype == kind
    assert torch.equal(added == 0, mask)
    weights = (torch.randn(4, 4).to(kind) * 100 + added).softmax(-1)
    assert not weights[~mask].any()
    assert bias(all_at_once(torch.zeros(1, 4), is_causal=False), context.positions, None, kind) is None
