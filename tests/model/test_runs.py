from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.model.context import all_at_once
from groundup.model.runs import Runs, alike, cut, joined, runs_of

# Rows of (document, length), with padding behind them; the same number twice in a row is one document.
ROWS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 20)), min_size=1, max_size=4),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=4,
)


def laid_out(rows: list[tuple[list[tuple[int, int]], int]]) -> tuple[Tensor, Tensor, list[tuple[int, int, int]]]:
    """Documents and real positions [B, T], and each run as (row, first position, length)."""
    time = max(sum(length for _, length in parts) + padding for parts, padding in rows)
    documents, real = torch.zeros(len(rows), time, dtype=torch.long), torch.zeros(len(rows), time, dtype=torch.bool)
    runs: list[tuple[int, int, int]] = []
    for row, (parts, _) in enumerate(rows):
        place, last = 0, None
        for number, length in parts:
            documents[row, place : place + length], real[row, place : place + length] = number, True
            if number == last:
                runs[-1] = (row, runs[-1][1], runs[-1][2] + length)
            else:
                runs.append((row, place, length))
            place, last = place + length, number
    return documents, real, runs


@settings(deadline=None)
@given(ROWS, st.booleans())
def test_each_run_becomes_a_row_and_finds_its_way_back(
    rows: list[tuple[list[tuple[int, int]], int]], is_reversed: bool
) -> None:
    documents, real, expected = laid_out(rows)
    x = torch.randn(*real.shape, 3)
    runs = runs_of(all_at_once(documents, documents=documents, real=real), (real.shape[0], real.shape[1]))
    if runs is None:
        assert expected == [(row, 0, real.shape[1]) for row in range(len(rows))]
        return
    lie = zip(runs.rows.tolist(), (runs.first % real.shape[1]).tolist(), runs.lengths.tolist(), strict=True)
    assert list(lie) == expected
    numbers = [row for row, _, _ in expected]
    assert runs.begins_row.tolist() == [row not in numbers[:index] for index, row in enumerate(numbers)]
    assert runs.ends_row.tolist() == [row not in numbers[index + 1 :] for index, row in enumerate(numbers)]
    pieces = cut(x, runs, is_reversed=is_reversed)
    for piece, (row, first, length) in zip(pieces, expected, strict=True):
        there = x[row, first : first + length]
        assert torch.equal(piece[:length], there.flip(0) if is_reversed else there)
    groups = alike(runs)
    parts = [cut(x, group, is_reversed=is_reversed) for group in groups]
    assert torch.equal(joined(parts, groups, is_reversed=is_reversed), x * real[..., None])


@settings(deadline=None)
@given(st.lists(st.integers(1, 1000), min_size=1, max_size=30))
def test_runs_side_by_side_are_of_like_length(lengths: list[int]) -> None:
    there, nowhere = torch.tensor(lengths), torch.zeros(len(lengths), dtype=torch.bool)
    groups = alike(Runs(there * 0, there, nowhere, nowhere, (1, 1)))
    assert sorted(length for group in groups for length in group.lengths.tolist()) == sorted(lengths)
    assert all(2 * int(group.lengths.min()) >= int(group.lengths.max()) for group in groups)
    assert len(groups) <= 10


def test_whole_rows_are_left_as_they_are() -> None:
    tokens = torch.zeros(2, 3)
    assert runs_of(all_at_once(tokens), (2, 3)) is None
    assert runs_of(all_at_once(tokens, real=torch.ones(2, 3).bool()), (2, 3)) is None
    assert runs_of(all_at_once(tokens, documents=torch.ones(2, 3).long()), (2, 3)) is None
