"""The rates rise, stay, fall, and do so as a pure function of the step."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from groundup.training.schedule import falls_next, has_flat_part, rate_factor, stage_of, thawed, thawing
from groundup.training.settings import TrainingSettings

schedules = some.builds(
    TrainingSettings,
    schedule=some.sampled_from(["trapezoid", "cosine", "constant"]),
    warmup=some.integers(0, 300),
    cooldown=some.floats(0, 1),
    final_rate=some.floats(0, 0.99),
)


def course(settings: TrainingSettings, steps: int) -> list[float]:
    return [rate_factor(settings, step, steps) for step in range(steps)]


@given(schedules, some.integers(1, 400))
def test_every_rate_is_above_zero_and_at_most_the_peak(settings, steps):
    assert all(0 < factor <= 1 for factor in course(settings, steps))


@given(schedules, some.integers(20, 400))
def test_rates_rise_to_one_top_and_then_never_rise_again(settings, steps):
    factors = course(settings, steps)
    top = factors.index(max(factors))
    assert factors[: top + 1] == sorted(factors[: top + 1])
    assert factors[top:] == sorted(factors[top:], reverse=True)


@given(schedules, some.integers(40, 400))
def test_the_last_update_is_near_the_final_rate(settings, steps):
    last = rate_factor(settings, steps - 1, steps)
    if settings.schedule == "constant" or (settings.schedule == "trapezoid" and settings.cooldown * steps < 1):
        assert last == 1.0
    else:
        share = {"cosine": 0.5, "trapezoid": settings.cooldown}[settings.schedule]
        assert settings.final_rate <= last <= settings.final_rate + 1.01 / (share * steps)


def test_a_trapezoid_is_flat_between_warm_up_and_cool_down():
    settings = TrainingSettings(schedule="trapezoid", warmup=10, cooldown=0.5, final_rate=0.1)
    factors = course(settings, 200)
    assert factors[:10] == pytest.approx([0.1 * step for step in range(1, 11)])
    assert factors[10:101] == [1.0] * 91
    # Half-way down from 1 to .1.
    assert factors[150] == pytest.approx(0.55)


def test_half_a_cosine_stands_at_its_middle_half_way():
    settings = TrainingSettings(schedule="cosine", warmup=1, final_rate=0.0)
    assert rate_factor(settings, 500, 1000) == pytest.approx(0.5)
    assert rate_factor(settings, 250, 1000) == pytest.approx(0.5 + 0.5 * 0.5**0.5)


def test_no_warm_up_begins_at_the_peak():
    assert rate_factor(TrainingSettings(warmup=0, schedule="constant"), 0, 1000) == 1.0


def test_a_short_run_warms_up_in_a_tenth_of_it():
    assert course(TrainingSettings(warmup=100, schedule="constant"), 20) == [0.5] + [1.0] * 19


@given(schedules, some.integers(1, 400), some.data())
def test_a_rate_depends_on_the_step_alone(settings, steps, data):
    """What a resumed run needs: no rate knows which rates were asked for before."""
    step = data.draw(some.integers(0, steps - 1))
    assert rate_factor(settings, step, steps) == course(settings, steps)[step]


@given(schedules, some.integers(1, 400))
def test_the_stage_rises_to_one_from_where_the_end_is_known(settings, steps):
    stages = [stage_of(settings, step, steps) for step in range(steps + 1)]
    assert stages == sorted(stages)
    assert stages[0] == pytest.approx(0)
    # Whatever the rates do: measured is what stands at stage 1.
    assert stages[-1] == pytest.approx(1)
    if not has_flat_part(settings):
        assert stages == pytest.approx([step / steps for step in range(steps + 1)])
    if has_flat_part(settings):
        # The end of a run on the clock is not known before, so nothing may depend on it.
        flat = next((step for step in range(steps) if falls_next(settings, step, steps)), steps)
        assert stages[:flat] == pytest.approx([0] * flat)


thaws = some.builds(TrainingSettings, unfreeze=some.floats(0, 3))


@given(thaws, some.integers(1, 400), some.integers(1, 12))
def test_levels_thaw_one_after_the_other_from_the_first_and_all_by_the_share_of_the_run(settings, steps, levels):
    counts = [thawed(settings, step, steps, levels) for step in range(steps)]
    over = thawing(settings, steps)
    assert abs(over - settings.unfreeze * steps) <= 0.5
    assert counts == sorted(counts)
    assert counts[0] == (1 if over else levels)
    assert set(counts[over:]) <= {levels}
    # Each has its equal part, to an update.
    parts = levels - 1
    for level in range(1, levels):
        begins = next((step for step, count in enumerate(counts) if count > level), None)
        assert begins is None or level * over <= begins * parts < level * over + parts
    if levels > 1:
        assert all(count < levels for count in counts[:over])


@given(thaws, some.integers(1, 10**7), some.integers(1, 10**7))
def test_a_share_that_is_worked_out_anew_for_another_end_thaws_at_the_same_updates(settings, steps, moved):
    over = thawing(settings, steps)
    assert thawing(replace(settings, unfreeze=min(99, over / moved)), moved) == min(over, 99 * moved)


@given(some.integers(100, 3000))
def test_a_trapezoid_can_be_the_slanted_triangle(steps):
    """The formula of section 3.2 of arXiv 1801.06146 with its values: a tenth of the run upwards, 32 times as high."""
    cut, ratio = int(steps * 0.1), 32

    def slanted(step: int) -> float:
        share = step / cut if step < cut else 1 - (step - cut) / (cut * (1 / 0.1 - 1))
        return (1 + share * (ratio - 1)) / ratio

    ours = course(TrainingSettings(warmup=10**9, cooldown=0.9, final_rate=1 / ratio), steps)
    # Ours begins its rise from 0 rather than from a 32th, and steps where theirs stands; both round to whole updates.
    assert ours == pytest.approx([slanted(step) for step in range(steps)], abs=1 / ratio + 2 / cut)
