"""What a recipe leaves open follows from the size; what it says stays."""

from __future__ import annotations

from dataclasses import asdict, fields

import pytest
from hypothesis import given
from hypothesis import strategies as some

from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of
from groundup.training.rates import Rates, batch_tokens_for, rates_for, rows_for
from groundup.training.settings import TrainingSettings

optimizers = some.sampled_from(["muon", "adamw"])
counts = some.integers(1, 10**11)


@given(optimizers, some.integers(1, 64))
def test_every_rate_is_positive_at_any_size(optimizer, size):
    rates = rates_for(TrainingSettings(optimizer=optimizer), shape_of(ModelSettings(size=size)))
    assert all(0 < getattr(rates, field.name) < 1 for field in fields(Rates))


@given(optimizers, some.integers(1, 64), some.floats(1e-6, 10), some.floats(0.01, 10))
def test_a_rate_that_is_said_stays(optimizer, size, rate, factor):
    said = {f"{field.name}_rate": rate for field in fields(Rates)}
    settings = TrainingSettings(optimizer=optimizer, rate_factor=factor, **said)
    assert rates_for(settings, shape_of(ModelSettings(size=size))) == Rates(*(rate for _ in fields(Rates)))


@given(optimizers, some.integers(1, 64), some.floats(0.01, 10))
def test_a_factor_multiplies_all_other_rates_but_that_of_labels(optimizer, size, factor):
    shape = shape_of(ModelSettings(size=size))
    usual, other = (
        asdict(rates_for(TrainingSettings(optimizer=optimizer, rate_factor=times), shape)) for times in (1.0, factor)
    )
    assert other == pytest.approx({name: rate * (1 if name == "label" else factor) for name, rate in usual.items()})


@given(counts, counts)
def test_a_larger_model_never_gets_a_smaller_batch(one, other):
    less, more = sorted([one, other])
    assert 0 < batch_tokens_for(less) <= batch_tokens_for(more) <= 2**20


@given(counts, some.integers(2, 4096), some.integers(1, 64))
def test_rows_make_up_the_batch_together_over_all_passes(parameters, context, accumulate):
    rows = rows_for(TrainingSettings(accumulate=accumulate), context, parameters).batch
    assert rows >= 1
    # Rounded to the nearest whole number of rows.
    assert rows == 1 or abs(rows * context * accumulate - batch_tokens_for(parameters)) <= context * accumulate / 2 + 1


def test_rows_that_are_said_stay():
    settings = TrainingSettings(batch=5)
    assert rows_for(settings, 256, 10**9) is settings
