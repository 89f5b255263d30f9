"""Any encoder meets any decoder: what whole models must do, be they recurrent, Transformers or mixtures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.model.context import Context, Memory, all_at_once
from groundup.model.model import Model

Layout = Any
MakeLayout = Callable[..., Layout]
MakeModel = Callable[..., Model]

ENCODERS = {
    "transformer": ("attention", "glu"),
    "lstm": ("lstm",),
    "gru": ("gru", "relu"),
    "mingru": ("mingru", "glu"),
    "mixture": ("convolution", "mingru", "attention", "gelu"),
}
DECODERS = {
    "transformer": ("attention", "cross", "glu"),
    "lstm-additive": ("lstm", "additive"),
    "lstm-luong": ("lstm", "luong"),
    "gru-cross": ("gru", "cross", "relu"),
    "mingru-cross": ("mingru", "cross", "glu"),
    "mixture": ("convolution", "mingru", "additive", "attention", "cross", "gelu"),
}
# The ways of telling positions and of keeping size in turn, so that each family meets some of them.
AROUND = [
    {"positions": "rotary", "norm": "rms", "norm_place": "pre"},
    {"positions": "learned", "norm": "layer", "norm_place": "post", "biases": True, "norm_gain": True},
    {"positions": "sinusoidal", "norm": "layer", "embedding_skip": False, "key_value_heads": 1},
    {"positions": "relative", "attention_scale": 1.0, "query_key_norm": False, "repeats": 2},
    {"positions": "none", "residual": False, "norm_place": "post"},
]
SEEDS = st.integers(0, 100_000)
VOCABULARY = 11
# Half of the pairs read sentences, which these tokens end.
ENDS = (3, 7)
# For each token another one, which ends a sentence where the first does: with one sentence more in a row all others
# would have another shape, and round otherwise.
OTHER = torch.tensor([1, 2, 4, 7, 5, 6, 8, 3, 9, 10, 0])

pairs = pytest.mark.parametrize(("encoder", "decoder"), [(one, other) for one in ENCODERS for other in DECODERS])


def family(make: MakeModel, encoder: str, decoder: str, seed: int) -> Model:
    around = AROUND[seed % len(AROUND)]
    reading = {"sentences": 2, "sentence_ends": ENDS} if seed // len(AROUND) % 2 else {}
    return make(VOCABULARY, seed, encoder=ENCODERS[encoder], decoder=DECODERS[decoder], context=32, **around, **reading)


def exact(model: Model) -> Model:
    """The model in float64, where two ways to the same number agree to 1e-12 and what they do not share stands out.

    In float32 the rounding of four layers with random weights alone comes to more than 1e-5 in one draw of hundreds.
    """
    model.precision = torch.float64
    return model.double()


def tokens(seed: int, *shape: int) -> Tensor:
    return torch.randint(VOCABULARY, shape, generator=torch.Generator().manual_seed(seed))


def read(model: Model, source: Tensor, **rules: Any) -> Memory:
    return model.read(source, all_at_once(source, is_causal=False, **rules))


def answer(
    model: Model, target: Tensor, source: Tensor, layout: Layout | None = None, is_packed: bool = True
) -> Tensor:
    """The decoder's output [B, T, D] for a source."""
    ours, theirs = {}, {}
    if layout is not None:
        ours = {"real": layout.target.real, "documents": layout.target.documents if is_packed else None}
        theirs = {"real": layout.source.real, "documents": layout.source.documents if is_packed else None}
    return model(target, all_at_once(target, memory=read(model, source, **theirs), **ours))[0]


@pairs
@settings(max_examples=2, deadline=None)
@given(seed=SEEDS, steps=st.lists(st.integers(1, 4), min_size=2, max_size=6))
@torch.no_grad()
def test_step_by_step_is_all_at_once(
    random_model: MakeModel, encoder: str, decoder: str, seed: int, steps: list[int]
) -> None:
    model = exact(family(random_model, encoder, decoder, seed))
    source, target = tokens(seed, 2, 5), tokens(seed + 1, 2, sum(steps))
    whole = answer(model, target, source)
    memory: Memory | None = read(model, source)
    state, place, parts = None, 0, []
    for step in steps:
        context = Context(torch.arange(place, place + step), memory=memory, keep_state=True)
        hidden, state = model(target[:, place : place + step], context, state)
        parts.append(hidden)
        # The state remembers it from here on.
        memory, place = None, place + step
    torch.testing.assert_close(torch.cat(parts, 1), whole, atol=1e-12, rtol=1e-12)


