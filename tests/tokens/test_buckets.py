"""Every text once an epoch, never more positions than a batch holds, and the same batch for the same step."""

from __future__ import annotations

from itertools import chain

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.tokens.buckets import Buckets, Epochs

lengths = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=60)
bounds = st.integers(1, 90)
quick = settings(max_examples=80, deadline=None)


def buckets(texts: list[tuple[int, int]], tokens: int, seed: int = 0, fingerprint: str = "f") -> Buckets:
    sides = tuple(np.array(side, dtype=np.int64) for side in zip(*texts, strict=True))
    return Buckets(sides, tokens=tokens, fingerprint=fingerprint, seed=seed)


def epoch_of(found: Buckets, epoch: int) -> list[list[int]]:
    """The batches of an epoch, told by where the next one begins."""
    steps = [step for step in range(200 * (epoch + 1)) if int(found.epoch(step) + 1e-9) == epoch]
    return [found.at(step).tolist() for step in steps]


@quick
@given(lengths, bounds, st.integers(0, 3))
def test_every_text_stands_once_in_an_epoch_and_no_batch_is_too_large(texts, tokens, seed):
    found = buckets(texts, tokens, seed)
    for batches in (epoch_of(found, 0), epoch_of(found, 1), [batch.tolist() for batch in found.held_out()]):
        assert sorted(chain.from_iterable(batches)) == list(range(len(texts)))
        for batch in batches:
            longest = max(max(texts[text]) for text in batch)
            assert len(batch) == 1 or longest * len(batch) <= tokens


@quick
@given(lengths, bounds, st.lists(st.integers(0, 150), min_size=1, max_size=6))
def test_a_batch_depends_on_its_step_alone(texts, tokens, steps):
    """Whatever was asked for before, as after a kill."""
    used = buckets(texts, tokens)
    for step in steps:
        assert used.at(step).tolist() == buckets(texts, tokens).at(step).tolist()


def test_seed_fingerprint_and_epoch_have_their_own_order() -> None:
    texts = [(1 + text % 7, 1) for text in range(50)]
    orders = [
        epoch_of(buckets(texts, 20, **given), epoch)
        for given, epoch in (({}, 0), ({}, 1), ({"seed": 1}, 0), ({"fingerprint": "g"}, 0))
    ]
    assert all(one != other for place, one in enumerate(orders) for other in orders[:place])


@quick
@given(lengths, bounds)
def test_held_out_texts_go_from_short_to_long(texts, tokens):
    order = list(chain.from_iterable(batch.tolist() for batch in buckets(texts, tokens).held_out()))
    assert [texts[text] for text in order] == sorted(texts)


@quick
@given(lengths, bounds)
def test_the_size_is_the_mean_of_an_epoch(texts, tokens):
    found = buckets(texts, tokens)
    assert found.size == max(1, round(sum(map(sum, texts)) / len(epoch_of(found, 0))))


def test_texts_of_a_length_stand_together() -> None:
    draws = np.random.default_rng(1)
    texts = [(int(length), 1) for length in draws.integers(1, 60, 3000)]
    found = buckets(texts, 600)
    positions = sum(len(batch) * max(texts[text][0] for text in batch) for batch in epoch_of(found, 0))
    assert sum(length for length, _ in texts) / positions > 0.95


@quick
@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.lists(st.integers(0, 25), min_size=1, max_size=8))
def test_epochs_are_drawn_anew_and_follow_each_other(sizes, numbers):
    def draw(epoch: int) -> list[tuple[int, int]]:
        return [(epoch, unit) for unit in range(sizes[epoch % len(sizes)])]

    expected = list(chain.from_iterable(map(draw, range(30))))
    epochs = Epochs(draw)
    for number in numbers:
        assert epochs.unit(number) == expected[number]
        epoch, place = expected[number]
        assert epochs.epoch(number) == epoch
        assert abs(epochs.passed(number) - (epoch + place / len(draw(epoch)))) < 1e-9


def test_a_batch_is_closed_only_where_the_next_text_does_not_fit() -> None:
    """A long text before it does not make a batch of short ones smaller."""
    found = buckets([(length, 1) for length in (10, 1, 2, 2, 2, 3, 1)], 10)
    assert [batch.tolist() for batch in found._cut(np.arange(7))] == [[0], [1, 2, 3, 4], [5, 6]]
