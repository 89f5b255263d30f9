from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from groundup.model.context import all_at_once
from groundup.model.mixers.feedforward import FEEDFORWARDS
from groundup.model.model import parameter_count
from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of

SETTINGS = ModelSettings(width=16, heads=2)


def random_mixer(name: str) -> nn.Module:
    torch.manual_seed(1)
    mixer = FEEDFORWARDS[name](SETTINGS, shape_of(SETTINGS), True)
    for weight in mixer.parameters():
        nn.init.normal_(weight, std=0.3)
    return mixer


def run(mixer: nn.Module, x: torch.Tensor) -> torch.Tensor:
    y, state = mixer(x, all_at_once(x[..., 0]), None)
    assert state is None
    return y


def test_relu_squared_is_its_formula() -> None:
    mixer, x = random_mixer("relu_squared"), torch.randn(2, 5, 16)
    inner = x @ mixer.inner.weight.T
    expected = torch.where(inner > 0, inner**2, 0) @ mixer.output.weight.T
    torch.testing.assert_close(run(mixer, x), expected, atol=1e-5, rtol=1e-5)


def test_the_gated_one_is_its_formula() -> None:
    mixer, x = random_mixer("glu"), torch.randn(2, 5, 16)
    gate = x @ mixer.gate.weight.T
    inner = gate * torch.sigmoid(gate) * (x @ mixer.inner.weight.T)
    torch.testing.assert_close(run(mixer, x), F.linear(inner, mixer.output.weight), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", FEEDFORWARDS)
def test_each_position_is_on_its_own(name: str) -> None:
    mixer, x = random_mixer(name), torch.randn(2, 5, 16)
    parts = [run(mixer, x[:, place : place + 1]) for place in range(5)]
    torch.testing.assert_close(run(mixer, x), torch.cat(parts, 1), atol=1e-5, rtol=1e-5)


@settings(deadline=None)
@given(st.integers(2, 32).map(lambda n: n * 32))
def test_gating_costs_about_as_many_parameters(width: int) -> None:
    values = ModelSettings(width=width, heads=1)
    with torch.device("meta"):
        plain, gated = (FEEDFORWARDS[name](values, shape_of(values), True) for name in ("relu_squared", "glu"))
    # The inner layer is rounded to a multiple of 8: by 4 units at most, of 170 in the smallest.
    assert parameter_count(gated) == pytest.approx(parameter_count(plain), rel=4 / 170)
