from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.objectives.example import UNSCORED, Example
from groundup.objectives.masked import LONGEST_WORD, masked
from groundup.objectives.rows import Symbols
from groundup.objectives.settings import ObjectiveSettings

Draws = Callable[[int], np.random.Generator]
Make = Callable[..., Any]

SETTINGS = st.builds(
    ObjectiveSettings,
    kind=st.just("masked"),
    mask_rate=st.floats(0.01, 0.99),
    mask_rate_end=st.floats(0.01, 0.99),
    mask_unit=st.sampled_from(["tokens", "words", "spans"]),
    mask_words=st.integers(1, 5),
    replacement=st.sampled_from(["mixed", "mask"]),
)
SEEDS = st.integers(0, 10**6)


def words_of(rows: Any, symbols: Symbols, unit: str) -> list[list[list[int]]]:
    """For each row, what is hidden together: the places of each unit among the T tokens behind the first."""
    found = []
    for row in range(len(rows.tokens)):
        words: list[list[int]] = []
        for t, token in enumerate(rows.targets[row]):
            if token < symbols.special:
                continue
            same = rows.documents is None or rows.documents[row, t] == rows.documents[row, t + 1]
            goes_on = words and words[-1][-1] == t - 1 and same and len(words[-1]) < LONGEST_WORD
            if goes_on and unit != "tokens" and not symbols.begins_word[token]:
                words[-1].append(t)
            else:
                words.append([t])
        found.append(words)
    return found


@settings(max_examples=100, deadline=None)
@given(SEEDS, SETTINGS, st.floats(0, 1))
def test_what_is_hidden_and_what_is_scored(
    wild_rows: Make, symbols: Symbols, draws_of: Draws, seed: int, dials: ObjectiveSettings, stage: float
) -> None:
    rows = wild_rows(seed)
    example = masked(rows, symbols, dials, draws_of(seed), stage=stage)
    inputs, targets, tokens = example.inputs.numpy(), example.targets.numpy(), rows.tokens[:, 1:]
    is_scored = targets != UNSCORED
    assert not example.is_causal
    assert (targets[is_scored] == tokens[is_scored]).all()
    # Nothing special, no padding, and nothing that was scored before.
    assert (tokens[is_scored] >= symbols.special).all()
    assert (rows.targets[is_scored] != UNSCORED).all()
    is_kept = ~is_scored & (tokens >= 0)
    assert (inputs[is_kept] == tokens[is_kept]).all()
    assert (inputs[tokens < 0] == symbols.padding).all()
    if dials.replacement == "mask":
        assert (inputs[is_scored] == symbols.mask).all()
    else:
        assert ((inputs[is_scored] >= symbols.special) | (inputs[is_scored] == symbols.mask)).all()
    real = np.ones(tokens.shape, dtype=np.bool_) if example.real is None else example.real.numpy()
    assert (real == (tokens >= 0)).all()
    if rows.documents is None:
        assert example.documents is None
    else:
        assert example.documents is not None
        assert (example.documents.numpy() == rows.documents[:, 1:]).all()


@settings(max_examples=100, deadline=None)
@given(SEEDS, SETTINGS, st.floats(0, 1))
def test_whole_units_as_near_to_the_rate_as_half_of_one(
    wild_rows: Make, symbols: Symbols, draws_of: Draws, seed: int, dials: ObjectiveSettings, stage: float
) -> None:
    rows = wild_rows(seed)
    targets = masked(rows, symbols, dials, draws_of(seed), stage=stage).targets.numpy()
    rate = dials.mask_rate + (dials.mask_rate_end - dials.mask_rate) * stage
    for row, words in enumerate(words_of(rows, symbols, dials.mask_unit)):
        hidden = [word for word in words if targets[row, word[0]] != UNSCORED]
        assert sum(map(len, hidden)) == (targets[row] != UNSCORED).sum()
        for word in hidden:
            assert (targets[row, word] != UNSCORED).all()
        if not words:
            continue
        longest, wanted = max(map(len, words)), rate * sum(map(len, words))
        is_near = abs(sum(map(len, hidden)) - wanted) <= longest / 2 + 1e-9
        assert is_near or len(hidden) == 1
        assert hidden


@pytest.mark.parametrize("unit", ["tokens", "words", "spans"])
@pytest.mark.parametrize("documents", [False, True])
def test_every_token_is_hidden_as_often_as_any_other(
    full_rows: Make, symbols: Symbols, draws_of: Draws, unit: str, documents: bool
) -> None:
    rows = full_rows(1, 1, 30, documents)
    rows = type(rows)(*(None if part is None else part.repeat(4000, 0) for part in vars(rows).values()))
    dials = ObjectiveSettings(kind="masked", mask_rate=0.25, mask_unit=unit)  # type: ignore[arg-type]
    share = (masked(rows, symbols, dials, draws_of(3)).targets != UNSCORED).float().mean(0).numpy()
    share = share[rows.targets[0] >= symbols.special]
    assert share.mean() == pytest.approx(0.25, abs=0.02)
    # Nearly: a long word that would overshoot is left out, and of a row's last span the first words are hidden.
    assert share == pytest.approx(share.mean(), abs={"tokens": 0.03, "words": 0.06, "spans": 0.09}[unit])


