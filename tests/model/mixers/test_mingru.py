from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.errors import GroundupError
from groundup.model.context import Context, all_at_once
from groundup.model.mixers.mingru import LONGEST, MinGRU
from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of

WIDTH = 8
SETTINGS = ModelSettings(width=WIDTH, heads=2, context=16)
SEEDS = st.integers(0, 10**6)
CLOSE = {"atol": 1e-5, "rtol": 1e-5}


def mixer(is_causal: bool, seed: int = 0, **more: Any) -> MinGRU:
    torch.manual_seed(seed)
    made = MinGRU(replace(SETTINGS, **more), shape_of(SETTINGS), is_causal)
    for weight in made.parameters():
        torch.nn.init.normal_(weight, std=0.7)
    return made.eval()


def rows(seed: int, batch: int, time: int) -> Tensor:
    return torch.randn(batch, time, WIDTH, generator=torch.Generator().manual_seed(seed))


def about(x: Tensor, is_causal: bool, **more: Tensor) -> Context:
    return all_at_once(x[..., 0], is_causal=is_causal, **more)


def slowly(made: MinGRU, x: Tensor) -> Tensor:
    """The paper's recurrence for one row [T, D], position by position, forwards."""
    h, outputs = torch.zeros(WIDTH), []
    for new in x:
        z = torch.sigmoid(made.update(new))
        h = (1 - z) * h + z * made.candidate(new)
        outputs.append(made.output(h * torch.nn.functional.silu(made.gate(new))))
    return torch.stack(outputs)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(1, 12), st.booleans())
def test_it_is_the_papers_recurrence(seed: int, time: int, has_biases: bool) -> None:
    made, x = mixer(True, seed, biases=has_biases), rows(seed, 1, time)
    torch.testing.assert_close(made(x, about(x, True), None)[0][0], slowly(made, x[0]), **CLOSE)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_in_parts_it_reads_what_it_reads_at_once(seed: int, lengths: list[int]) -> None:
    made, x = mixer(True, seed), rows(seed, 2, sum(lengths))
    whole, _ = made(x, about(x, True), None)
    parts, state = [], None
    for part in torch.split(x, lengths, 1):
        y, state = made(part, replace(about(part, True), keep_state=True), state)
        assert state is not None
        assert state["hidden"].shape == (2, WIDTH)
        parts.append(y)
    torch.testing.assert_close(torch.cat(parts, 1), whole, **CLOSE)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.booleans(), st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 3))
def test_a_packed_and_padded_row_reads_each_document_as_if_alone(
    seed: int, is_causal: bool, lengths: list[int], padding: int
) -> None:
    made, x = mixer(is_causal, seed), rows(seed, 1, sum(lengths) + padding)
    documents = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    # Padding may count as a part of the last document or not.
    documents = torch.cat((documents, documents[-1:].expand(padding) + seed % 2))[None]
    real = torch.arange(x.shape[1])[None] < sum(lengths)
    packed, _ = made(x, about(x, is_causal, documents=documents, real=real), None)
    apart = [made(part, about(part, is_causal), None)[0] for part in torch.split(x[:, : sum(lengths)], lengths, 1)]
    torch.testing.assert_close(packed[:, : sum(lengths)], torch.cat(apart, 1), **CLOSE)


@pytest.mark.parametrize("is_causal", [True, False])
def test_what_padding_holds_changes_nothing_at_all(is_causal: bool) -> None:
    made, x = mixer(is_causal), rows(1, 2, 7)
    real = torch.tensor([[True] * 7, [True] * 4 + [False] * 3])
    before, _ = made(x, about(x, is_causal, real=real), None)
    x[1, 4:] = 100.0
    after, _ = made(x, about(x, is_causal, real=real), None)
    assert torch.equal(before[0], after[0])
    assert torch.equal(before[1, :4], after[1, :4])


def test_padding_leaves_the_state_as_the_last_token_left_it() -> None:
    made, x = mixer(True), rows(2, 1, 6)
    real = torch.tensor([[True] * 4 + [False] * 2])
    _, padded = made(x, replace(about(x, True, real=real), keep_state=True), None)
    _, alone = made(x[:, :4], replace(about(x[:, :4], True), keep_state=True), None)
    assert padded is not None
    assert alone is not None
    torch.testing.assert_close(padded["hidden"], alone["hidden"], **CLOSE)


@pytest.mark.parametrize("is_causal", [True, False])
def test_a_decoder_never_looks_ahead_and_an_encoder_does(is_causal: bool) -> None:
    made, x = mixer(is_causal), rows(3, 2, 9)
    before, _ = made(x, about(x, is_causal), None)
    x[:, 5] += 1.0
    after, _ = made(x, about(x, is_causal), None)
    changed = (before != after).any(-1).any(0).tolist()
    assert changed == [not is_causal] * 5 + [True] * 4


def test_an_encoder_reads_the_row_from_both_ends_alike() -> None:
    """With the two halves of its weights exchanged, the mirrored row gives the mirrored result."""
    made, x = mixer(False), rows(4, 1, 6)
    before, _ = made(x, about(x, False), None)
    with torch.no_grad():
        for weight in (made.update.weight, made.candidate.weight, made.gate.weight, made.update.bias):
            weight.copy_(weight.roll(WIDTH // 2, 0))
        made.output.weight.copy_(made.output.weight.roll(WIDTH // 2, 1))
    after, _ = made(x.flip(1), about(x, False), None)
    torch.testing.assert_close(after.flip(1), before, **CLOSE)


@pytest.mark.parametrize("more", [{"is_causal": False}, {"prefix": torch.ones(1, 3, dtype=torch.bool)}])
def test_a_decoder_asked_to_see_what_comes_says_that_it_cannot(more: dict[str, object]) -> None:
    x = rows(5, 1, 3)
    with pytest.raises(GroundupError, match=r"left to right.*model\.encoder"):
        mixer(True)(x, replace(about(x, True), **more), None)


def test_an_encoder_asked_not_to_look_ahead_says_that_it_cannot() -> None:
    x = rows(5, 1, 3)
    with pytest.raises(GroundupError, match=r"both ways.*model\.decoder"):
        mixer(False)(x, about(x, True), None)


@pytest.mark.parametrize("is_causal", [True, False])
def test_a_new_one_remembers_over_short_and_long_spans_in_each_direction(is_causal: bool) -> None:
    made = MinGRU(SETTINGS, shape_of(SETTINGS), is_causal)
    assert made.update.bias is not None
    for direction in made.update.bias.sigmoid().chunk(1 if is_causal else 2):
        assert direction[0].item() == pytest.approx(1 / 2)
        assert direction[-1].item() == pytest.approx(1 / (1 + LONGEST))
        assert direction.diff().max() < 0


@pytest.mark.parametrize("is_causal", [True, False])
def test_compiled_it_gives_the_same(is_causal: bool) -> None:
    made, x = mixer(is_causal), rows(6, 2, 8)
    context = about(x, is_causal, documents=torch.tensor([[0] * 3 + [1] * 5, [0] * 8]))
    compiled = torch.compile(made, backend="aot_eager", dynamic=False, fullgraph=True)
    for run in (made, compiled):
        made.zero_grad()
        y, _ = run(x, context, None)
        y.square().sum().backward()
        gradients = [weight.grad for weight in made.parameters()]
        if run is made:
            expected = [y, *gradients]
    torch.testing.assert_close([y, *gradients], expected)
