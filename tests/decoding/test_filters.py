from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from groundup.decoding.filters import draw, probabilities
from groundup.decoding.settings import SamplingSettings

VOCABULARY = 8
# In thousandths, so that different logits stay different when the greatest is taken off.
LOGITS = st.lists(st.integers(-15_000, 15_000).map(lambda n: n / 1000), min_size=VOCABULARY, max_size=VOCABULARY)
# Few different values, so that many are equal.
TIES = st.lists(st.sampled_from([0.0, 1.0, 2.0, -3.0]), min_size=VOCABULARY, max_size=VOCABULARY)
SEEN = st.lists(st.booleans(), min_size=VOCABULARY, max_size=VOCABULARY)

many = settings(max_examples=150, deadline=None)


def run(logits: list[float], seen: list[bool] | None = None, **rules: Any) -> list[float]:
    """The probabilities of one row; the temperature is 1 where none is given."""
    marks = torch.tensor([seen or [False] * len(logits)])
    shares = probabilities(torch.tensor([logits]), marks, SamplingSettings(**{"temperature": 1.0} | rules))
    assert shares.dtype == torch.float64
    row: list[float] = shares[0].tolist()
    assert sum(row) == pytest.approx(1)
    assert all(share >= 0 for share in row)
    return row


def shares_of(logits: list[float]) -> list[float]:
    greatest = max(logits)
    powers = [math.exp(value - greatest) for value in np.float32(logits).tolist()]
    return [power / sum(powers) for power in powers]


def kept(shares: list[float]) -> set[int]:
    return {token for token, share in enumerate(shares) if share > 0}


def renormed(shares: list[float], tokens: set[int]) -> list[float]:
    total = sum(shares[token] for token in tokens)
    return [share / total if token in tokens else 0 for token, share in enumerate(shares)]


@many
@given(LOGITS, st.floats(0.05, 20))
def test_temperature_divides_the_logits(logits: list[float], temperature: float) -> None:
    logits = np.float32(logits).tolist()
    powers = [math.exp((value - max(logits)) / temperature) for value in logits]
    expected = [power / sum(powers) for power in powers]
    assert run(logits, temperature=temperature) == pytest.approx(expected, abs=1e-9)


@many
@given(st.one_of(LOGITS, TIES))
def test_temperature_0_takes_the_likeliest(logits: list[float]) -> None:
    shares = run(logits, temperature=0.0, top_k=3, top_p=0.5, min_p=0.1)
    assert sorted(shares) == [0] * (VOCABULARY - 1) + [1]
    assert shares.index(1) == int(np.argmax(np.float32(logits)))


@many
@given(LOGITS, st.floats(5e-324, 1e-3))
def test_no_temperature_is_too_small(logits: list[float], temperature: float) -> None:
    shares = run(logits, temperature=temperature)
    assert shares[int(np.argmax(np.float32(logits)))] == max(shares)


@many
@given(st.one_of(LOGITS, TIES), st.integers(0, VOCABULARY + 2))
def test_top_k_keeps_the_k_likeliest_and_their_equals(logits: list[float], k: int) -> None:
    least = sorted(np.float32(logits).tolist(), reverse=True)[min(k or VOCABULARY, VOCABULARY) - 1]
    tokens = {token for token, value in enumerate(np.float32(logits).tolist()) if value >= least}
    assert run(logits, top_k=k) == pytest.approx(renormed(shares_of(logits), tokens))


@many
@given(st.one_of(LOGITS, TIES), st.floats(0.001, 1))
def test_top_p_keeps_the_fewest_that_hold_the_share(logits: list[float], share: float) -> None:
    """Of equals the first come first, as the reference sorts them too."""
    shares = shares_of(logits)
    order = sorted(range(VOCABULARY), key=lambda token: (-np.float32(logits[token]), token))
    tokens: set[int] = set()
    for token in order:
        held = sum(shares[other] for other in tokens)
        # At the very edge rounding decides, here and there.
        assume(abs(held - share) > 1e-9)
        if held >= share and share < 1:
            break
        tokens.add(token)
    assert run(logits, top_p=share) == pytest.approx(renormed(shares, tokens))


@pytest.mark.parametrize(("share", "count"), [(0.2, 1), (0.3, 2), (0.55, 3), (0.8, 4), (1.0, 4)])
def test_top_p_among_equals(share: float, count: int) -> None:
    assert kept(run([1.0] * 4, top_p=share)) == set(range(count))


