from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.model.context import all_at_once
from groundup.model.generator import Generator, narrowed
from groundup.model.model import Model, build_model
from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of

READER = {"encoder": ("attention", "glu"), "decoder": ()}


def build(generator: float | None = 0.5, **values: Any) -> Model:
    chosen = {"depth": 2, "width": 16, "heads": 4, "context": 12} | READER | values
    return build_model(ModelSettings(**chosen), 11, 1, generator=generator).eval()


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 6),
    st.integers(1, 12),
    st.sampled_from([2, 4, 16, 64]),
    st.none() | st.sampled_from([2, 8]),
    st.floats(0.05, 1),
)
def test_a_narrow_model_is_a_share_of_the_width_and_as_deep(
    depth: int, heads: int, each: int, head_width: int | None, share: float
) -> None:
    values = ModelSettings(depth=depth, heads=heads, width=heads * each, head_width=head_width, **READER)
    whole, narrow = shape_of(values), shape_of(narrowed(values, share))
    assert narrow.encoder_depth == whole.encoder_depth == depth
    assert narrow.head_width == whole.head_width
    # To the next whole head, or the next even number.
    assert abs(narrow.heads - share * whole.heads) <= 0.5 or narrow.heads == 1
    assert abs(narrow.width - share * whole.width) <= max(each / 2, 1) or narrow.width <= max(2, each)
    assert narrowed(values, 1.0).encoder == values.encoder


def test_widths_said_outright_shrink_too() -> None:
    values = ModelSettings(width=64, heads=4, key_value_heads=2, hidden=96, **READER)
    narrow = shape_of(narrowed(values, 0.25))
    assert (narrow.width, narrow.heads, narrow.key_value_heads, narrow.hidden) == (16, 1, 1, 24)


def test_it_guesses_from_both_sides_and_never_from_padding() -> None:
    model = build()
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=weight.shape[-1] ** -0.5, generator=torch.Generator().manual_seed(3))
    tokens = torch.tensor([[1, 2, 3, 4, 5, 6]])
    real = torch.tensor([[True] * 5 + [False]])
    usual = model.propose(tokens, all_at_once(tokens, real=real, is_causal=False))
    assert usual.shape == (1, 6, 16)
    for place, is_seen in ((0, True), (4, True), (5, False)):
        changed = tokens.clone()
        changed[0, place] = 9
        other = model.propose(changed, all_at_once(changed, real=real, is_causal=False))
        assert torch.equal(usual[0, 2], other[0, 2]) != is_seen


def test_a_generator_changes_no_other_first_weight() -> None:
    plain, other = build(None), build(0.5)
    assert plain.generator is None
    assert isinstance(other.generator, Generator)
    weights = dict(other.named_parameters())
    for name, weight in plain.named_parameters():
        assert torch.equal(weight, weights[name]), name
    assert {name.partition(".")[0] for name in weights if name not in dict(plain.named_parameters())} == {"generator"}


@pytest.mark.parametrize("values", [{"encoder": (), "decoder": ("attention",)}, {"decoder": ("attention", "cross")}])
def test_only_an_encoder_can_have_one(values: dict[str, Any]) -> None:
    with pytest.raises(GroundupError, match=r"an encoder and no decoder") as caught:
        build(0.5, **values)
    assert "model.decoder" in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"positions": "learned", "segments": 2, "norm": "layer", "norm_gain": True, "biases": True, "tied": True},
        {"positions": "relative", "norm_place": "post", "head_transform": True, "scale_embedding": True},
        {"encoder": ("attention", "relu_squared", "attention"), "embedding_skip": False, "key_value_heads": 2},
    ],
)
def test_it_is_made_of_whatever_the_model_is_made_of(values: dict[str, Any]) -> None:
    model = build(0.5, **values).train()
    tokens = torch.randint(11, (2, 5))
    context = all_at_once(tokens, is_causal=False, segments=torch.zeros_like(tokens))
    assert model.score(model.propose(tokens, context)).shape == (2, 5, 11)


def test_it_is_as_deep_as_the_encoder_and_sees_as_far() -> None:
    model = build(0.5, depth=1, encoder_depth=3, encoder=("attention",), context=4, positions="none")
    assert model.generator is not None
    assert len(model.generator.stack.layers) == 3
    maps: list[torch.Tensor] = []
    tokens = torch.arange(9)[None]
    model.propose(tokens, replace(all_at_once(tokens, is_causal=False), maps=maps))
    # Beyond the context that it was trained for, both ways, as an encoder does.
    assert all(bool((weights > 0).all()) for weights in maps)
    assert len(maps) == 3
