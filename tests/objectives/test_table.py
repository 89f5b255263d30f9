from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.objectives.example import UNSCORED, Example
from groundup.objectives.rows import Symbols
from groundup.objectives.settings import ObjectiveSettings
from groundup.objectives.table import MEASURES, NEEDS, OBJECTIVES, check, fitting
from groundup.settings import SettingError

Draws = Callable[[int], np.random.Generator]
Make = Callable[..., Any]
# Labels come with a task's examples; test_labels has them.
KINDS = tuple(kind for kind in get_args(get_type_hints(ObjectiveSettings)["kind"]) if kind != "labels")
FROM_TEXT = tuple(kind for kind in OBJECTIVES if kind != "labels")
ENCODER, DECODER = ("attention", "gelu"), ("attention", "gelu")
BOTH = (ENCODER, ("attention", "cross", "gelu"))


def dials_of(kind: str, **more: Any) -> ObjectiveSettings:
    """The settings under which an objective, or what measures one, is called."""
    owner = kind if kind in MEASURES else next(name for name, kinds in MEASURES.items() if kind in kinds.values())
    return ObjectiveSettings(kind=owner, **more)  # type: ignore[arg-type]


def tensors_of(example: Example) -> list[torch.Tensor]:
    source = {} if example.source is None else vars(example.source)
    return [part for part in [*vars(example).values(), *source.values()] if isinstance(part, torch.Tensor)]


def test_every_kind_is_there() -> None:
    assert {*KINDS, "labels"} == set(MEASURES) == set(NEEDS) <= set(OBJECTIVES)
    for measures in MEASURES.values():
        assert "" in measures
        assert set(measures.values()) <= set(OBJECTIVES)


@pytest.mark.parametrize("kind", FROM_TEXT)
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 1), st.sampled_from(["tokens", "words", "spans"]))
def test_any_rows_make_an_example(
    wild_rows: Make, symbols: Symbols, draws_of: Draws, kind: str, seed: int, stage: float, unit: Any
) -> None:
    rows, dials = wild_rows(seed), dials_of(kind, mask_unit=unit)
    before = [None if part is None else part.copy() for part in vars(rows).values()]
    example, again = (OBJECTIVES[kind](rows, symbols, dials, draws_of(seed), stage=stage) for _ in range(2))
    # A pure function: the same again, and the rows as they were.
    for one, other in zip(tensors_of(example), tensors_of(again), strict=True):
        assert torch.equal(one, other)
    for one, other in zip(before, vars(rows).values(), strict=True):
        assert one is other is None or np.array_equal(one, other)
    assert example.inputs.shape == example.targets.shape
    for tokens in (example.inputs, *([] if example.source is None else [example.source.tokens])):
        assert tokens.dtype == torch.int64
        assert tokens.min() >= 0
        assert tokens.max() < symbols.vocabulary
    assert example.targets.dtype == torch.int64
    assert ((example.targets == UNSCORED) | (example.targets >= 0)).all()
    if example.real is not None:
        assert not ((example.targets != UNSCORED) & ~example.real).any()
        # Padding follows what is real.
        assert (example.real.int().diff(dim=1) <= 0).all()


@pytest.mark.parametrize("kind", FROM_TEXT)
def test_the_dials_of_the_loss_pass_through(full_rows: Make, symbols: Symbols, draws_of: Draws, kind: str) -> None:
    # Detection knows no second pass, and its settings refuse one.
    r_drop = 0.0 if kind == "detection" else 2.0
    example = OBJECTIVES[kind](full_rows(1, 2, 9), symbols, dials_of(kind, smoothing=0.1, r_drop=r_drop), draws_of(1))
    assert (example.smoothing, example.r_drop) == (0.1, r_drop)


def test_a_second_pass_that_would_have_no_say_is_refused() -> None:
    with pytest.raises(SettingError, match="set r_drop to 0"):
        ObjectiveSettings(kind="detection", r_drop=1.0)


@pytest.mark.parametrize(
    ("stacks", "kinds"),
    [
        ((ENCODER, ()), {"masked", "detection"}),
        (((), DECODER), {"causal", "masked", "prefix", "hybrid", "detection"}),
        (BOTH, {"spans", "sequence"}),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_an_objective_needs_its_stacks(kind: Any, stacks: Any, kinds: set[str]) -> None:
    if kind in kinds:
        check(ObjectiveSettings(kind=kind), *stacks)
        return
    with pytest.raises(GroundupError, match=f"The objective {kind} needs a model with") as error:
        check(ObjectiveSettings(kind=kind), *stacks)
    assert "model." in error.value.remedy


@pytest.mark.parametrize("stacks", [(ENCODER, ()), ((), DECODER), BOTH])
def test_labels_are_nothing_to_pretrain_on(stacks: Any) -> None:
    with pytest.raises(GroundupError, match="labels learns from a task's examples") as error:
        check(ObjectiveSettings(kind="labels"), *stacks)
    assert " or ".join(fitting(*stacks)) in error.value.remedy


@pytest.mark.parametrize("stacks", [(ENCODER, ()), ((), DECODER), BOTH])
@pytest.mark.parametrize("kind", KINDS)
def test_what_these_stacks_can_learn_is_advised_first(kind: Any, stacks: Any) -> None:
    kinds = fitting(*stacks)
    assert kinds
    if kind in kinds:
        return
    with pytest.raises(GroundupError) as error:
        check(ObjectiveSettings(kind=kind), *stacks)
    advice, stacks_advice = error.value.remedy.split(". To learn ")
    assert advice == f"Set pretrain.objective.kind to what these stacks can learn: {' or '.join(kinds)}"
    assert "model." in stacks_advice
    for other in kinds:
        check(ObjectiveSettings(kind=other), *stacks)


def test_a_stack_that_reads_one_way_is_advised_nothing_that_looks_ahead() -> None:
    assert fitting((), DECODER, is_one_way=True) == ("causal",)