@many
@given(st.one_of(LOGITS, TIES), st.floats(0, 0.99))
def test_min_p_drops_what_is_far_below_the_likeliest(logits: list[float], share: float) -> None:
    shares = shares_of(logits)
    assume(all(abs(other - share * max(shares)) > 1e-9 for other in shares))
    tokens = {token for token, other in enumerate(shares) if other >= share * max(shares)}
    assert run(logits, min_p=share) == pytest.approx(renormed(shares, tokens))


@many
@given(LOGITS, SEEN, st.floats(0.5, 2))
def test_the_penalty_makes_seen_tokens_less_likely(logits: list[float], seen: list[bool], penalty: float) -> None:
    """A penalty below 1 makes them likelier. Unseen logits stay."""
    logits = np.float32(logits).tolist()
    changed = [
        (value / penalty if value > 0 else value * penalty) if is_seen else value
        for value, is_seen in zip(logits, seen, strict=True)
    ]
    powers = [math.exp(value - max(changed)) for value in changed]
    expected = [power / sum(powers) for power in powers]
    assert run(logits, seen, repetition_penalty=penalty) == pytest.approx(expected)


def test_a_penalty_changes_even_the_greedy_choice() -> None:
    assert kept(run([2.0, 1.5], [True, False], temperature=0.0, repetition_penalty=1.5)) == {1}


RULES = st.fixed_dictionaries(
    {
        "temperature": st.floats(0, 3),
        "top_k": st.integers(0, 10),
        "top_p": st.floats(0.001, 1),
        "min_p": st.floats(0, 0.999),
        "repetition_penalty": st.floats(0.5, 2),
    }
)


@many
@given(st.one_of(LOGITS, TIES), SEEN, RULES)
def test_whatever_the_rules_the_likeliest_stays(logits: list[float], seen: list[bool], rules: dict[str, Any]) -> None:
    shares = run(logits, seen, **rules)
    free = run(logits, seen, repetition_penalty=rules["repetition_penalty"])
    assert shares[free.index(max(free))] > 0


@settings(max_examples=30, deadline=None)
@given(st.lists(LOGITS, min_size=2, max_size=4), RULES)
def test_rows_do_not_touch_each_other(rows: list[list[float]], rules: dict[str, Any]) -> None:
    seen = torch.rand(len(rows), VOCABULARY) < 0.5
    together = probabilities(torch.tensor(rows), seen, SamplingSettings(**rules))
    for row, marks, shares in zip(rows, seen.tolist(), together.tolist(), strict=True):
        assert run(row, marks, **rules) == pytest.approx(shares, abs=1e-12)


SHARES = st.lists(st.one_of(st.just(0.0), st.floats(1e-12, 1)), min_size=1, max_size=12).filter(any)
# The numbers that random() gives are multiples of 2^-53; the greatest is nearest to the danger.
UNIFORM = st.one_of(st.floats(0, 1, exclude_max=True), st.sampled_from([0.0, 2.0**-53, 0.5, 1 - 2.0**-53]))


@settings(max_examples=300, deadline=None)
@given(SHARES, UNIFORM)
def test_what_has_no_probability_is_never_drawn(shares: list[float], uniform: float) -> None:
    row = torch.tensor([shares], dtype=torch.float64)
    token = int(draw(row / row.sum(), torch.tensor([uniform], dtype=torch.float64)))
    assert shares[token] > 0


@settings(max_examples=150, deadline=None)
@given(SHARES, UNIFORM)
def test_a_draw_is_the_inverse_of_the_distribution(shares: list[float], uniform: float) -> None:
    total = math.fsum(shares)
    row = torch.tensor([shares], dtype=torch.float64)
    token = int(draw(row / total, torch.tensor([uniform], dtype=torch.float64)))
    before = math.fsum(shares[:token]) / total
    assert before - 1e-12 <= uniform <= before + shares[token] / total + 1e-12


def test_tokens_come_as_often_as_their_shares_say() -> None:
    shares, count = torch.tensor([0.1, 0.0, 0.6, 0.3], dtype=torch.float64), 100_000
    numbers = torch.from_numpy(np.random.default_rng(1).random(count))
    counts = torch.bincount(draw(shares.expand(count, -1), numbers), minlength=4)
    # Five standard errors.
    errors = 5 * (shares * (1 - shares) / count).sqrt()
    assert ((counts / count - shares).abs() <= errors).all()