@pairs
@settings(max_examples=2, deadline=None)
@given(seed=SEEDS, is_packed=st.booleans())
@torch.no_grad()
def test_packed_and_padded_pairs_are_what_each_is_alone(
    random_model: MakeModel, random_layout: MakeLayout, encoder: str, decoder: str, seed: int, is_packed: bool
) -> None:
    model, layout = exact(family(random_model, encoder, decoder, seed)), random_layout(seed, is_packed)
    source, target = tokens(seed, *layout.source.real.shape), tokens(seed + 1, *layout.target.real.shape)
    whole = answer(model, target, source, layout, is_packed)
    for row, ours, theirs in layout.pairs():
        alone = answer(model, target[row : row + 1, ours], source[row : row + 1, theirs])
        torch.testing.assert_close(whole[row : row + 1, ours], alone, atol=1e-12, rtol=1e-12)


@pairs
@settings(max_examples=2, deadline=None)
@given(seed=SEEDS, is_packed=st.booleans())
@torch.no_grad()
def test_nothing_that_may_not_be_seen_counts(
    random_model: MakeModel, random_layout: MakeLayout, encoder: str, decoder: str, seed: int, is_packed: bool
) -> None:
    """Later tokens, other rows and documents, and padding on both sides: 0 change, not little."""
    model, layout = exact(family(random_model, encoder, decoder, seed)), random_layout(seed, is_packed)
    source, target = tokens(seed, *layout.source.real.shape), tokens(seed + 1, *layout.target.real.shape)
    before = answer(model, target, source, layout, is_packed)
    rows, time = target.shape
    draws = torch.Generator().manual_seed(seed)
    real, documents = layout.target.real, layout.target.documents
    for changed_side, changed in ((layout.target, target.clone()), (layout.source, source.clone())):
        row = int(torch.randint(rows, (), generator=draws))
        column = int(torch.randint(changed.shape[1], (), generator=draws))
        changed[row, column] = OTHER[changed[row, column]]
        is_target = changed_side is layout.target
        after = answer(model, changed if is_target else target, source if is_target else changed, layout, is_packed)
        may_see = torch.zeros(rows, time, dtype=torch.bool)
        may_see[row] = (documents[row] == changed_side.documents[row, column]) & changed_side.real[row, column]
        if is_target:
            may_see[row] &= torch.arange(time) >= column
        assert torch.equal(before[real & ~may_see], after[real & ~may_see])


@pytest.mark.parametrize("encoder", ENCODERS)
@settings(max_examples=8, deadline=None)
@given(seed=SEEDS, is_packed=st.booleans())
@torch.no_grad()
def test_an_encoder_alone_reads_each_document_by_itself(
    random_model: MakeModel, random_layout: MakeLayout, encoder: str, seed: int, is_packed: bool
) -> None:
    around = AROUND[seed % len(AROUND)]
    model = exact(random_model(VOCABULARY, seed, encoder=ENCODERS[encoder], decoder=(), context=32, **around))
    layout = random_layout(seed, is_packed)
    target = tokens(seed, *layout.target.real.shape)
    documents = layout.target.documents if is_packed else None
    context = all_at_once(target, is_causal=False, documents=documents, real=layout.target.real)
    whole = model(target, context)[0]
    for row, ours, _ in layout.pairs():
        piece = target[row : row + 1, ours]
        alone = model(piece, all_at_once(piece, is_causal=False))[0]
        torch.testing.assert_close(whole[row : row + 1, ours], alone, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("seed", [0, len(AROUND)], ids=["tokens", "sentences"])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pairs
def test_every_weight_of_a_pair_learns(
    random_model: MakeModel, encoder: str, decoder: str, kind: torch.dtype, seed: int
) -> None:
    model = family(random_model, encoder, decoder, seed)
    model.precision = kind
    hidden = answer(model, tokens(1, 2, 6), tokens(2, 2, 5))
    assert hidden.dtype == kind
    # The encoder's among them: its memory is looked at.
    model.score(hidden).square().mean().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.any(), name
