"""Every value that could not be trained with is refused, with the name of its key."""

from __future__ import annotations

import math

import pytest

from groundup.settings import SettingError
from groundup.training.duration import Duration
from groundup.training.settings import TrainingSettings

BAD = {
    "batch": [0, -1],
    "accumulate": [0, -1],
    "log_every": [0],
    "matrix_rate": [0.0, -0.1, 100.0, math.nan],
    "embedding_rate": [0.0],
    "head_rate": [-1.0],
    "scalar_rate": [math.inf],
    "weight_decay": [-0.1, math.nan],
    "clip": [-1.0],
    "validations": [-1],
    "sample_tokens": [-1],
    "warmup": [-1],
    "momentum": [1.0, -0.1],
    "average": [1.0, -0.1],
    "final_rate": [1.0],
    "cooldown": [-0.1, 1.1],
    "validation_tokens": [0],
    "betas": [(0.9,), (0.9, 1.0), (-0.1, 0.9), (0.9, 0.9, 0.9)],
    "checkpoint_every": [Duration(1, "epochs")],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_value_that_makes_no_sense_is_refused_by_name(name, value):
    with pytest.raises(SettingError) as caught:
        TrainingSettings(**{name: value})
    assert caught.value.field == name


@pytest.mark.parametrize(
    "values",
    [{}, {"warmup": 0}, {"validations": 0, "sample_tokens": 0}, {"clip": 0.0}, {"cooldown": 0.0}, {"cooldown": 1.0}],
)
def test_the_ends_of_the_ranges_are_allowed(values):
    TrainingSettings(**values)
