"""The contract of every mixer, whatever its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from groundup.decoding.states import reorder
from groundup.errors import GroundupError
from groundup.model.context import Context, Memory, all_at_once
from groundup.model.mixers import MIXERS
from groundup.model.mixers.remembered import Remembered
from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of

SETTINGS = ModelSettings(width=16, heads=2, context=32)
SEEDS = st.integers(0, 100_000)

Layout = Any
MakeLayout = Callable[..., Layout]


def random_mixer(name: str, is_causal: bool = True, seed: int = 0) -> nn.Module:
    """A mixer with all weights random: a new one's output is zero, and much could hide behind that."""
    draws = torch.Generator().manual_seed(seed)
    mixer = MIXERS[name](SETTINGS, shape_of(SETTINGS), is_causal)
    with torch.no_grad():
        for weight in mixer.parameters():
            weight.normal_(std=0.3, generator=draws)
    return mixer.eval()


def vectors(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, 16, generator=torch.Generator().manual_seed(seed))


def memory_of(rows: int, kind: torch.dtype = torch.float32) -> Memory:
    return Memory(vectors(9, rows, 3).to(kind))


def parts_of(state: Any) -> dict[str, Tensor]:
    """The tensors of a state, by name."""
    return dict(state.parts) if isinstance(state, Remembered) else state or {}


@pytest.mark.parametrize("is_causal", [True, False])
@pytest.mark.parametrize("name", MIXERS)
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_shape_and_type_stay_and_a_new_mixer_adds_nothing(name: str, kind: torch.dtype, is_causal: bool) -> None:
    mixer = MIXERS[name](SETTINGS, shape_of(SETTINGS), is_causal)
    x = vectors(1, 2, 5).to(kind)
    context = all_at_once(x[..., 0], is_causal=is_causal, memory=memory_of(2, kind))
    y, state = mixer(x, context, None)
    assert y.shape == x.shape
    assert y.dtype == kind
    assert not y.any()
    assert state is None
    y, _ = random_mixer(name, is_causal)(x, context, None)
    assert y.dtype == kind
    assert y.any()


@pytest.mark.parametrize("is_causal", [True, False])
@pytest.mark.parametrize("name", MIXERS)
def test_every_weight_learns(name: str, is_causal: bool) -> None:
    """None is left out of the arithmetic."""
    mixer, x = random_mixer(name, is_causal), vectors(1, 2, 5)
    y, _ = mixer(x, all_at_once(x[..., 0], is_causal=is_causal, memory=memory_of(2)), None)
    y.square().sum().backward()
    assert all(weight.grad is not None and weight.grad.any() for weight in mixer.parameters())


@pytest.mark.parametrize("name", MIXERS)
def test_a_state_is_none_or_a_dict_of_tensors(name: str) -> None:
    x = vectors(1, 3, 5)
    context = replace(all_at_once(x[..., 0], memory=memory_of(3)), keep_state=True)
    _, state = random_mixer(name)(x, context, None)
    for part in parts_of(state).values():
        # Batch first, or shared by all rows.
        assert part.ndim == 1 or part.shape[0] == 3


