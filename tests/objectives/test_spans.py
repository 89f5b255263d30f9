from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.objectives.arrays import runs_of
from groundup.objectives.example import UNSCORED, Example
from groundup.objectives.rows import Symbols
from groundup.objectives.settings import ObjectiveSettings
from groundup.objectives.spans import counts, sentinels_needed, spans, taken

Draws = Callable[[int], np.random.Generator]
Make = Callable[..., Any]
DIALS = ObjectiveSettings(kind="spans")
SEEDS = st.integers(0, 10**6)
NOISE = st.builds(
    ObjectiveSettings, kind=st.just("spans"), noise=st.floats(0.01, 0.99), noise_span=st.floats(1.0, 12.0)
)


def parts_of(example: Example, row: int) -> tuple[dict[int, list[int]], dict[int, list[int]], dict[int, list[int]]]:
    """What the encoder reads, what the decoder is shown and what it is to write, by document."""
    source = example.source
    assert source is not None
    found: list[dict[int, list[int]]] = []
    for tokens, real, documents in (
        (source.tokens, source.real, source.documents),
        (example.inputs, example.real, example.documents),
        (example.targets, example.real, example.documents),
    ):
        by_document: dict[int, list[int]] = {}
        keys = torch.zeros_like(tokens) if documents is None else documents
        there = torch.ones_like(tokens[row], dtype=torch.bool) if real is None else real[row]
        for key, token in zip(keys[row][there].tolist(), tokens[row][there].tolist(), strict=True):
            by_document.setdefault(key, []).append(token)
        found.append(by_document)
    return found[0], found[1], found[2]


def put_together(read: list[int], written: list[int], holes: dict[int, list[int]], symbols: Symbols) -> list[int]:
    """The text out of its two parts; `holes` is filled with what each sentinel stood for."""
    assert not written or written[-1] == symbols.end
    for token in written[:-1]:
        if token in symbols.sentinels and token not in holes and token in read:
            holes[token] = []
        else:
            holes[next(reversed(holes))].append(token)
    return [part for token in read for part in holes.get(token, [token])]


@settings(max_examples=120, deadline=None)
@given(SEEDS, NOISE)
def test_a_row_can_be_put_together_again(
    wild_rows: Make, symbols: Symbols, draws_of: Draws, seed: int, dials: ObjectiveSettings
) -> None:
    rows = wild_rows(seed)
    # Sentinels in a text would be ambiguous to this test, though not to a model.
    rows.tokens[(rows.tokens >= 5) & (rows.tokens < symbols.special)] = 1
    rows.targets[(rows.targets >= 5) & (rows.targets < symbols.special)] = 1
    tokens, is_packed = rows.tokens[:, 1:], rows.documents is not None
    example = spans(rows, symbols, dials, draws_of(seed))
    runs = runs_of(tokens, rows.documents[:, 1:] if is_packed else None)
    for row in range(len(tokens)):
        read, shown, written = parts_of(example, row)
        numbers = list(dict.fromkeys(runs.number[row][runs.number[row] >= 0].tolist()))
        assert list(read) == (numbers if is_packed else [0][: len(numbers)])
        for number, text in zip(numbers, read.values(), strict=True):
            places = np.flatnonzero(runs.number[row] == number)
            key = number if is_packed else 0
            holes: dict[int, list[int]] = {}
            wanted = written.get(key, [])
            assert put_together(text, wanted, holes, symbols) == tokens[row, places].tolist()
            # Sentinels come in their order, in each document from the first.
            used = [token for token in text if token in symbols.sentinels]
            assert used == list(holes) == list(symbols.sentinels[: len(holes)])
            # Nothing special is taken out, no hole is empty, and the decoder is shown what it wrote.
            assert all(hole and min(hole) >= symbols.special for hole in holes.values())
            assert shown.get(key, []) == [symbols.end, *wanted[:-1]][: len(wanted)]
    # Padding is never scored, everything else is.
    is_written = np.ones(example.inputs.shape, dtype=bool) if example.real is None else example.real.numpy()
    assert ((example.targets.numpy() != UNSCORED) == is_written).all()


