"""A budget becomes a number of steps once, and stays it."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from groundup.errors import DamagedError
from groundup.training.duration import Duration
from groundup.training.horizon import Horizon, read_horizon, seconds_of, settled, steps_in, write_horizon
from groundup.training.schedule import falls_next, rate_factor, thawed
from groundup.training.settings import TrainingSettings


@pytest.mark.parametrize(
    ("budget", "steps"),
    [
        ("1 step", 1),
        ("2000 steps", 2000),
        ("100 tokens", 1),
        ("1000 tokens", 10),
        ("1001 tokens", 11),
        ("1 epoch", 50),
        ("2.5 epochs", 125),
        ("0.001 epochs", 1),
    ],
)
def test_steps_of_each_unit_at_100_tokens_a_step_and_5000_an_epoch(budget, steps):
    assert steps_in(Duration.parse(budget), 100, 5000) == steps


@given(some.integers(1, 10**9), some.integers(1, 10**6))
def test_the_fewest_steps_that_read_all_tokens(tokens, per_step):
    steps = steps_in(Duration(tokens, "tokens"), per_step, 1)
    assert (steps - 1) * per_step < tokens <= steps * per_step


def test_a_measurement_is_the_median_after_warm_up_within_its_share():
    durations = iter([0.2, 0.1] + [0.002] * 3 + [0.05] + [0.002] * 10_000)
    calls = []

    def work():
        calls.append(1)
        time.sleep(next(durations))

    began = time.perf_counter()
    assert seconds_of(work, budget=1.0) == pytest.approx(0.002, rel=1)
    # The least measurement takes half a second, whatever the share.
    assert 0.5 < time.perf_counter() - began < 5
    assert len(calls) > 6


def test_slow_work_is_measured_four_times():
    calls = []
    seconds_of(lambda: (calls.append(1), time.sleep(0.2)), budget=1.0)
    assert len(calls) == 2 + 4


def test_a_horizon_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "horizon.json"
    assert read_horizon(path) is None
    horizon = Horizon(123, "3 minutes", True, 0.25)
    write_horizon(path, horizon)
    assert read_horizon(path) == horizon


@pytest.mark.parametrize("text", ["", "{", "[]", "3", json.dumps({"steps": 3}), json.dumps({"stepps": 3})])
def test_a_damaged_horizon_says_so(tmp_path, text):
    path = tmp_path / "horizon.json"
    path.write_text(text)
    with pytest.raises(DamagedError) as caught:
        read_horizon(path)
    assert str(path) in str(caught.value)


def clocked(seconds: float, **settings: float) -> TrainingSettings:
    return TrainingSettings(budget=Duration(seconds, "seconds"), **settings)


def test_the_end_is_moved_to_where_the_clock_puts_it() -> None:
    before = Horizon(1000, "100 seconds", False, 0.1, started=5.0, reserved=3.0, is_settled=False)
    # 400 updates took 60 seconds instead of 40, so 32 more seconds are 213 updates.
    after = settled(before, clocked(100, cooldown=0.6, warmup=20), 400, 65.0)
    assert (after.steps, after.is_settled, after.warmup) == (400 + 213, True, None)
    assert after.seconds_per_step == pytest.approx(0.15)
    settings = TrainingSettings(cooldown=after.cooldown)
    assert [rate_factor(settings, step, after.steps) for step in (100, 399, 400)] == [1.0, 1.0, 1.0]
    assert rate_factor(settings, 401, after.steps) < 1


def test_a_shorter_run_that_would_have_warmed_up_sooner_keeps_its_end() -> None:
    before = Horizon(300, "10 seconds", False, 0.1, is_settled=False)
    after = settled(before, clocked(10, warmup=20), 120, 9.0)
    assert (after.steps, after.cooldown, after.is_settled) == (300, None, True)


def test_a_clock_that_is_over_ends_with_one_more_update() -> None:
    before = Horizon(1000, "10 seconds", False, 0.1, is_settled=False)
    assert settled(before, clocked(10, warmup=20), 400, 40.0).steps == 401


@hypothesis_settings(deadline=None)
@given(
    planned=some.integers(1, 3000),
    cooldown=some.floats(0.05, 0.95),
    warmup=some.integers(0, 200),
    unfreeze=some.sampled_from([None, 0.0, 0.3]),
    each=some.floats(0.05, 1),
)
def test_a_run_whose_first_measurement_was_wrong_uses_its_clock(planned, cooldown, warmup, unfreeze, each):
    """From one step planned to many too many: it ends when the clock says, as its own settings would have had it."""
    recipe = clocked(100, cooldown=cooldown, warmup=warmup, unfreeze=unfreeze)
    horizon = Horizon(planned, "100 seconds", False, 100 / planned, is_settled=False)
    step, rates, learning = 0, [], []
    while True:
        settings = horizon.governed(recipe)
        if not horizon.is_settled and step and falls_next(settings, step, horizon.steps):
            horizon = settled(horizon, settings, step, step * each)
            settings = horizon.governed(recipe)
        if step >= horizon.steps:
            break
        rates.append(rate_factor(settings, step, horizon.steps))
        learning.append(thawed(settings, step, horizon.steps, 5))
        step += 1
    # Nothing that was done was done otherwise than the run as it is recorded would do it.
    assert rates == [rate_factor(settings, at, step) for at in range(step)]
    assert learning == [thawed(settings, at, step, 5) for at in range(step)]
    fitting = 100 / each
    if planned <= fitting and not unfreeze:
        assert fitting - 2 <= step <= fitting + 1
        assert settings.cooldown == pytest.approx(cooldown, abs=0.1 + 2 / step)


@given(some.floats(0, 2), some.floats(0.05, 0.95), some.integers(200, 5000), some.floats(0.1, 10), some.integers(1, 20))
@example(unfreeze=0.0005, cooldown=0.5, steps=501, slower=0.5, levels=2)  # thaws in no update; in one, were there more
def test_a_moved_end_leaves_the_layers_thawing_when_they_were_to(unfreeze, cooldown, steps, slower, levels):
    settings = clocked(100, unfreeze=unfreeze, cooldown=cooldown, warmup=5)
    before = Horizon(steps, "100 seconds", False, 100 / steps, is_settled=False)
    step = next(step for step in range(steps) if falls_next(settings, step, steps))
    if not step:
        return
    seconds = min(99.0, step * 100 / steps * slower)
    after = settled(before, settings, step, seconds)
    governed = after.governed(settings)
    for at in {0, 1, step // 2, step - 1, step, step + 1, after.steps - 1}:
        assert thawed(governed, at, after.steps, levels) == thawed(settings, at, steps, levels)


def test_cheap_updates_of_a_few_layers_do_not_move_the_end_away() -> None:
    before = Horizon(1000, "100 seconds", False, 0.1, is_settled=False)
    cheap = [settled(before, clocked(100, unfreeze=share), 400, 20.0) for share in (None, 0.4)]
    assert [after.steps for after in cheap] == [400 + 1600, 400 + 800]
    # Slow ones are believed.
    assert settled(before, clocked(100, unfreeze=0.4), 400, 80.0).steps == 400 + 100
