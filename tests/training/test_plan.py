"""A plan foretells what the run then does."""

from __future__ import annotations

import pytest
import torch
from tiny_runs import MODEL, SETTINGS, VOCABULARY, tiny_training

from groundup.objectives.settings import ObjectiveSettings
from groundup.training.duration import Duration
from groundup.training.plan import predict, product_speed
from groundup.training.settings import TrainingSettings
from groundup.training.trainer import train


def plan(tokens: int | None = 864, **settings):
    return predict(MODEL, TrainingSettings(**(SETTINGS | settings)), VOCABULARY, tokens, flops_per_second=1e9)


@pytest.mark.parametrize("budget", ["12 steps", "2 epochs", "1000 tokens"])
def test_steps_tokens_and_operations_are_those_of_the_run(tmp_path, budget):
    settings = {"budget": Duration.parse(budget), "accumulate": 2, "validations": 0, "sample_tokens": 0}
    foretold = plan(**settings)
    facts = train(tiny_training(tmp_path, **settings))
    for name in ("steps", "tokens", "parameters", "flops", "batch", "precision", "device"):
        assert getattr(foretold, name) == facts[name], name
    assert foretold.epochs == pytest.approx(facts["epochs"], abs=1e-4)
    assert vars(foretold.rates) == facts["rates"]


def test_a_second_pass_is_counted(tmp_path):
    """R-Drop puts every row through the model twice: twice the operations and the time, and what the rows take."""
    more = {"objective": ObjectiveSettings(r_drop=1.0), "validations": 0, "sample_tokens": 0}
    once, twice = plan(), plan(**more)
    assert (twice.flops, twice.seconds) == (2 * once.flops, pytest.approx(2 * once.seconds))
    assert twice.memory > once.memory
    assert twice.disk == once.disk
    assert train(tiny_training(tmp_path, **more))["flops"] == twice.flops


def test_time_is_operations_over_speed():
    foretold = plan()
    assert foretold.seconds == pytest.approx(foretold.flops / 1e9)


def test_a_clock_is_filled():
    foretold = plan(budget=Duration(10, "seconds"))
    assert foretold.seconds == 10
    assert foretold.flops == pytest.approx(10 * 1e9, rel=0.01)


def test_a_text_of_unknown_size_has_no_number_of_epochs():
    assert plan(tokens=None, budget=Duration(2, "epochs")).epochs is None


def test_a_clock_too_short_for_one_update_is_one_update():
    assert plan(budget=Duration(1e-6, "seconds")).steps == 1


def test_the_speed_of_products_is_of_this_world():
    assert 1e7 < product_speed(torch.device("cpu"), torch.float32) < 1e16
