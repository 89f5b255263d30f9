from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.model.context import Context, all_at_once
from groundup.model.mixers.attention import Attention
from groundup.model.model import Model, build_model
from groundup.model.settings import ModelSettings

MakeModel = Callable[..., Model]

SHAPES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "context": st.integers(2, 12),
        "window": st.none() | st.integers(1, 8),
        "positions": st.sampled_from(["rotary", "none"]),
        "query_key_norm": st.booleans(),
    }
)
HEADS = st.sampled_from([(16, 2, 2), (16, 4, 2), (24, 3, 1), (32, 1, 1), (32, 4, 4)])


def attention_of(make: MakeModel, **shape: Any) -> Attention:
    model = make(decoder=("attention",), depth=1, **shape)
    mixer = model.decoder.layers[0].mixers[0]
    assert isinstance(mixer, Attention)
    return mixer


def inputs(seed: int, times: int, width: int) -> Tensor:
    return torch.randn(2, times, width, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def run(mixer: Attention, x: Tensor, **surroundings: Any) -> Tensor:
    y: Tensor = mixer(x, all_at_once(x[..., 0], **surroundings), None)[0]
    return y


@torch.no_grad()
def plain_attention(mixer: Attention, values: ModelSettings, x: Tensor, is_causal: bool) -> Tensor:
    """Attention as the papers write it, one row, head and position at a time, in double precision."""
    x = x.double()
    weights = {name: weight.double() for name, weight in mixer.named_parameters()}
    width = x.shape[-1] // mixer.heads
    reach = min(values.window or values.context, values.context)

    def one_head(name: str, row: Tensor, number: int) -> Tensor:
        vectors = row @ weights[f"{name}.weight"][number * width : (number + 1) * width].T
        if name == "value":
            return vectors
        if values.query_key_norm:
            vectors = 1.2 * vectors / vectors.square().mean(-1, keepdim=True).sqrt()
        if values.positions == "rotary":
            rates = 10_000.0 ** (-torch.arange(width // 2, dtype=torch.float64) * 2 / width)
            angles = torch.arange(len(row))[:, None] * rates
            turned = torch.complex(vectors[:, : width // 2], vectors[:, width // 2 :]) * torch.exp(1j * angles)
            vectors = torch.cat((turned.real, turned.imag), -1)
        return vectors

    rows = []
    for row in x:
        heads = []
        for head in range(mixer.heads):
            q = one_head("query", row, head)
            k, v = (one_head(name, row, head * mixer.groups // mixer.heads) for name in ("key", "value"))
            outputs = []
            for t in range(len(row)):
                last = t + 1 if is_causal else min(t + reach, len(row))
                near = slice(max(0, t - reach + 1), last)
                outputs.append((k[near] @ q[t] / width**0.5).softmax(0) @ v[near])
            heads.append(torch.stack(outputs))
        rows.append(torch.cat(heads, -1) @ weights["output.weight"].T)
    return torch.stack(rows).float()


@settings(max_examples=60, deadline=None)
@given(SHAPES, HEADS, st.integers(1, 15), st.booleans())
def test_it_is_the_attention_of_the_papers(
    random_model: MakeModel, shape: dict[str, Any], heads: tuple[int, int, int], times: int, is_causal: bool
) -> None:
    width, count, groups = heads
    shape = shape | {"width": width, "heads": count, "key_value_heads": groups}
    mixer = attention_of(random_model, **shape)
    values = ModelSettings(**{name: value for name, value in shape.items() if name != "seed"})
    x = inputs(shape["seed"], times, width)
    expected = plain_attention(mixer, values, x, is_causal)
    torch.testing.assert_close(run(mixer, x, is_causal=is_causal), expected, atol=1e-5, rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(SHAPES, st.integers(1, 12), st.sampled_from([(4, 2), (4, 1), (3, 1), (2, 2)]))
def test_grouped_heads_are_plain_heads_with_shared_keys_and_values(
    random_model: MakeModel, shape: dict[str, Any], times: int, heads: tuple[int, int]
) -> None:
    count, groups = heads
    grouped = attention_of(random_model, width=count * 8, heads=count, key_value_heads=groups, **shape)
    plain = attention_of(random_model, width=count * 8, heads=count, **shape)
    with torch.no_grad():
        for name in ("query", "output"):
            getattr(plain, name).weight.copy_(getattr(grouped, name).weight)
        for name in ("key", "value"):
            shared = getattr(grouped, name).weight.view(groups, 8, -1)
            getattr(plain, name).weight.copy_(shared.repeat_interleave(count // groups, 0).flatten(0, 1))
    x = inputs(shape["seed"], times, count * 8)
    torch.testing.assert_close(run(grouped, x), run(plain, x), atol=1e-5, rtol=1e-5)


def test_as_many_groups_as_heads_is_the_same_model(random_model: MakeModel) -> None:
    one = random_model(heads=4, key_value_heads=4)
    other = random_model(heads=4)
    tokens = torch.tensor([[1, 2, 3, 4]])
    context = all_at_once(tokens)
    assert torch.equal(one(tokens, context)[0], other(tokens, context)[0])


@pytest.mark.parametrize("name", ["query", "key"])
def test_the_norm_keeps_the_size_of_queries_and_keys_out(random_model: MakeModel, name: str) -> None:
    mixer, x = attention_of(random_model, query_key_norm=True), inputs(1, 6, 16)
    before = run(mixer, x)
    with torch.no_grad():
        getattr(mixer, name).weight.mul_(9)
    torch.testing.assert_close(run(mixer, x), before, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("window", "context", "kept"), [(None, 6, 5), (3, 6, 2), (9, 6, 5), (1, 6, 0)])
def test_the_state_is_what_the_next_position_may_see(
    random_model: MakeModel, window: int | None, context: int, kept: int
) -> None:
    mixer = attention_of(random_model, window=window, context=context, heads=4, key_value_heads=2)
    x, state = inputs(1, 20, 16), None
    for place in range(20):
        _, state = mixer(x[:, place : place + 1], Context(torch.tensor([place]), keep_state=True), state)
        length = min(place + 1, kept)
        assert state["keys"].shape == state["values"].shape == (2, 2, length, 4)
        assert state["positions"].tolist() == list(range(place + 1 - length, place + 1))


def test_no_state_is_kept_unasked(random_model: MakeModel) -> None:
    mixer, x = attention_of(random_model), inputs(1, 3, 16)
    assert mixer(x, all_at_once(x[..., 0]), None)[1] is None


def test_the_callers_state_is_left_as_it_was(random_model: MakeModel) -> None:
    """Two continuations of one beginning do not disturb each other."""
    mixer, x = attention_of(random_model), inputs(1, 5, 16)
    keep = replace(all_at_once(x[:, :4, 0]), keep_state=True)
    _, state = mixer(x[:, :4], keep, None)
    copies = {name: part.clone() for name, part in state.items()}
    following = Context(torch.tensor([4]), keep_state=True)
    first, _ = mixer(x[:, 4:], following, state)
    mixer(-x[:, 4:], following, state)
    assert all(torch.equal(state[name], copy) for name, copy in copies.items())
    assert torch.equal(first, mixer(x[:, 4:], following, state)[0])


@pytest.mark.parametrize("kind", ["attention", "cross"])
def test_first_logits_are_of_one_size_whatever_the_scale(kind: str) -> None:
    settings = ModelSettings(width=256, heads=4, depth=1, encoder=("attention",), decoder=("attention", "cross"))
    sizes = []
    for scale in (None, 1.0, 0.01):
        model = build_model(replace(settings, attention_scale=scale), 11, seed=0)
        mixer = model.decoder.layers[0].mixers[("attention", "cross").index(kind)]
        x = torch.randn(50, 256, generator=torch.Generator().manual_seed(1))
        logits = (mixer.query(x).view(50, 4, 64) * mixer.key(x).view(50, 4, 64)).sum(-1) * mixer.scale
        sizes.append(float(logits.std().detach()))
    assert sizes == pytest.approx([sizes[0]] * 3, rel=1e-3)
