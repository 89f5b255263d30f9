from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds import KINDS, PAIRS, Kind, Rows, expected, random_kind, sources_of, texts

from groundup.decoding import engine as engine_module
from groundup.decoding.engine import DecoderEngine, marches
from groundup.errors import GroundupError
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


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.integers(0, 20),
    texts(11, 8, least=2, most=4),
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.data(),
)
def test_every_kind_of_model_gives_step_by_step_and_reordered_what_it_gives_at_once(
    kind: Kind, seed: int, sources: Rows, lengths: list[int], data: st.DataObject
) -> None:
    """Rows of several sources in one padded batch, against each of them alone."""
    model = random_kind(kind, 11, seed)
    engine, tokens = DecoderEngine(model), draw_tokens(seed, len(sources), sum(lengths))
    state, place, order = engine.start(sources_of(model, sources)), 0, torch.arange(len(sources))
    for length in lengths:
        if data.draw(st.booleans(), "reorder"):
            rows = data.draw(st.lists(st.integers(0, len(order) - 1), min_size=1, max_size=5), "rows")
            state, order = engine.reorder(state, torch.tensor(rows)), order[rows]
            tokens = tokens[rows]
        logits, state = engine.step(tokens[:, place : place + length], state)
        place += length
        for row, came_from in enumerate(order.tolist()):
            source = sources[came_from] if engine.reads_sources else None
            whole = expected(model, tokens[row : row + 1, :place], source)[0, -1]
            torch.testing.assert_close(logits[row].log_softmax(0), whole, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", PAIRS, ids=str)
def test_a_source_is_read_once_and_makes_a_difference(kind: Kind) -> None:
    model, tokens = random_kind(kind, 11), torch.tensor([[4, 1, 2]])
    engine, asked = DecoderEngine(model), []
    assert model.encoder is not None
    hook = model.encoder.register_forward_hook(lambda *_: asked.append(1))
    state, other = engine.start([[5, 6, 7]]), engine.start([[5, 6, 8]])
    hook.remove()
    first, state = engine.step(tokens, state)
    engine.step(tokens, state)
    assert len(asked) == 2
    # From the first step on the layers hold what they need of it; nothing more is carried along.
    assert state[2] is None
    assert (first - engine.step(tokens, other)[0]).abs().max() > 1e-4


def test_learned_positions_end_with_an_error(random_model: MakeModel) -> None:
    """The last position may be used, the one behind it not, in whatever steps they come."""
    engine = DecoderEngine(random_model(positions="learned", context=6))
    tokens = draw_tokens(1, 1, 7)
    engine.step(tokens[:, :6], engine.start())
    with pytest.raises(GroundupError, match=r"came to 7 tokens.*positions for 6"):
        engine.step(tokens, engine.start())
    _, state = engine.step(tokens[:, :5], engine.start())
    _, state = engine.step(tokens[:, 5:6], state)
    with pytest.raises(GroundupError, match=r"came to 7 tokens.*positions for 6"):
        engine.step(tokens[:, 6:], state)


def test_a_source_beyond_the_learned_positions_is_an_error(random_model: MakeModel) -> None:
    model = random_model(positions="learned", context=6, encoder=("attention",), decoder=("attention", "cross"))
    DecoderEngine(model).start([[1] * 6])
    with pytest.raises(GroundupError, match=r"source came to 7 tokens.*positions for 6"):
        DecoderEngine(model).start([[1], [1] * 7])


def test_an_encoder_alone_cannot_write(random_model: MakeModel) -> None:
    with pytest.raises(GroundupError, match="has an encoder only"):
        DecoderEngine(random_model(encoder=("attention", "relu_squared"), decoder=()))


def test_an_empty_source_says_what_to_do(random_model: MakeModel) -> None:
    model = random_model(encoder=("attention",), decoder=("attention", "cross"))
    with pytest.raises(GroundupError, match=r"source has no tokens.*end token"):
        DecoderEngine(model).start([[1], []])


def test_sources_are_for_models_with_an_encoder_and_needed_there(random_model: MakeModel) -> None:
    with pytest.raises(GroundupError, match=r"given none.*source for each prompt"):
        DecoderEngine(random_model(encoder=("attention",), decoder=("attention", "cross"))).start()
    with pytest.raises(GroundupError, match=r"no encoder.*as its prompt"):
        DecoderEngine(random_model()).start([[1]])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100), st.integers(1, 6), st.integers(1, 6), st.sampled_from([None, 3]))
def test_a_prompt_may_be_seen_whole(
    random_model: MakeModel, seed: int, prompt: int, written: int, window: int | None
) -> None:
    """As a prefix language model is trained: the prompt reads both ways, what is written only back."""
    model, tokens = random_model(seed=seed, window=window), draw_tokens(seed, 2, prompt + written)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_module, "PREFILL", 2)
        engine = DecoderEngine(model, sees_prompts_whole=True)
        logits, state = engine.step(tokens[:, :prompt], engine.start())
        for place in range(prompt, prompt + written):
            logits, state = engine.step(tokens[:, place : place + 1], state)
    prefix = (torch.arange(prompt + written) < prompt).expand(2, -1)
    with torch.no_grad():
        whole = model.score(model(tokens, all_at_once(tokens, prefix=prefix))[0][:, -1])
    torch.testing.assert_close(logits, whole, atol=1e-5, rtol=1e-5)
    # Where a prompt says one token again and again, looking ahead finds nothing new.
    if window is None and (tokens[:, :prompt] != tokens[:, :1]).any():
        assert (logits - next_logits(model, tokens)).abs().max() > 1e-4


def test_prompts_that_are_seen_whole_march_with_those_of_their_length(random_model: MakeModel) -> None:
    prompts = [[1, 2], [3], [4, 5], [6]]
    assert marches(DecoderEngine(random_model()), prompts) == [[0, 1, 2, 3]]
    assert marches(DecoderEngine(random_model(), sees_prompts_whole=True), prompts) == [[1, 3], [0, 2]]
    assert marches(DecoderEngine(random_model()), []) == []
