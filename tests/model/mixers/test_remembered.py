from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.model.context import Context, Memory, all_at_once
from groundup.model.mixers import MIXERS
from groundup.model.mixers.remembered import Remembered
from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of

SETTINGS = ModelSettings(width=16, heads=2, context=32)
SOURCES = 4
LOOKING = [name for name, mixer in MIXERS.items() if getattr(mixer, "attends_memory", False)]
# One choice of rows after another, as a search makes them.
CHOICES = st.lists(st.lists(st.integers(0, 100), min_size=1, max_size=9), min_size=1, max_size=3)


def vectors(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, 16, generator=torch.Generator().manual_seed(seed))


def remembered(parts: dict[str, Tensor], choices: list[list[int]]) -> tuple[Remembered, Tensor]:
    """What is left after the choices, and the source of each row."""
    state, sources = Remembered(parts), torch.arange(SOURCES)
    for choice in choices:
        rows = torch.tensor(choice) % len(sources)
        state, sources = state.chosen(rows), sources[rows]
    return state, sources


@settings(max_examples=100, deadline=None)
@given(CHOICES, st.integers(1, 3))
def test_rows_find_their_sources_and_come_back(choices: list[list[int]], time: int) -> None:
    memory = vectors(1, SOURCES, 3)
    state, sources = remembered({"memory": memory}, choices)
    assert torch.equal(state.of_each("memory"), memory[sources])
    x = vectors(2, len(sources), time)
    assert torch.equal(state.parted(state.gathered(x), time), x)
    # A source that nobody reads any more is gone, and none is there twice.
    assert len(state.parts["memory"]) == len(set(sources.tolist()))


def test_the_memory_stays_where_it_lies_while_all_of_it_is_read() -> None:
    memory = vectors(1, SOURCES, 3)
    state, _ = remembered({"memory": memory}, [[0, 0, 1, 2, 3], [1, 0, 4, 3, 2]])
    assert state.parts["memory"] is memory
    # Nothing is worked out again where every row goes on reading what it read.
    assert state.chosen(torch.tensor([1, 0, 2, 3, 4])) is state
    assert state.chosen(torch.tensor([0, 1, 3, 2, 4])) is not state


@pytest.mark.parametrize("is_padded", [True, False])
@pytest.mark.parametrize("name", LOOKING)
@settings(max_examples=15, deadline=None)
@given(choices=CHOICES, seed=st.integers(0, 1000), time=st.integers(1, 3))
@torch.no_grad()
def test_a_shared_memory_gives_what_a_copy_for_each_row_gives(
    name: str, is_padded: bool, choices: list[list[int]], seed: int, time: int
) -> None:
    """The weights too."""
    mixer: Any = MIXERS[name](SETTINGS, shape_of(SETTINGS), True)
    draws = torch.Generator().manual_seed(seed)
    for weight in mixer.parameters():
        weight.normal_(std=0.1, generator=draws)
    real = (torch.arange(3) < torch.tensor([[3], [1], [2], [3]])) if is_padded else None
    begun = Context(torch.arange(1), memory=Memory(vectors(seed, SOURCES, 3), real=real), keep_state=True)
    _, state = mixer(vectors(seed + 1, SOURCES, 1), begun, None)
    shared, sources = remembered(dict(state.parts), choices)
    own = Remembered({key: part[sources] for key, part in state.parts.items()})
    x = vectors(seed + 2, len(sources), time)
    found = []
    for each in (shared, own):
        maps: list[Tensor] = []
        context = Context(torch.arange(1, 1 + time), maps=maps)
        found.append((mixer.eval()(x, context, each)[0], *maps))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", LOOKING)
def test_a_compiler_can_follow(name: str) -> None:
    """Training compiles the layers; nothing that only decoding needs may stand in its way."""
    mixer = MIXERS[name](SETTINGS, shape_of(SETTINGS), True)
    followed = torch.compile(mixer, backend="eager", fullgraph=True)
    x = vectors(1, 2, 3)
    context = all_at_once(x[..., 0], memory=Memory(vectors(2, 2, 3)))
    assert torch.equal(followed(x, context, None)[0], mixer(x, context, None)[0])
