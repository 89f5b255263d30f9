"""What must hold for a whole model, whatever its settings: shown on tiny models with random weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.model.context import Context, all_at_once
from groundup.model.model import Model, build_model, parameter_count
from groundup.model.settings import ModelSettings, from_preset
from groundup.model.sizes import shape_of

MakeModel = Callable[..., Model]
VOCABULARY = 11

SHAPES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "depth": st.integers(1, 2),
        "repeats": st.integers(1, 2),
        "context": st.integers(2, 12),
        "window": st.none() | st.integers(1, 14),
        "positions": st.sampled_from(["rotary", "none"]),
        "query_key_norm": st.booleans(),
        "embedding_skip": st.booleans(),
        "tied": st.booleans(),
        "decoder": st.sampled_from([("attention", "relu_squared"), ("attention", "glu"), ("attention",), ("glu",)]),
    }
)
HEADS = st.sampled_from(
    [
        {"width": 16, "heads": 2},
        {"width": 16, "heads": 4, "key_value_heads": 2},
        {"width": 24, "heads": 3, "key_value_heads": 1},
        {"width": 32, "heads": 4, "key_value_heads": 4},
    ]
)
SETTINGS = st.builds(lambda shape, heads: shape | heads, SHAPES, HEADS)

many = settings(max_examples=60, deadline=None)


def draw_tokens(seed: int, rows: int, times: int) -> Tensor:
    return torch.randint(VOCABULARY, (rows, times), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def logits(model: Model, tokens: Tensor, **surroundings: Any) -> Tensor:
    """[B, T, V], all positions at once."""
    hidden, _ = model(tokens, all_at_once(tokens, **surroundings))
    return model.score(hidden)


@torch.no_grad()
def logits_in_parts(model: Model, tokens: Tensor, lengths: list[int]) -> Tensor:
    """The same in several calls, each going on from the state that the call before left."""
    state, place, parts = None, 0, []
    for part in torch.split(tokens, lengths, dim=1):
        positions = torch.arange(place, place + part.shape[1])
        hidden, state = model(part, Context(positions, keep_state=True), state)
        parts.append(model.score(hidden))
        place += part.shape[1]
    return torch.cat(parts, 1)


def close(one: Tensor, other: Tensor) -> None:
    torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


@many
@given(st.data(), SETTINGS)
def test_in_parts_of_any_length_equals_all_at_once(
    random_model: MakeModel, data: st.DataObject, shape: dict[str, Any]
) -> None:
    """Also beyond the context, where the parts' state has long forgotten the first positions."""
    model = random_model(**shape)
    lengths = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=6))
    tokens = draw_tokens(shape["seed"], 2, sum(lengths))
    whole = logits(model, tokens)
    close(logits_in_parts(model, tokens, lengths), whole)
    close(logits_in_parts(model, tokens, [1] * sum(lengths)), whole)


@many
@given(st.data(), SETTINGS, st.integers(2, 20))
def test_no_position_sees_a_later_one(
    random_model: MakeModel, data: st.DataObject, shape: dict[str, Any], times: int
) -> None:
    model = random_model(**shape)
    tokens = draw_tokens(shape["seed"], 2, times)
    place = data.draw(st.integers(1, times - 1))
    changed = tokens.clone()
    changed[:, place:] = draw_tokens(shape["seed"] + 1, 2, times - place)
    assert torch.equal(logits(model, tokens)[:, :place], logits(model, changed)[:, :place])


@many
@given(SETTINGS, st.integers(0, 25))
def test_a_layer_looks_back_no_further_than_its_window(
    random_model: MakeModel, shape: dict[str, Any], times: int
) -> None:
    """One layer sees `reach` positions, itself counted, and each further layer as many again less one."""
    model = random_model(**shape)
    attentions = shape["depth"] * shape["repeats"] * shape["decoder"].count("attention")
    reach = attentions * (min(shape["window"] or shape["context"], shape["context"]) - 1)
    tokens = draw_tokens(shape["seed"], 1, reach + times + 2)
    changed = tokens.clone()
    changed[:, 0] = (tokens[:, 0] + 1) % VOCABULARY
    before, after = logits(model, tokens), logits(model, changed)
    assert torch.equal(before[:, reach + 1 :], after[:, reach + 1 :])
    # It does see what it may, so the equality above means something.
    assert not torch.equal(before[:, 0], after[:, 0])
    if reach:
        assert not torch.equal(before[:, 1 : reach + 1], after[:, 1 : reach + 1])


