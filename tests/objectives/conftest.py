"""Rows to try objectives on: wild ones, with anything that rows may hold, and full ones of plain text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from groundup.objectives.rows import UNSCORED, Symbols

SPECIAL, VOCABULARY = 25, 60


@dataclass(frozen=True)
class Batch:
    tokens: Any
    targets: Any
    documents: Any = None


@dataclass(frozen=True)
class PairBatch:
    tokens: Any
    segments: Any
    real: Any
    labels: Any


@pytest.fixture(scope="session")
def symbols() -> Symbols:
    """60 tokens, of which 25 are special, 20 of these sentinels; every other plain token begins a word."""
    begins_word = np.arange(VOCABULARY) % 2 == 0
    return Symbols(VOCABULARY, 0, 2, 3, 4, tuple(range(5, SPECIAL)), SPECIAL, begins_word)


@pytest.fixture(scope="session")
def wild_rows() -> Callable[[int], Batch]:
    """Rows of any length with special tokens, ends, empty rows, documents in any order and targets scored before."""

    def make(seed: int) -> Batch:
        draws = np.random.default_rng(seed)
        shape = (int(draws.integers(1, 6)), int(draws.integers(2, 26)))
        tokens = np.where(
            draws.random(shape) < draws.choice([0, 0.2, 1]),
            draws.integers(0, SPECIAL, shape),
            draws.integers(SPECIAL, VOCABULARY, shape),
        )
        documents = draws.integers(0, 3, shape).astype(np.int32)
        if draws.random() < 0.7:
            documents.sort(1)
        length = np.where(draws.random(shape[0]) < 0.6, shape[1], draws.integers(0, shape[1] + 1, shape[0]))
        is_outside = np.arange(shape[1]) >= length[:, None]
        tokens[is_outside], documents[is_outside] = UNSCORED, -1
        targets = tokens[:, 1:].copy()
        if draws.random() < 0.3:
            targets[:, : int(draws.integers(0, shape[1]))] = UNSCORED
        return Batch(tokens, targets, documents if draws.random() < 0.6 else None)

    return make


@pytest.fixture(scope="session")
def full_rows() -> Callable[..., Batch]:
    """Full rows of plain tokens; with `documents`, two to a row, an end token between them."""

    def make(seed: int, rows: int, time: int, documents: bool = False) -> Batch:
        draws = np.random.default_rng(seed)
        tokens = draws.integers(SPECIAL, VOCABULARY, (rows, time + 1))
        if not documents:
            return Batch(tokens, tokens[:, 1:])
        last = draws.integers(time // 3, 2 * time // 3, rows)
        tokens[np.arange(rows), last] = 4
        numbers = (np.arange(time + 1) > last[:, None]).astype(np.int32)
        return Batch(tokens, tokens[:, 1:], numbers)

    return make


@pytest.fixture(scope="session")
def wild_pairs() -> Callable[[int], PairBatch]:
    """Rows `<end> A <sep> B <sep>`, padded behind."""

    def make(seed: int) -> PairBatch:
        draws = np.random.default_rng(seed)
        rows, longest = int(draws.integers(1, 5)), int(draws.integers(1, 10))
        tokens = np.zeros((rows, 2 * longest + 3), dtype=np.int64)
        segments, real = np.zeros_like(tokens), np.zeros(tokens.shape, dtype=np.bool_)
        for row in range(rows):
            one, two = (draws.integers(SPECIAL, VOCABULARY, draws.integers(0, longest + 1)) for _ in range(2))
            text = [4, *one, 3, *two, 3]
            tokens[row, : len(text)], real[row, : len(text)] = text, True
            segments[row, len(one) + 2 :] = 1
        return PairBatch(tokens, segments, real, draws.integers(0, 2, rows))

    return make


@pytest.fixture(scope="session")
def draws_of() -> Callable[[int], np.random.Generator]:
    """The same draws for the same number, as in training."""
    return lambda seed: np.random.Generator(np.random.Philox(key=seed))
