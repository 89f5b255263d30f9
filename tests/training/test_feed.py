"""Examples are pure functions of (seed, number); what is measured is held-out text as the end of a run sees it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from broken_runs import bytes_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tiny_families import FAMILIES, family_training

from groundup.objectives.rows import UNSCORED
from groundup.objectives.table import MEASURES
from groundup.training.feed import Feed
from groundup.training.start import begin

families = pytest.mark.parametrize("name", FAMILIES)
few = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def feed_of(folder, name: str, **given) -> Feed:
    return begin(family_training(folder, name, **given)).feed


def read(feed: Feed, number: int, stage: float = 0.0) -> bytes:
    return b"".join(bytes_of(feed.example(number, stage)))


@families
@few
@given(numbers=some.lists(some.integers(0, 200), min_size=2, max_size=5, unique=True), stage=some.floats(0, 1))
def test_an_example_is_a_pure_function_of_seed_and_number(tmp_path, name, numbers, stage):
    feed = feed_of(tmp_path, name)
    found = {number: read(feed, number, stage) for number in numbers}
    np.random.seed(3)
    other = feed_of(tmp_path, name)
    assert {number: read(other, number, stage) for number in reversed(numbers)} == found
    assert len(set(found.values())) == len(numbers)
    another = feed_of(tmp_path, name, seed=8)
    assert all(read(another, number, stage) != found[number] for number in numbers)


@families
@few
@given(share=some.floats(0.01, 1))
def test_measured_parts_are_spread_over_the_text_and_the_whole_is_all_of_it(tmp_path, name, share):
    feed, training = feed_of(tmp_path, name), family_training(tmp_path, name)
    held_out = training.material.held_out(training.settings, 64)
    asked = []

    class Recorded:
        def __len__(self):
            return len(held_out)

        def at(self, place):
            asked.append(place)
            return held_out.at(place)

    for measured in feed.measured(Recorded(), share).values():
        asked.clear()
        assert len(list(measured)) == len(measured) == len(asked) >= share * len(held_out)
        assert asked[0] == 0
        # Never the same twice, and steps that differ by one at most.
        assert np.ptp(np.diff([*asked, len(held_out)])) <= 1
        assert min(np.diff([*asked, len(held_out)])) >= 1
    for measured in feed.measured(Recorded(), 1.0).values():
        asked.clear()
        list(measured)
        assert asked == list(range(len(held_out)))
        for outside in (-1, len(measured)):
            with pytest.raises(IndexError):
                measured[outside]


@families
def test_held_out_text_is_seen_as_at_the_end_of_a_run_whatever_part_is_measured(tmp_path, name):
    feed, training = feed_of(tmp_path, name), family_training(tmp_path, name)
    held_out = training.material.held_out(training.settings, 64)
    measured, part = feed.measured(held_out, 1.0), feed.measured(held_out, 0.3)
    assert measured.keys() == MEASURES[feed.settings.kind].keys()
    # Two passes of a generator cannot be held against each other.
    twice = 0.0 if feed.settings.kind == "detection" else 1.0
    strict = replace(
        feed, settings=replace(feed.settings, smoothing=0.2, label_smoothing=0.2, token_dropout=0.5, r_drop=twice)
    )
    # The share of masks at a run's beginning is none of its end's.
    late = replace(feed, settings=replace(feed.settings, mask_rate=0.9))
    for kind, examples in measured.items():
        whole = [b"".join(bytes_of(example)) for example in examples]
        for other in (strict, late):
            assert [b"".join(bytes_of(example)) for example in other.measured(held_out, 1.0)[kind]] == whole
        places = [number * len(held_out) // len(part[kind]) for number in range(len(part[kind]))]
        assert [b"".join(bytes_of(example)) for example in part[kind]] == [whole[place] for place in places]
        for example in strict.measured(held_out, 1.0)[kind]:
            assert (example.smoothing, example.label_smoothing, example.r_drop) == (0, 0, 0)


@pytest.mark.parametrize("name", ["spans", "decoder"])
def test_sentinels_are_left_out_where_they_mark_holes_and_nowhere_else(tmp_path, name):
    training, feed = family_training(tmp_path, name), feed_of(tmp_path, name)
    # Here also the text holds them, as no real text does.
    feed = replace(feed, symbols=replace(feed.symbols, sentinels=(4, 5, 6, 7, 8)))
    examples = feed.measured(training.material.held_out(training.settings, 300), 1.0)[""]
    targets = {int(target) for example in examples for target in example.targets.flatten()}
    assert bool(targets & {4, 5, 6, 7, 8}) == (name == "decoder")


def test_masks_grow_fewer_with_the_stage(tmp_path):
    feed = feed_of(tmp_path, "masked", batch=40)
    hidden = [int((feed.example(3, stage).targets != UNSCORED).sum()) for stage in (0.0, 0.5, 1.0)]
    assert hidden[0] > hidden[1] > hidden[2]
