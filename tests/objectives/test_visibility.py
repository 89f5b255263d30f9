"""No scored position sees what it is asked, nor any other document, nor padding: to the bit, for every objective."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.model.model import Model
from groundup.objectives.example import UNSCORED, Example, hidden_of
from groundup.objectives.rows import Symbols
from groundup.objectives.settings import ObjectiveSettings
from groundup.objectives.table import MEASURES, OBJECTIVES

Draws = Callable[[int], np.random.Generator]
Make = Callable[..., Any]

ATTENTION = ("attention", "gelu")
DECODER = {"decoder": ATTENTION}
ENCODER = {"encoder": ATTENTION, "decoder": ()}
BOTH = {"encoder": ATTENTION, "decoder": ("attention", "cross", "gelu")}
LEARNED = {"positions": "learned", "context": 40}
MODELS: dict[str, list[dict[str, Any]]] = {
    "causal": [DECODER, {"decoder": ("gru",)}],
    "masked": [DECODER, ENCODER, ENCODER | LEARNED, {"encoder": ("lstm",), "decoder": ()}],
    "prefix": [DECODER, DECODER | LEARNED],
    "spans": [BOTH, BOTH | LEARNED, {"encoder": ("lstm",), "decoder": ("gru", "additive")}],
    "hybrid": [DECODER, DECODER | {"window": 5}],
    "masked_next": [DECODER],
    "detection": [ENCODER],
    "sequence": [BOTH, {"encoder": ("gru",), "decoder": ("lstm", "luong")}],
}
CASES = [(kind, model) for kind, models in MODELS.items() for model in models]
SEEDS = st.integers(0, 10**6)


def test_every_objective_is_put_to_the_test() -> None:
    # Labels come with a task's examples; test_labels has them.
    assert set(MODELS) == set(OBJECTIVES) - {"labels"}


def made(kind: str, rows: Any, symbols: Symbols, draws: np.random.Generator) -> Example:
    """An example in which what is hidden is really so; 10 in 100 of BERT's hidden tokens are left in sight."""
    owner = kind if kind in MEASURES else next(name for name, kinds in MEASURES.items() if kind in kinds.values())
    dials = ObjectiveSettings(kind=owner, replacement="mask", causal_share=0.3)  # type: ignore[arg-type]
    return OBJECTIVES[kind](rows, symbols, dials, draws)


def other_token(tokens: Any, symbols: Symbols, step: Any) -> Any:
    """Another plain token that begins a word where the first does, so that equal draws choose equal places."""
    plain = symbols.vocabulary - symbols.special
    changed = symbols.special + (tokens - symbols.special + 2 * step) % (plain - 1)
    changed = np.where(tokens == symbols.vocabulary - 1, symbols.special, changed)
    return np.where(tokens >= symbols.special, changed, tokens)


@torch.inference_mode()
def said(model: Model, example: Example) -> Tensor:
    """The logits of all positions, [B, T, V]."""
    return model.score(hidden_of(model, example)[0])


@pytest.mark.parametrize(("kind", "stacks"), CASES)
@settings(max_examples=8, deadline=None)
@given(SEEDS, st.booleans())
def test_no_position_sees_its_own_target(
    full_rows: Make,
    symbols: Symbols,
    draws_of: Draws,
    random_model: Make,
    kind: str,
    stacks: dict[str, Any],
    seed: int,
    documents: bool,
) -> None:
    model = random_model(vocabulary=symbols.vocabulary, **stacks)
    rows = full_rows(seed, 6, 14, documents)
    place = np.arange(15) == draws_of(seed).integers(0, 15, (6, 1))
    tokens = np.where(place, other_token(rows.tokens, symbols, 1 + seed % 16), rows.tokens)
    changed = type(rows)(tokens, tokens[:, 1:], rows.documents)
    one, other = (made(kind, batch, symbols, draws_of(seed)) for batch in (rows, changed))
    assert torch.equal(one.targets == UNSCORED, other.targets == UNSCORED)
    asked = one.targets != other.targets
    assert torch.equal(said(model, one)[asked], said(model, other)[asked])


@pytest.mark.parametrize(("kind", "stacks"), CASES)
def test_but_what_they_may_see_they_see(
    full_rows: Make, symbols: Symbols, draws_of: Draws, random_model: Make, kind: str, stacks: dict[str, Any]
) -> None:
    """The tests beside this one would pass with a model that looks at nothing."""
    model = random_model(vocabulary=symbols.vocabulary, **stacks)
    rows = full_rows(1, 6, 14)
    tokens = rows.tokens.copy()
    tokens[:, 2] = other_token(tokens[:, 2], symbols, 1)
    one, other = (
        made(kind, batch, symbols, draws_of(1)) for batch in (rows, type(rows)(tokens, tokens[:, 1:], rows.documents))
    )
    is_scored = one.targets != UNSCORED
    asked = is_scored & (one.targets != other.targets)
    assert asked.any()
    assert not torch.equal(said(model, one)[is_scored & ~asked], said(model, other)[is_scored & ~asked])


