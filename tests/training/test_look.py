from __future__ import annotations

import numpy as np
import torch

from groundup.objectives.example import Example, Source
from groundup.objectives.rows import UNSCORED, Symbols
from groundup.training.look import look

SYMBOLS = Symbols(20, 0, 2, 3, 4, (5, 6), 7, np.ones(20, dtype=bool))
TOKENS = torch.tensor([[4, 9, 2, 11], [4, 9, 10, 11]])


def text(token: int) -> str:
    return f"t{token}"


def test_a_causal_row_sees_backwards_and_scores_what_follows() -> None:
    targets = torch.tensor([[9, 2, 11, UNSCORED]] * 2)
    (line,) = look(Example(TOKENS, targets), 1, text, SYMBOLS)
    assert [spot.target for spot in line.spots] == ["t9", "t2", "t11", ""]
    assert line.sees == (((0, 1),), ((0, 2),), ((0, 3),), ((0, 4),))
    assert not any(spot.is_changed for spot in line.spots)


def test_a_masked_row_shows_the_mask_and_what_stood_there_and_sees_its_own_document_only() -> None:
    targets = torch.tensor([[UNSCORED, 12, 10, UNSCORED]] * 2)
    example = Example(
        TOKENS,
        targets,
        is_causal=False,
        documents=torch.tensor([[0, 0, 1, 1]] * 2),
        real=torch.tensor([[True, True, True, False]] * 2),
        labels={"next_sentence": torch.tensor([1, 0])},
    )
    (line,) = look(example, 0, text, SYMBOLS)
    # The second is another token than the one to be predicted: it was replaced.
    assert [spot.is_changed for spot in line.spots] == [False, True, True, False]
    assert [spot.is_padding for spot in line.spots] == [False, False, False, True]
    # Nor is padding in the picture.
    assert line.sees == (((0, 2),), ((0, 2),), ((2, 3),))
    assert line.labels == ("next sentence: from another document",)


def test_a_span_is_shown_as_what_stands_there() -> None:
    targets = torch.full_like(TOKENS, UNSCORED)
    example = Example(TOKENS, targets, is_causal=False, labels={"span": torch.tensor([[0, 0], [1, 2]])})
    (line,) = look(example, 1, text, SYMBOLS)
    assert line.labels == ("span: t9t10 (places 1 to 2)",)


def test_a_prefix_is_seen_from_everywhere() -> None:
    prefix = torch.tensor([[True, True, False, False]] * 2)
    (line,) = look(Example(TOKENS, TOKENS, prefix=prefix), 0, text, SYMBOLS)
    assert line.sees == (((0, 2),), ((0, 2),), ((0, 3),), ((0, 4),))


def test_both_sides_are_shown_and_what_the_decoder_reads_of_the_source() -> None:
    source = Source(torch.tensor([[9, 5, 0]] * 2), real=torch.tensor([[True, True, False]] * 2))
    reading, writing = look(Example(TOKENS, TOKENS, source=source), 0, text, SYMBOLS)
    assert [spot.is_changed for spot in reading.spots] == [False, True, False]
    assert reading.sees == (((0, 2),),) * 2
    assert writing.reads == (((0, 2),),) * 4
