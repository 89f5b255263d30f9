from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.evaluation import resampling
from groundup.evaluation.bleu import bleu_of, bleu_statistics
from groundup.evaluation.resampling import compare, interval, mean, per_example, resampled


def test_a_resampled_score_is_that_of_the_examples_drawn() -> None:
    """The same draws made plainly: examples picked one by one and their statistics added."""
    statistics = np.random.default_rng(1).integers(1, 9, (7, 10))
    found = resampled(statistics, bleu_of, seed=5, resamples=50)
    picked = np.random.Generator(np.random.Philox(5)).integers(7, size=(50, 7))
    assert found == pytest.approx([float(bleu_of(sum(statistics[place] for place in row))) for row in picked])


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 60), st.integers(0, 2**32), st.integers(1, 100))
def test_a_seed_decides_and_room_does_not(examples: int, resamples: int, seed: int, room: int) -> None:
    statistics = per_example(np.arange(examples))
    usual = resampled(statistics, mean, seed=seed, resamples=resamples)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resampling, "DRAWS_AT_ONCE", room)
        assert (resampled(statistics, mean, seed=seed, resamples=resamples) == usual).all()
    assert usual.shape == (resamples,)


def test_another_seed_draws_otherwise() -> None:
    statistics = per_example(np.arange(100))
    assert (resampled(statistics, mean, seed=1) != resampled(statistics, mean, seed=2)).any()


def test_an_interval_is_as_wide_as_the_textbook_says() -> None:
    """For a mean of 400 coins the percentile interval is near p +- 1.96 sqrt(p (1 - p) / N)."""
    right = np.arange(400) % 4 > 0
    found = interval(per_example(right), mean, seed=1, resamples=4000)
    margin = 1.96 * (0.75 * 0.25 / 400) ** 0.5
    assert found.score == 0.75
    assert found.low == pytest.approx(0.75 - margin, abs=0.004)
    assert found.high == pytest.approx(0.75 + margin, abs=0.004)
    narrow = interval(per_example(right), mean, seed=1, level=0.5)
    assert found.low < narrow.low < narrow.high < found.high


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    draws = np.random.default_rng(3)
    held = 0
    for seed in range(300):
        found = interval(per_example(draws.random(100) < 0.6), mean, seed=seed, resamples=200, level=0.9)
        held += found.low <= 0.6 <= found.high
    assert 0.84 < held / 300 < 0.95


def test_equal_systems_are_equal() -> None:
    values = per_example(np.random.default_rng(1).random(50))
    found = compare(values, values, mean, seed=1)
    assert (found.difference.score, found.difference.low, found.difference.high) == (0, 0, 0)
    assert (found.share_better, found.p_value) == (0.5, 1.0)


def test_a_small_difference_on_every_example_is_sure_though_the_scores_are_not() -> None:
    """What pairing is for: each system alone is uncertain by .03, the difference between them by far less."""
    hard = np.random.default_rng(2).random(300)
    noise = np.random.default_rng(3).normal(0, 0.01, 300)
    found = compare(per_example(hard + 0.01 + noise), per_example(hard), mean, seed=1)
    assert interval(per_example(hard), mean, seed=1).high - hard.mean() > 0.02
    assert 0.007 < found.difference.low < 0.01 < found.difference.high < 0.013
    assert (found.share_better, found.p_value) == (1.0, 1 / 1001)


def test_systems_change_places() -> None:
    draws = np.random.default_rng(4)
    a, b = (per_example(draws.random(80) < share) for share in (0.6, 0.5))
    one, other = compare(a, b, mean, seed=1), compare(b, a, mean, seed=1)
    assert one.difference.score == -other.difference.score
    assert one.difference.low == pytest.approx(-other.difference.high)
    assert one.share_better == pytest.approx(1 - other.share_better)
    assert one.p_value == other.p_value


def test_chance_is_found_significant_as_often_as_it_says() -> None:
    """Two systems that are alike: p below .1 in about a tenth of the trials."""
    draws = np.random.default_rng(5)
    found = [
        compare(*(per_example(draws.random(60) < 0.5) for _ in "ab"), mean, seed=seed, resamples=200).p_value
        for seed in range(300)
    ]
    assert 0.05 < np.mean(np.array(found) < 0.1) < 0.16


def test_a_thousand_resamples_of_a_thousand_sentences_take_no_time() -> None:
    texts = [f"{number} a b c d e {number % 7} f" for number in range(1000)]
    a, b = bleu_statistics(texts, texts[::-1]), bleu_statistics(texts[5:] + texts[:5], texts)
    began = time.process_time()
    compare(a, b, bleu_of, seed=1)
    assert time.process_time() - began < 1


def test_other_examples_cannot_be_compared() -> None:
    with pytest.raises(AssertionError, match="same examples"):
        compare(per_example(np.ones(3)), per_example(np.ones(4)), mean, seed=1)
