from __future__ import annotations

import numpy as np
import pytest

from groundup.objectives.example import UNSCORED
from groundup.objectives.parts import Part, example_of
from groundup.objectives.rows import Symbols
from groundup.objectives.settings import ObjectiveSettings


def part_of(rows: list[int], runs: list[int], tokens: list[int], width: int) -> Part:
    return Part(*(np.array(values, dtype=np.int64) for values in (rows, runs, tokens)), width)


@pytest.mark.parametrize("is_packed", [False, True])
def test_each_document_is_written_from_an_end_token_on(symbols: Symbols, is_packed: bool) -> None:
    read = part_of([0, 0, 2], [0, 1, 4], [30, 31, 32], 2)
    written = part_of([0, 0, 0, 2], [0, 0, 1, 4], [40, 41, 42, 43], 3)
    is_scored = np.array([True, True, False, True])
    example = example_of(3, read, written, is_scored, symbols, ObjectiveSettings(), is_packed=is_packed, device="cpu")
    assert example.source is not None
    assert example.source.tokens.tolist() == [[30, 31], [0, 0], [32, 0]]
    assert example.inputs.tolist() == [[4, 40, 4], [0, 0, 0], [4, 0, 0]]
    assert example.targets.tolist() == [[40, 41, UNSCORED], [UNSCORED] * 3, [43, UNSCORED, UNSCORED]]
    assert example.real is not None
    assert example.real.tolist() == [[True] * 3, [False] * 3, [True, False, False]]
    assert (example.documents is not None) == (example.source.documents is not None) == is_packed
    if example.documents is not None and example.source.documents is not None:
        assert example.documents.tolist() == [[0, 0, 1], [-1] * 3, [4, -1, -1]]
        assert example.source.documents.tolist() == [[0, 1], [-1, -1], [4, -1]]


@pytest.mark.parametrize(("length", "width"), [(0, 5), (5, 5), (6, 8), (8, 8), (9, 16)])
def test_what_does_not_fit_makes_rows_longer_by_steps(symbols: Symbols, length: int, width: int) -> None:
    part = part_of([1] * length, [1] * length, [30] * length, 5)
    example = example_of(
        2, part, part, np.ones(length, dtype=np.bool_), symbols, ObjectiveSettings(), is_packed=False, device="cpu"
    )
    assert example.inputs.shape == (2, width)