@settings(max_examples=80, deadline=None)
@given(SEEDS, NOISE)
def test_the_numbers_of_tokens_and_spans_are_exact(
    wild_rows: Make, symbols: Symbols, draws_of: Draws, seed: int, dials: ObjectiveSettings
) -> None:
    may_take = wild_rows(seed).targets >= symbols.special
    is_taken = taken(may_take, dials, draws_of(seed))
    assert not (is_taken & ~may_take).any()
    for allowed, chosen in zip(may_take, is_taken, strict=True):
        noise, holes = counts(int(allowed.sum()), dials)
        assert chosen.sum() == noise
        # Spans in the text without what may not be taken; there they never touch.
        pieces = "".join("x" if here else " " for here in chosen[allowed]).split()
        assert len(pieces) == holes
        assert (noise > 0) == bool(allowed.any())


def test_arrangements_are_all_as_likely(draws_of: Draws) -> None:
    """Six tokens, three of which are taken in two spans: two ways to cut, times six ways to choose two of four gaps."""
    dials = ObjectiveSettings(kind="spans", noise=0.5, noise_span=1.5)
    assert [int(number) for number in counts(6, dials)] == [3, 2]
    is_taken = taken(np.ones((12_000, 6), dtype=np.bool_), dials, draws_of(1))
    patterns, times = np.unique(is_taken, axis=0, return_counts=True)
    assert len(patterns) == 12
    assert np.abs(times - 1000).max() < 150


@pytest.mark.parametrize("time", [2, 3, 17, 64, 128])
def test_full_rows_have_one_shape_and_no_padding(full_rows: Make, symbols: Symbols, draws_of: Draws, time: int) -> None:
    noise, holes = (int(number) for number in counts(time, DIALS))
    for seed in range(5):
        example = spans(full_rows(seed, 3, time), symbols, DIALS, draws_of(seed))
        source = example.source
        assert source is not None
        assert source.real is None
        assert example.real is None
        assert source.tokens.shape == (3, time - noise + holes)
        assert example.inputs.shape == (3, noise + holes + 1)
        assert example.count == example.inputs.numel()


def test_the_figures_of_t5() -> None:
    """Raffel et al. 2020: 15 of 100 tokens in spans of 3."""
    assert [int(number) for number in counts(512, DIALS)] == [77, 26]


def test_rows_that_need_more_room_come_in_steps_of_eight(full_rows: Make, symbols: Symbols, draws_of: Draws) -> None:
    shapes = set()
    for seed in range(30):
        example = spans(full_rows(seed, 8, 64, True), symbols, DIALS, draws_of(seed))
        assert example.source is not None
        shapes.add((example.source.tokens.shape[1], example.inputs.shape[1]))
    assert all(read in (57, 64) and written in (14, 16, 24) for read, written in shapes), shapes
    assert len(shapes) <= 3


def test_too_few_sentinels_are_told_with_the_number(full_rows: Make, symbols: Symbols, draws_of: Draws) -> None:
    rows = full_rows(1, 2, 100)
    assert sentinels_needed(DIALS, 100) == 5
    few = replace(symbols, sentinels=symbols.sentinels[:4])
    with pytest.raises(GroundupError, match=r"4 sentinels\. Set tokenizer\.sentinels to 5 or more"):
        spans(rows, few, DIALS, draws_of(1))
    spans(rows, replace(symbols, sentinels=symbols.sentinels[:5]), DIALS, draws_of(1))


def test_holes_cut_in_two_never_want_for_sentinels(full_rows: Make, symbols: Symbols, draws_of: Draws) -> None:
    rows = full_rows(1, 20, 60)
    rows.tokens[:, ::2] = symbols.end
    few = replace(symbols, sentinels=symbols.sentinels[: sentinels_needed(DIALS, 60)])
    example = spans(rows, few, DIALS, draws_of(1))
    used = set(example.targets.flatten().tolist()) & set(symbols.sentinels)
    assert used == set(few.sentinels)
