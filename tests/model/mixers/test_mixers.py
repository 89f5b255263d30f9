"""The contract of every mixer, whatever its name."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from groundup.model.context import all_at_once
from groundup.model.mixers import MIXERS
from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of

SETTINGS = ModelSettings(width=16, heads=2, context=8)


@pytest.mark.parametrize("name", MIXERS)
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_shape_and_type_stay_and_a_new_mixer_adds_nothing(name: str, kind: torch.dtype) -> None:
    mixer = MIXERS[name](SETTINGS, shape_of(SETTINGS), True)
    x = torch.randn(2, 5, 16).to(kind)
    y, state = mixer(x, all_at_once(x[..., 0]), None)
    assert y.shape == x.shape
    assert y.dtype == kind
    assert not y.any()
    assert state is None


@pytest.mark.parametrize("name", MIXERS)
def test_every_weight_learns(name: str) -> None:
    """None is left out of the arithmetic."""
    mixer = MIXERS[name](SETTINGS, shape_of(SETTINGS), True)
    for weight in mixer.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    x = torch.randn(2, 5, 16)
    mixer(x, all_at_once(x[..., 0]), None)[0].square().sum().backward()
    assert all(weight.grad is not None and weight.grad.any() for weight in mixer.parameters())


@pytest.mark.parametrize("name", MIXERS)
def test_a_state_is_none_or_a_dict_of_tensors(name: str) -> None:
    mixer = MIXERS[name](SETTINGS, shape_of(SETTINGS), True)
    x = torch.randn(3, 5, 16)
    _, state = mixer(x, replace(all_at_once(x[..., 0]), keep_state=True), None)
    for part in (state or {}).values():
        # Batch first, or shared by all rows.
        assert part.ndim == 1 or part.shape[0] == 3