def test_spans_are_one_to_so_many_words_evenly(full_rows: Make, symbols: Symbols, draws_of: Draws) -> None:
    rows = full_rows(2, 100, 200)
    lengths = {}
    for words in (1, 3, 5):
        dials = ObjectiveSettings(kind="masked", mask_rate=0.02, mask_unit="spans", mask_words=words)
        targets = masked(rows, symbols, dials, draws_of(words)).targets.numpy()
        found = []
        for row, units in enumerate(words_of(rows, symbols, "words")):
            is_hidden = "".join("x" if targets[row, unit[0]] != UNSCORED else " " for unit in units)
            found += list(map(len, is_hidden.split()))
        lengths[words] = np.mean(found)
    # Neighbours that meet by chance make them longer, the last span of a row is cut short.
    assert lengths[1] == pytest.approx(1, abs=0.1)
    assert 1.1 < lengths[3] < 2.2
    assert lengths[3] < lengths[5]


def test_mixed_replacement_is_80_10_10(full_rows: Make, symbols: Symbols, draws_of: Draws) -> None:
    rows = full_rows(3, 200, 200)
    dials = ObjectiveSettings(kind="masked", mask_rate=0.5, mask_unit="tokens", replacement="mixed")
    example = masked(rows, symbols, dials, draws_of(1))
    is_hidden = example.targets != UNSCORED
    shown, wanted = example.inputs[is_hidden], example.targets[is_hidden]
    is_mask, is_same = shown == symbols.mask, shown == wanted
    plain = symbols.vocabulary - symbols.special
    assert float(is_mask.float().mean()) == pytest.approx(0.8, abs=0.02)
    assert float(is_same.float().mean()) == pytest.approx(0.1 + 0.1 / plain, abs=0.02)
    others = shown[~is_mask & ~is_same]
    assert set(others.tolist()) == set(range(symbols.special, symbols.vocabulary))


def test_the_rate_goes_in_a_line_from_first_to_last(full_rows: Make, symbols: Symbols, draws_of: Draws) -> None:
    rows = full_rows(4, 2, 100)
    dials = ObjectiveSettings(kind="masked", mask_rate=0.4, mask_rate_end=0.1, mask_unit="tokens")
    counts = [masked(rows, symbols, dials, draws_of(1), stage=stage).count for stage in (0.0, 0.5, 1.0)]
    assert counts == [80, 50, 20]


def test_text_without_words_is_not_hidden_as_one(symbols: Symbols, full_rows: Make, draws_of: Draws) -> None:
    rows = full_rows(5, 8, 160)
    rows.tokens[:] |= 1
    assert not symbols.begins_word[rows.tokens].any()
    dials = ObjectiveSettings(kind="masked", mask_rate=0.3, mask_unit="words")
    counts = (masked(rows, symbols, dials, draws_of(1)).targets != UNSCORED).sum(1)
    assert set(counts.tolist()) == {3 * LONGEST_WORD}


@settings(max_examples=100, deadline=None)
@given(SEEDS, SETTINGS, st.sampled_from(["next_sentence", "sentence_order", "cloze"]))
def test_pairs_bring_their_labels_along(
    wild_pairs: Make, symbols: Symbols, draws_of: Draws, seed: int, dials: ObjectiveSettings, pairs: Any
) -> None:
    rows = wild_pairs(seed)
    dials = ObjectiveSettings(**(vars(dials) | {"pairs": pairs}))
    example = masked(rows, symbols, dials, draws_of(seed))
    head = "span" if pairs == "cloze" else pairs
    assert example.inputs.shape == rows.tokens.shape
    assert example.segments is not None
    assert (example.segments.numpy() == rows.segments).all()
    assert {name: labels.tolist() for name, labels in example.labels.items()} == {head: rows.labels.tolist()}
    assert (example.real is None) == bool(rows.real.all())
    is_hidden = (example.targets != UNSCORED).numpy()
    can_be = rows.real & (rows.tokens >= symbols.special)
    assert not (is_hidden & ~can_be).any()
    assert (is_hidden.any(1) == can_be.any(1)).all()
    assert (example.inputs.numpy()[~is_hidden] == rows.tokens[~is_hidden]).all()


def test_other_draws_hide_other_tokens(full_rows: Make, symbols: Symbols, draws_of: Draws) -> None:
    rows, dials = full_rows(6, 2, 40), ObjectiveSettings(kind="masked")

    def of(seed: int) -> Example:
        return masked(rows, symbols, dials, draws_of(seed))

    assert torch.equal(of(1).inputs, of(1).inputs)
    assert not torch.equal(of(1).targets, of(2).targets)