def packed(data: st.DataObject, seed: int, most: int) -> tuple[Tensor, Tensor, list[int]]:
    """Two rows of documents, numbered at random but alike in both: tokens, document numbers, lengths."""
    lengths = data.draw(st.lists(st.integers(1, most), min_size=2, max_size=4))
    numbers = data.draw(st.permutations(range(-1, len(lengths) - 1)))
    documents = torch.tensor([n for n, length in zip(numbers, lengths, strict=True) for _ in range(length)])
    return draw_tokens(seed, 2, sum(lengths)), documents.expand(2, -1), lengths


@many
@given(st.data(), SETTINGS, st.booleans())
def test_packed_documents_equal_the_documents_alone(
    random_model: MakeModel, data: st.DataObject, shape: dict[str, Any], is_causal: bool
) -> None:
    model = random_model(**shape)
    tokens, documents, lengths = packed(data, shape["seed"], most=8)
    whole = logits(model, tokens, documents=documents, is_causal=is_causal)
    alone = [logits(model, part, is_causal=is_causal) for part in torch.split(tokens, lengths, dim=1)]
    close(whole, torch.cat(alone, 1))


@many
@given(st.data(), SETTINGS, st.booleans())
def test_no_document_sees_another(
    random_model: MakeModel, data: st.DataObject, shape: dict[str, Any], is_causal: bool
) -> None:
    model = random_model(**shape)
    tokens, documents, _ = packed(data, shape["seed"], most=6)
    hit = int(documents[0, data.draw(st.integers(0, documents.shape[1] - 1))])
    is_hit = documents == hit
    changed = torch.where(is_hit, (tokens + 1) % VOCABULARY, tokens)
    before = logits(model, tokens, documents=documents, is_causal=is_causal)
    after = logits(model, changed, documents=documents, is_causal=is_causal)
    assert torch.equal(before[~is_hit], after[~is_hit])
    assert not torch.equal(before[is_hit], after[is_hit])


@many
@given(st.data(), SETTINGS, st.booleans())
def test_no_position_sees_padding(
    random_model: MakeModel, data: st.DataObject, shape: dict[str, Any], is_causal: bool
) -> None:
    """Wherever the padding stands: behind, before, in between, or all along a row."""
    model = random_model(**shape)
    times = data.draw(st.integers(1, 12))
    row = st.lists(st.booleans(), min_size=times, max_size=times)
    real = torch.tensor(data.draw(st.lists(row, min_size=2, max_size=2)))
    tokens = draw_tokens(shape["seed"], 2, times)
    changed = torch.where(real, tokens, (tokens + 1) % VOCABULARY)
    before = logits(model, tokens, real=real, is_causal=is_causal)
    after = logits(model, changed, real=real, is_causal=is_causal)
    assert bool(before.isfinite().all())
    assert torch.equal(before[real], after[real])


@many
@given(SETTINGS, st.integers(1, 10), st.integers(1, 4))
def test_padding_behind_changes_nothing(
    random_model: MakeModel, shape: dict[str, Any], times: int, padding: int
) -> None:
    model = random_model(**shape)
    tokens = draw_tokens(shape["seed"], 2, times + padding)
    real = (torch.arange(times + padding) < times).expand(2, -1)
    for is_causal in (True, False):
        whole = logits(model, tokens, real=real, is_causal=is_causal)
        close(whole[:, :times], logits(model, tokens[:, :times], is_causal=is_causal))


@many
@given(SETTINGS)
def test_rows_do_not_see_each_other(random_model: MakeModel, shape: dict[str, Any]) -> None:
    model = random_model(**shape)
    tokens = draw_tokens(shape["seed"], 3, 7)
    close(logits(model, tokens), torch.cat([logits(model, row[None]) for row in tokens]))


def test_without_causality_both_sides_are_seen(random_model: MakeModel) -> None:
    model, tokens = random_model(), draw_tokens(1, 1, 5)
    changed = tokens.clone()
    changed[0, 4] += 1
    assert not torch.equal(logits(model, tokens, is_causal=False)[:, 0], logits(model, changed, is_causal=False)[:, 0])


@pytest.mark.parametrize("positions", ["rotary", "none"])
def test_where_a_text_begins_does_not_matter(random_model: MakeModel, positions: str) -> None:
    """Only distances count, so a row may begin at any position."""
    model, tokens = random_model(positions=positions), draw_tokens(1, 2, 9)
    with torch.no_grad():
        moved = model.score(model(tokens, Context(torch.arange(9) + 50))[0])
    torch.testing.assert_close(moved, logits(model, tokens), atol=1e-4, rtol=1e-4)


def test_the_order_of_tokens_matters(random_model: MakeModel) -> None:
    model = random_model()
    one, other = (logits(model, torch.tensor([row]))[0, -1] for row in ([1, 2, 3], [2, 1, 3]))
    assert not torch.allclose(one, other, atol=1e-3)


