from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from groundup.reports.log import Choice, Step, read_log, smoothed, thinned


def train(step: int, loss: object, **more: object) -> str:
    return json.dumps({"event": "train", "step": step, "tokens": step * 10, "loss": loss, **more})


def test_each_event_finds_its_place():
    log = read_log(
        [
            train(1, 3.5, learning_rate=0.1, tokens_per_second=100),
            json.dumps({"event": "validation", "step": 1, "tokens": 10, "loss": 3.4, "bits_per_byte": 4.9}),
            json.dumps({"event": "sample", "step": 1, "tokens": 10, "prompt": "To", "text": "To be"}),
            json.dumps({"event": "bad", "step": 2, "batch": 2, "fault": "the loss is nan", "loss": math.nan}),
            json.dumps({"event": "something new", "step": 3}),
            "",
        ]
    )
    (step,) = log.train
    assert (step.step, step.loss, step.learning_rate, step.tokens_per_second) == (1, 3.5, 0.1, 100)
    assert log.validation[0].bits_per_byte == 4.9
    assert math.isnan(log.validation[0].perplexity)
    assert (log.samples[0].prompt, log.samples[0].text) == ("To", "To be")
    assert (log.faults[0].batch, log.faults[0].fault) == (2, "the loss is nan")
    assert log.bad == 0


@pytest.mark.parametrize("loss", [math.nan, math.inf, None, "NaN", "inf"])
def test_a_loss_that_is_not_finite_is_kept_and_named(loss: object):
    log = read_log([train(1, 3.0), train(2, loss), train(3, 2.0)])
    assert [step.step for step in log.train] == [1, 2, 3]
    assert not math.isfinite(log.train[1].loss)
    assert log.not_finite == (2,)
    assert log.bad == 0


def test_steps_done_again_replace_those_before_but_a_bad_number_is_not_forgotten():
    log = read_log([train(1, 3.0), train(2, math.nan), train(3, 2.9), train(2, 2.8), train(3, 2.7)])
    assert [(step.step, step.loss) for step in log.train] == [(1, 3.0), (2, 2.8), (3, 2.7)]
    assert log.again == 2
    assert log.not_finite == (2,)


def test_half_a_line_and_lines_of_another_shape_are_counted():
    whole = train(1, 3.0)
    others = [whole[:20], "[1]", "3", "null", '{"event": "train"}', '{"event": "train", "step": "x", "loss": 1}']
    deep = "[" * 100_000
    log = read_log([whole, *others, deep, train(10**30, 1.0)])
    assert len(log.train) == 1
    assert log.bad == len(others) + 2


@given(some.lists(some.text() | some.recursive(some.none() | some.floats() | some.text(), some.lists).map(json.dumps)))
def test_no_lines_crash_the_reader(lines: list[str]):
    assert read_log(lines).bad <= len(lines)


entries = some.fixed_dictionaries(
    {"event": some.sampled_from(["train", "validation", "sample", "bad"])},
    optional={
        name: some.none() | some.integers() | some.floats() | some.text() | some.booleans()
        for name in ("step", "batch", "loss", "tokens", "text", "prompt", "seed", "temperature", "fault")
    },
)


@given(some.lists(entries))
def test_no_entries_crash_the_reader(lines: list[dict[str, object]]):
    log = read_log(map(json.dumps, lines))
    for steps in (log.train, log.validation):
        assert [step.step for step in steps] == sorted({step.step for step in steps})


losses = some.lists(some.floats(0, 100), min_size=1)


@given(losses, some.floats(0, 50))
def test_smoothing_stays_within_the_figures(values: list[float], span: float):
    after = [y for _, y in smoothed(list(enumerate(values)), span)]
    assert len(after) == len(values)
    assert min(values) - 1e-9 <= min(after)
    assert max(after) <= max(values) + 1e-9
    assert after[0] == pytest.approx(values[0])


@given(losses, losses)
def test_a_bad_number_is_never_averaged_out_and_never_spreads(before: list[float], after: list[float]):
    whole = smoothed(list(enumerate([*before, math.nan, *after])), 10)
    assert [math.isnan(y) for _, y in whole].index(True) == len(before)
    alone = smoothed(list(enumerate(after)), 10)
    assert [y for _, y in whole[len(before) + 1 :]] == [y for _, y in alone]


@given(some.lists(some.floats()), some.integers(1, 20))
def test_thinning_keeps_the_ends_and_everything_bad(values: list[float], most: int):
    points = list(enumerate(values))
    kept = thinned([(float(x), y) for x, y in points], most)
    bad = [x for x, y in points if not math.isfinite(y)]
    assert [x for x, y in kept if not math.isfinite(y)] == bad
    if values:
        assert (kept[0][0], kept[-1][0]) == (0, len(values) - 1)
    assert len(kept) <= most + 1 + len(bad)


def test_a_step_needs_no_more_than_its_loss():
    assert math.isnan(Step(1, 10.0, 2.0).seconds)


def test_what_was_chosen_is_read_and_what_was_written_is_not():
    chosen = '{"loss": 0.6, "accuracy": 0.7, "majority": 0.5, "unigram": null}'
    written = '{"loss": 0.6, "accuracy": 0.7, "majority": 0.5, "unigram": 6.2}'
    terms = f'{{"label": {chosen}, "tokens": {written}, "odd": 3}}'
    (step,) = read_log([f'{{"event": "validation", "step": 1, "tokens": 1, "loss": 1, "terms": {terms}}}']).validation
    assert step.choices == (Choice("label", 0.7, 0.5),)
