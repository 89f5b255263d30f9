from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.decoding import engine as engine_module
from groundup.decoding.engine import DecoderEngine
from groundup.model.context import all_at_once
from groundup.model.model import Model

MakeModel = Callable[..., Model]


def draw_tokens(seed: int, rows: int, times: int) -> torch.Tensor:
    return torch.randint(11, (rows, times), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def next_logits(model: Model, tokens: torch.Tensor) -> torch.Tensor:
    """What comes next, from all tokens at once."""
    return model.score(model(tokens, all_at_once(tokens))[0][:, -1])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(1, 9))
def test_steps_of_any_length_give_the_logits_of_the_whole(
    random_model: MakeModel, seed: int, lengths: list[int], prefill: int
) -> None:
    """Also beyond the context, and where a prompt goes through in parts."""
    model, tokens = random_model(seed=seed, context=8), draw_tokens(seed, 2, sum(lengths))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_module, "PREFILL", prefill)
        engine = DecoderEngine(model)
        state, place = engine.start(), 0
        for part in torch.split(tokens, lengths, dim=1):
            logits, state = engine.step(part, state)
            place += part.shape[1]
            assert logits.dtype == torch.float32
            torch.testing.assert_close(logits, next_logits(model, tokens[:, :place]), atol=1e-5, rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=5), st.integers(0, 1000))
def test_reordered_rows_go_on_as_they_are(random_model: MakeModel, rows: list[int], seed: int) -> None:
    model, tokens = random_model(context=8), draw_tokens(seed, 3, 10)
    engine, chosen = DecoderEngine(model), torch.tensor(rows)
    _, state = engine.step(tokens, engine.start())
    following = draw_tokens(seed + 1, len(rows), 2)
    logits, _ = engine.step(following, engine.reorder(state, chosen))
    whole = torch.cat((tokens[chosen], following), 1)
    torch.testing.assert_close(logits, next_logits(model, whole), atol=1e-5, rtol=1e-5)


def test_a_state_can_be_gone_on_from_twice(random_model: MakeModel) -> None:
    engine, tokens = DecoderEngine(random_model()), draw_tokens(1, 1, 6)
    _, state = engine.step(tokens[:, :4], engine.start())
    first, _ = engine.step(tokens[:, 4:], state)
    engine.step(tokens[:, :2], state)
    assert torch.equal(first, engine.step(tokens[:, 4:], state)[0])


def test_the_model_is_put_into_evaluation_and_needs_no_gradients(random_model: MakeModel) -> None:
    model = random_model(dropout=0.5).train()
    engine = DecoderEngine(model)
    assert not model.training
    logits, _ = engine.step(draw_tokens(1, 1, 3), engine.start())
    assert not logits.requires_grad


def test_memory_does_not_grow_beyond_the_context(random_model: MakeModel) -> None:
    engine = DecoderEngine(random_model(context=8))

    def held(state: Any) -> int:
        if isinstance(state, torch.Tensor):
            return state.numel()
        parts = state.values() if isinstance(state, dict) else state if isinstance(state, tuple) else ()
        return sum(map(held, parts))

    _, state = engine.step(draw_tokens(1, 1, 8), engine.start())
    full = held(state)
    for step in range(5):
        _, state = engine.step(draw_tokens(step, 1, 7), state)
        assert held(state) == full
