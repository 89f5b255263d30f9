"""Every value that could not be trained with is refused, with the name of its key."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest

from groundup.settings import SettingError
from groundup.training.duration import Duration
from groundup.training.settings import FinetuneSettings, TrainingSettings

BAD = {
    "batch": [0, -1],
    "accumulate": [0, -1],
    "log_every": [0],
    "matrix_rate": [0.0, -0.1, 100.0, math.nan],
    "embedding_rate": [0.0],
    "head_rate": [-1.0],
    "scalar_rate": [math.inf],
    "rate_factor": [0.0, -1.0, math.nan, math.inf],
    "layer_decay": [0.0, 1.01, math.nan],
    "unfreeze": [-0.1, math.nan, math.inf],
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


@pytest.mark.parametrize("kind", [TrainingSettings, FinetuneSettings])
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_value_that_makes_no_sense_is_refused_by_name(kind, name, value):
    with pytest.raises(SettingError) as caught:
        kind(**{name: value})
    assert caught.value.field == name


def test_there_is_one_member_at_least():
    with pytest.raises(SettingError, match="members must be 1 or more"):
        FinetuneSettings(members=0)


@pytest.mark.parametrize(
    "values",
    [{}, {"warmup": 0}, {"validations": 0, "sample_tokens": 0}, {"clip": 0.0}, {"cooldown": 0.0}, {"cooldown": 1.0}],
)
def test_the_ends_of_the_ranges_are_allowed(values):
    TrainingSettings(**values)


def test_fine_tuning_has_the_dials_of_training_and_pulls_less():
    tuned, trained = FinetuneSettings(), TrainingSettings()
    assert [field.name for field in fields(tuned)] == [*(field.name for field in fields(trained)), "members", "dropout"]
    assert tuned.weight_decay < trained.weight_decay