@pytest.mark.parametrize("name", MIXERS)
@settings(max_examples=5, deadline=None)
@given(seed=SEEDS, steps=st.lists(st.integers(1, 4), min_size=2, max_size=6))
@torch.no_grad()
def test_step_by_step_is_all_at_once(name: str, seed: int, steps: list[int]) -> None:
    """In steps of any size, with the memory given to the first call alone; and an old state is left as it was."""
    mixer, x, state = random_mixer(name, seed=seed), vectors(seed, 2, sum(steps)), None
    memory: Memory | None = memory_of(2)
    whole = mixer(x, all_at_once(x[..., 0], memory=memory), None)[0]
    place, parts = 0, []
    for step in steps:
        before = {key: part.clone() for key, part in parts_of(state).items()}
        context = Context(torch.arange(place, place + step), memory=memory, keep_state=True)
        y, following = mixer(x[:, place : place + step], context, state)
        assert all(torch.equal(parts_of(state)[key], part) for key, part in before.items())
        state, memory, place = following, None, place + step
        parts.append(y)
    torch.testing.assert_close(torch.cat(parts, 1), whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", MIXERS)
@torch.no_grad()
def test_rows_of_a_state_can_be_chosen(name: str) -> None:
    """As beam search does: in another order, several times, or not at all."""
    mixer, x, rows = random_mixer(name), vectors(2, 3, 6), torch.tensor([2, 0, 2, 2])
    memory = memory_of(3)
    context = replace(all_at_once(x[:, :4, 0], memory=memory), keep_state=True)
    _, state = mixer(x[:, :4], context, None)
    y, _ = mixer(x[rows, 4:], Context(torch.arange(4, 6), keep_state=True), reorder(state, rows))
    whole = mixer(x, all_at_once(x[..., 0], memory=memory), None)[0]
    torch.testing.assert_close(y, whole[rows, 4:], atol=1e-5, rtol=1e-5)


def context_of(layout: Layout, x: Tensor, hidden: Tensor, is_causal: bool, is_packed: bool) -> Context:
    target, source = layout.target, layout.source
    memory = Memory(hidden, real=source.real, documents=source.documents if is_packed else None)
    documents = target.documents if is_packed else None
    return all_at_once(x[..., 0], documents=documents, real=target.real, is_causal=is_causal, memory=memory)


@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize("is_causal", [True, False])
@pytest.mark.parametrize("name", MIXERS)
@settings(max_examples=4, deadline=None)
@given(seed=SEEDS)
@torch.no_grad()
def test_packed_and_padded_rows_are_what_each_document_is_alone(
    random_layout: MakeLayout, name: str, is_causal: bool, seed: int, is_packed: bool
) -> None:
    layout = random_layout(seed, is_packed)
    x, hidden = vectors(seed, *layout.target.real.shape), vectors(seed + 1, *layout.source.real.shape)
    mixer = random_mixer(name, is_causal, seed)
    whole = mixer(x, context_of(layout, x, hidden, is_causal, is_packed), None)[0]
    for row, target, source in layout.pairs():
        piece = x[row : row + 1, target]
        context = all_at_once(piece[..., 0], is_causal=is_causal, memory=Memory(hidden[row : row + 1, source]))
        alone = mixer(piece, context, None)[0]
        torch.testing.assert_close(whole[row : row + 1, target], alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize("is_made_causal", [True, False])
@pytest.mark.parametrize("name", MIXERS)
@settings(max_examples=4, deadline=None)
@given(seed=SEEDS, is_causal=st.booleans())
@torch.no_grad()
def test_no_position_sees_what_it_may_not(
    random_layout: MakeLayout, name: str, is_made_causal: bool, seed: int, is_packed: bool, is_causal: bool
) -> None:
    """What comes after it, another row, another document, or padding: its output does not change in the last bit.

    A mixer may refuse to look as it is asked to, but not do otherwise.
    """
    layout = random_layout(seed, is_packed)
    rows, time = layout.target.real.shape
    x, hidden = vectors(seed, rows, time), vectors(seed + 1, *layout.source.real.shape)
    mixer = random_mixer(name, is_made_causal, seed)
    context = context_of(layout, x, hidden, is_causal, is_packed)
    try:
        before = mixer(x, context, None)[0]
    except GroundupError:
        assert is_made_causal != is_causal
        return
    documents, real, place = layout.target.documents, layout.target.real, torch.arange(time)
    draws = torch.Generator().manual_seed(seed)
    for row in range(rows):
        column = int(torch.randint(time, (), generator=draws))
        changed = x.clone()
        changed[row, column] = 9 * torch.randn(16, generator=draws)
        after = mixer(changed, context, None)[0]
        may_see = torch.zeros(rows, time, dtype=torch.bool)
        may_see[row] = (documents[row] == documents[row, column]) & real[row, column]
        if is_causal:
            may_see[row] &= place >= column
        hidden_from = real & ~may_see
        assert torch.equal(before[hidden_from], after[hidden_from])

        column = int(torch.randint(hidden.shape[1], (), generator=draws))
        memory = hidden.clone()
        memory[row, column] = 9 * torch.randn(16, generator=draws)
        after = mixer(x, context_of(layout, x, memory, is_causal, is_packed), None)[0]
        may_see[:] = False
        may_see[row] = (documents[row] == layout.source.documents[row, column]) & layout.source.real[row, column]
        hidden_from = real & ~may_see
        assert torch.equal(before[hidden_from], after[hidden_from])


@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize("name", MIXERS)
@settings(max_examples=4, deadline=None)
@given(seed=SEEDS)
@torch.no_grad()
def test_maps_are_shares_of_what_is_visible(random_layout: MakeLayout, name: str, seed: int, is_packed: bool) -> None:
    layout = random_layout(seed, is_packed)
    x, hidden = vectors(seed, *layout.target.real.shape), vectors(seed + 1, *layout.source.real.shape)
    context = replace(context_of(layout, x, hidden, True, is_packed), maps=[])
    random_mixer(name, seed=seed)(x, context, None)
    looks_at = {"attention": layout.target, "cross": layout.source, "additive": layout.source, "luong": layout.source}
    assert len(context.maps or []) == (name in looks_at)
    for weights in context.maps or []:
        seen = looks_at[name]
        assert weights.shape[0] == len(x)
        assert weights.shape[2:] == (x.shape[1], seen.real.shape[1])
        ours = weights.permute(0, 2, 1, 3)[layout.target.real]
        torch.testing.assert_close(ours.sum(-1), torch.ones(ours.shape[:2]))
        elsewhere = (layout.target.documents[:, :, None] != seen.documents[:, None]) | ~seen.real[:, None]
        assert not ours[elsewhere[layout.target.real][:, None].expand_as(ours)].any()