@pytest.mark.parametrize("vocabulary", [2, 11, 300])
def test_a_new_model_guesses_uniformly(vocabulary: int) -> None:
    model = build_model(ModelSettings(size=1), vocabulary, seed=1)
    shares = logits(model, torch.tensor([[0, 1, 0]])).log_softmax(-1)
    close(shares, torch.full((1, 3, vocabulary), -math.log(vocabulary)))


@pytest.mark.parametrize("cap", [1.0, 15.0, 0.0])
def test_logits_stay_within_the_soft_cap(random_model: MakeModel, cap: float) -> None:
    model = random_model(soft_cap=cap)
    hidden = torch.randn(50, 16) * 20
    free = hidden @ model.head.weight.detach().T
    got = model.score(hidden).detach()
    close(got, cap * torch.tanh(free / cap) if cap else free)
    assert not cap or float(got.abs().max()) <= cap


def test_a_tied_model_scores_with_its_embedding(random_model: MakeModel) -> None:
    model = random_model(tied=True, soft_cap=0.0)
    hidden = torch.randn(3, 16)
    assert model.head is None
    close(model.score(hidden).detach(), hidden @ model.embedding.weight.detach().T)


@pytest.mark.parametrize("tied", [True, False])
def test_embeddings_of_either_side_begin_no_louder_than_the_positions_added_to_them(tied: bool) -> None:
    settings = from_preset("transformer", size=1, width=64, heads=1, tied=tied)
    model = build_model(settings, 200, seed=1, source_vocabulary=300)
    assert model.source_embedding is not None
    for table in (model.embedding, model.source_embedding):
        # They are multiplied by 8, the root of the width; waves have a root mean square of 0.7.
        assert float(table.weight.detach().std()) == pytest.approx(1 / 8, rel=0.05)


def test_in_bfloat16_logits_are_in_full_precision_and_near(random_model: MakeModel) -> None:
    model, tokens = random_model(), draw_tokens(1, 2, 12)
    whole = logits(model, tokens)
    model.precision = torch.bfloat16
    hidden, _ = model(tokens, all_at_once(tokens))
    assert hidden.dtype == torch.bfloat16
    rough = logits(model, tokens)
    assert rough.dtype == torch.float32
    # Eight bits of mantissa through two layers; logits are of size 1.
    assert float((rough - whole).abs().max()) < 0.15
    assert all(weight.dtype == torch.float32 for weight in model.parameters())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**63 - 1))
def test_first_weights_depend_on_the_seed_alone(seed: int) -> None:
    values = ModelSettings(depth=1, width=16, heads=2)
    before = torch.get_rng_state()
    one = build_model(values, VOCABULARY, seed)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(3)
    other, third = build_model(values, VOCABULARY, seed), build_model(values, VOCABULARY, seed + 1 & 2**63 - 1)
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(one.embedding.weight, third.embedding.weight)


@settings(max_examples=40, deadline=None)
@given(SETTINGS, st.integers(2, 50), st.floats(0.25, 8))
def test_the_count_of_parameters_is_the_formula(shape: dict[str, Any], vocabulary: int, expansion: float) -> None:
    values = ModelSettings(**{name: value for name, value in shape.items() if name != "seed"}, expansion=expansion)
    sizes = shape_of(values)
    width, shared = sizes.width, sizes.key_value_heads * sizes.head_width
    inner = max(8, round(sizes.hidden * 2 / 3 / 8) * 8)
    each = {
        "attention": 2 * width * width + 2 * width * shared,
        "relu_squared": 2 * width * sizes.hidden,
        "glu": 3 * width * inner,
    }
    layer = sum(each[name] for name in values.decoder) + 2 * values.embedding_skip
    times = values.repeats * width if values.repeats > 1 else 0
    expected = vocabulary * width * (1 if values.tied else 2) + sizes.depth * layer + times
    assert parameter_count(build_model(values, vocabulary, seed=1)) == expected


def test_settings_that_change_the_arithmetic_do_change_it(random_model: MakeModel) -> None:
    """So that a switch which is read nowhere would be noticed."""
    tokens = draw_tokens(1, 1, 12)
    usual = random_model(context=12)
    for change in (
        {"window": 3},
        {"positions": "none"},
        {"query_key_norm": False},
        {"soft_cap": 1.0},
        {"embedding_skip": False},
        {"context": 4},
        {"heads": 4},
        {"repeats": 2},
    ):
        other = Model(replace(usual.settings, **change), VOCABULARY).eval()
        other.load_state_dict(usual.state_dict(), strict=False)
        assert not torch.allclose(logits(usual, tokens), logits(other, tokens), atol=1e-3), change
