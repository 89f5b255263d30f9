from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.objectives.arrays import runs_of
from groundup.objectives.example import UNSCORED
from groundup.objectives.rows import Symbols
from groundup.objectives.sequence import sequence
from groundup.objectives.settings import ObjectiveSettings
from groundup.tokens.batches import Batch

Draws = Callable[[int], np.random.Generator]
Make = Callable[..., Any]
DIALS = ObjectiveSettings(kind="sequence", smoothing=0.1)


@dataclass(frozen=True)
class Written:
    source: Any
    tokens: Any
    source_real: Any = None
    source_documents: Any = None
    documents: Any = None


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6))
def test_a_row_is_read_up_to_a_place_and_written_from_there(
    wild_rows: Make, symbols: Symbols, draws_of: Draws, seed: int
) -> None:
    rows = wild_rows(seed)
    example = sequence(rows, symbols, DIALS, draws_of(seed))
    source, tokens = example.source, rows.tokens[:, 1:]
    assert source is not None
    assert example.inputs.shape == source.tokens.shape == tokens.shape
    is_packed = rows.documents is not None
    # An end token closes what is written.
    own = np.where(tokens == symbols.end, rows.documents[:, :-1], rows.documents[:, 1:]) if is_packed else None
    runs = runs_of(tokens, own)
    is_read = torch.ones_like(source.tokens, dtype=torch.bool) if source.real is None else source.real
    is_written = torch.ones_like(example.inputs, dtype=torch.bool) if example.real is None else example.real
    for row in range(len(tokens)):
        read, written = source.tokens[row][is_read[row]].tolist(), example.inputs[row][is_written[row]].tolist()
        targets = example.targets[row][is_written[row]].tolist()
        assert not (example.targets[row][~is_written[row]] != UNSCORED).any()
        for number in dict.fromkeys(runs.number[row][runs.number[row] >= 0].tolist()):
            places = np.flatnonzero(runs.number[row] == number)
            text, scored = tokens[row, places].tolist(), rows.targets[row, places].tolist()
            # As many as were read of this document, at least one; where it is packed the documents say.
            if is_packed:
                assert source.documents is not None
                assert example.documents is not None
                length = int((source.documents[row] == number).sum())
                assert int((example.documents[row] == number).sum()) == len(text) - length
            else:
                length = len(read)
            assert 1 <= length <= len(text)
            assert length < len(text) or len(text) == 1
            first, read = read[:length], read[length:]
            shown, written = written[: len(text) - length], written[len(text) - length :]
            wanted, targets = targets[: len(text) - length], targets[len(text) - length :]
            assert first == text[:length]
            assert wanted == scored[length:]
            assert shown == [symbols.end, *text[length:-1]][: len(shown)]
        assert read == written == targets == []


def test_every_place_is_as_likely(full_rows: Make, symbols: Symbols, draws_of: Draws) -> None:
    source = sequence(full_rows(1, 8000, 9), symbols, DIALS, draws_of(1)).source
    assert source is not None
    assert source.real is not None
    counts = source.real.sum(1).bincount(minlength=10)
    assert counts[0] == counts[9] == 0
    assert (counts[1:9] - 1000).abs().max() < 150


def test_pairs_of_texts_go_in_as_they_are(symbols: Symbols, draws_of: Draws) -> None:
    real = np.array([[True, True, True], [True, False, False]])
    rows = Written(
        source=np.array([[30, 31, 32], [33, 0, 0]]),
        tokens=np.array([[4, 40, 41, 4], [4, 42, 4, UNSCORED]]),
        source_real=real,
    )
    example = sequence(rows, symbols, DIALS, draws_of(1))
    assert example.source is not None
    assert example.source.real is not None
    assert example.source.tokens.tolist() == rows.source.tolist()
    assert example.source.real.tolist() == real.tolist()
    assert example.inputs.tolist() == [[4, 40, 41], [4, 42, 4]]
    assert example.targets.tolist() == [[40, 41, 4], [42, 4, UNSCORED]]
    assert example.smoothing == 0.1


def test_packed_pairs_do_not_foretell_each_other(symbols: Symbols, draws_of: Draws) -> None:
    rows = Written(
        source=np.array([[30, 31, 32, 0]]),
        tokens=np.array([[4, 40, 4, 4, 41, 4, UNSCORED]]),
        source_real=np.array([[True, True, True, False]]),
        source_documents=np.array([[0, 0, 1, -1]]),
        documents=np.array([[0, 0, 0, 1, 1, 1, -1]]),
    )
    example = sequence(rows, symbols, DIALS, draws_of(1))
    assert example.inputs.tolist() == [[4, 40, 4, 4, 41, 4]]
    assert example.targets.tolist() == [[40, 4, UNSCORED, 41, 4, UNSCORED]]
    assert example.documents is not None
    assert example.source is not None
    assert example.source.documents is not None
    assert example.documents.tolist() == [[0, 0, 0, 1, 1, 1]]
    assert example.source.documents.tolist() == [[0, 0, 1, -1]]


def test_a_document_that_ends_in_a_row_is_written_to_its_end(symbols: Symbols, draws_of: Draws) -> None:
    """Or a model would never learn to stop."""
    end, text = symbols.end, symbols.special + np.arange(12) % 3
    tokens = np.array([[end, *text[:5], end, *text[5:]]])
    documents = np.array([[0] * 6 + [1] * 8])
    rows = Batch(tokens, tokens[:, 1:], documents.astype(np.int32))
    for seed in range(20):
        example = sequence(rows, symbols, ObjectiveSettings(kind="sequence"), draws_of(seed))
        assert example.documents is not None
        targets = example.targets[0]
        first = targets[(example.documents[0] == example.documents[0, 0]) & (targets != UNSCORED)]
        assert first[-1] == end
        assert example.source is not None
        assert end not in example.source.tokens[0]
