from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.model.context import Context, all_at_once
from groundup.model.mixers.convolution import BEHIND, Convolution
from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of

WIDTH = 6
SETTINGS = ModelSettings(width=WIDTH, heads=1, context=16)
SEEDS = st.integers(0, 10**6)


def mixer(is_causal: bool, seed: int = 0) -> Convolution:
    torch.manual_seed(seed)
    made = Convolution(SETTINGS, shape_of(SETTINGS), is_causal)
    torch.nn.init.normal_(made.weight)
    return made


def rows(seed: int, batch: int, time: int) -> Tensor:
    return torch.randn(batch, time, WIDTH, generator=torch.Generator().manual_seed(seed))


def about(x: Tensor, is_causal: bool, **more: Tensor) -> Context:
    return all_at_once(x[..., 0], is_causal=is_causal, **more)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.booleans(), st.integers(1, 12))
def test_it_is_the_convolution_of_torch(seed: int, is_causal: bool, time: int) -> None:
    made, x = mixer(is_causal, seed), rows(seed, 2, time)
    # Torch's weights stand in the order of the positions, ours in that of the lags.
    expected = F.conv1d(x.mT, made.weight.flip(-1), padding=BEHIND, groups=WIDTH).mT[:, :time]
    torch.testing.assert_close(made(x, about(x, is_causal), None)[0], expected)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_in_parts_it_reads_what_it_reads_at_once(seed: int, lengths: list[int]) -> None:
    made, x = mixer(True, seed), rows(seed, 2, sum(lengths))
    parts, state = [], None
    for part in torch.split(x, lengths, 1):
        y, state = made(part, replace(about(part, True), keep_state=True), state)
        assert state is not None
        assert state["inputs"].shape == (2, BEHIND, WIDTH)
        parts.append(y)
    assert torch.equal(torch.cat(parts, 1), made(x, about(x, True), None)[0])


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.booleans(), st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 4))
def test_a_packed_and_padded_row_reads_each_document_as_if_alone(
    seed: int, is_causal: bool, lengths: list[int], padding: int
) -> None:
    made, x = mixer(is_causal, seed), rows(seed, 1, sum(lengths) + padding)
    documents = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    documents = torch.cat((documents, documents[-1:].expand(padding)))[None]
    real = torch.arange(x.shape[1])[None] < sum(lengths)
    packed, _ = made(x, about(x, is_causal, documents=documents, real=real), None)
    apart = [made(part, about(part, is_causal), None)[0] for part in torch.split(x[:, : sum(lengths)], lengths, 1)]
    torch.testing.assert_close(packed[:, : sum(lengths)], torch.cat(apart, 1))


@pytest.mark.parametrize("is_causal", [True, False])
def test_it_sees_the_nearest_positions_and_no_others(is_causal: bool) -> None:
    made, x = mixer(is_causal), rows(1, 1, 11)
    before, _ = made(x, about(x, is_causal), None)
    x[:, 5] += 1.0
    after, _ = made(x, about(x, is_causal), None)
    changed = {place for place in range(11) if (before[0, place] != after[0, place]).any()}
    assert changed == set(range(5 if is_causal else 5 - BEHIND, 5 + BEHIND + 1))


def test_in_an_encoder_asked_not_to_look_ahead_it_does_not() -> None:
    made, x = mixer(False), rows(2, 1, 9)
    before, _ = made(x, about(x, True), None)
    x[:, 5] += 1.0
    assert torch.equal(made(x, about(x, True), None)[0][:, :5], before[:, :5])


def test_its_weights_are_no_matrix_for_the_optimizer() -> None:
    assert mixer(True).weight.shape == (WIDTH, 1, BEHIND + 1)
    assert mixer(False).weight.shape == (WIDTH, 1, 2 * BEHIND + 1)


def test_padding_is_no_part_of_the_state() -> None:
    made, x = mixer(True), rows(3, 3, 6)
    lengths = torch.tensor([6, 4, 1])
    context = replace(about(x, True, real=torch.arange(6) < lengths[:, None]), keep_state=True)
    _, state = made(x, context, None)
    assert state is not None
    for row, length in enumerate(lengths.tolist()):
        part = x[row : row + 1, :length]
        _, alone = made(part, replace(about(part, True), keep_state=True), None)
        assert alone is not None
        assert torch.equal(state["inputs"][row], alone["inputs"][0])


@pytest.mark.parametrize("is_causal", [True, False])
def test_without_a_stream_to_add_to_a_new_one_lets_its_input_through(is_causal: bool) -> None:
    x = rows(4, 2, 5)
    made = Convolution(replace(SETTINGS, residual=False), shape_of(SETTINGS), is_causal)
    assert torch.equal(made(x, about(x, is_causal), None)[0], x)
