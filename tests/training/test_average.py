"""The average follows the weights, is lent to the model for a while, and gives them back unharmed."""

from __future__ import annotations

from contextlib import suppress

import pytest
import torch
from tiny_runs import MODEL, VOCABULARY

from groundup.model.model import build_model
from groundup.training.average import averaged, begin_average, follow


def weights(model) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def same(left, right) -> bool:
    return all(torch.equal(left[name], right[name]) for name in left)


def moved(model, by: float) -> None:
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(by)


@pytest.fixture
def model():
    return build_model(MODEL, VOCABULARY, 1)


def test_it_begins_as_a_copy_of_the_weights_and_is_absent_where_off(model):
    assert begin_average(model, 0.0) is None
    average = begin_average(model, 0.9)
    before = weights(model)
    moved(model, 1.0)
    assert same(average, before)


def test_it_follows_by_its_decay_once_it_is_old(model):
    average = begin_average(model, 0.9)
    before = weights(model)
    moved(model, 1.0)
    follow(average, model, 0.9, step=1_000_000)
    for name, was in before.items():
        torch.testing.assert_close(average[name], was + 0.1)


def test_a_young_one_forgets_faster(model):
    average = begin_average(model, 0.999)
    before = weights(model)
    moved(model, 1.0)
    follow(average, model, 0.999, step=1)
    for name, was in before.items():
        torch.testing.assert_close(average[name], was + 9 / 11)


def test_the_model_has_it_inside_the_block_and_its_own_weights_after(model):
    average = begin_average(model, 0.9)
    moved(model, 1.0)
    follow(average, model, 0.9, step=5)
    own, kept = weights(model), {name: tensor.clone() for name, tensor in average.items()}
    with suppress(KeyError), averaged(model, average):
        assert same(weights(model), kept)
        raise KeyError
    assert same(weights(model), own)
    assert same(average, kept)


def test_without_one_the_model_keeps_its_weights(model):
    own = weights(model)
    with averaged(model, None):
        assert same(weights(model), own)