def test_a_position_that_saw_its_target_would_be_found(
    full_rows: Make, symbols: Symbols, draws_of: Draws, random_model: Make
) -> None:
    model, rows = random_model(vocabulary=symbols.vocabulary), full_rows(1, 6, 14)
    tokens = rows.tokens.copy()
    tokens[:, 7] = other_token(tokens[:, 7], symbols, 1)
    for kind in ("causal", "prefix", "hybrid"):
        pair = []
        for batch in (rows, type(rows)(tokens, tokens[:, 1:], None)):
            # All inputs in sight, and all targets scored.
            inputs, targets = torch.as_tensor(batch.tokens[:, :-1]), torch.as_tensor(batch.targets)
            example = replace(made(kind, batch, symbols, draws_of(1)), inputs=inputs, targets=targets)
            pair.append(replace(example, is_causal=False) if kind == "causal" else example)
        asked = pair[0].targets != pair[1].targets
        assert not torch.equal(said(model, pair[0])[asked], said(model, pair[1])[asked]), kind


@pytest.mark.parametrize(("kind", "stacks"), CASES)
@settings(max_examples=8, deadline=None)
@given(SEEDS, st.booleans())
def test_documents_of_a_row_know_nothing_of_each_other(
    full_rows: Make,
    symbols: Symbols,
    draws_of: Draws,
    random_model: Make,
    kind: str,
    stacks: dict[str, Any],
    seed: int,
    is_first: bool,
) -> None:
    model = random_model(vocabulary=symbols.vocabulary, **stacks)
    rows = full_rows(seed, 1, 20, True)
    tokens = np.where((rows.documents == 0) == is_first, other_token(rows.tokens, symbols, 1 + seed % 16), rows.tokens)
    changed = type(rows)(tokens, tokens[:, 1:], rows.documents)
    one, other = (made(kind, batch, symbols, draws_of(seed)) for batch in (rows, changed))
    assert one.documents is not None
    touched = one.documents[one.inputs != other.inputs].tolist()
    if one.source is not None and other.source is not None:
        assert one.source.documents is not None
        touched += one.source.documents[one.source.tokens != other.source.tokens].tolist()
    assert len(set(touched)) <= 1
    is_other = (one.targets != UNSCORED) & ~torch.isin(one.documents, torch.tensor(touched, dtype=one.documents.dtype))
    assert torch.equal(said(model, one)[is_other], said(model, other)[is_other])


@pytest.mark.parametrize(("kind", "stacks"), CASES)
@settings(max_examples=8, deadline=None)
@given(SEEDS)
def test_padding_means_nothing(
    full_rows: Make,
    symbols: Symbols,
    draws_of: Draws,
    random_model: Make,
    kind: str,
    stacks: dict[str, Any],
    seed: int,
) -> None:
    """Rows of unequal length, one of them empty: what stands behind the end of a row changes no scored position."""
    model, rows = random_model(vocabulary=symbols.vocabulary, **stacks), full_rows(seed, 4, 14)
    tokens = rows.tokens.copy()
    tokens[np.arange(15) >= np.array([[15], [9], [2], [0]])] = UNSCORED
    example = made(kind, type(rows)(tokens, tokens[:, 1:], None), symbols, draws_of(seed))
    draw = torch.Generator().manual_seed(seed)

    def refilled(tokens: Tensor, is_padding: Tensor) -> Tensor:
        return torch.where(is_padding, torch.randint(symbols.vocabulary, tokens.shape, generator=draw), tokens)

    # A causal row's padding follows all that is scored, so that nothing needs to say where it is.
    behind = torch.as_tensor(tokens[:, :-1] < 0) if example.real is None else ~example.real
    changed = replace(example, inputs=refilled(example.inputs, behind))
    if example.source is not None:
        assert example.source.real is not None
        source = replace(example.source, tokens=refilled(example.source.tokens, ~example.source.real))
        changed = replace(changed, source=source)
    is_scored = example.targets != UNSCORED
    assert is_scored.any()
    logits = said(model, example)
    assert torch.isfinite(logits).all()
    assert torch.equal(logits[is_scored], said(model, changed)[is_scored])
