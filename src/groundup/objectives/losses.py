"""From predictions to what is minimised: one summed loss a term."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from groundup.model.model import Model
from groundup.objectives.example import Example, predictions


@dataclass(frozen=True)
class Term:
    """One part of a loss. Sums, not means: whoever adds up batches divides by the count of them all."""

    name: str
    total: Tensor
    """Summed nats, with gradients."""
    count: int
    weight: float


def terms(model: Model, example: Example) -> tuple[Term, ...]:
    """The terms that training on `example` minimises; each is to be divided by its count over the whole update."""
    return tuple(Term(said.name, said.loss, len(said.targets), said.weight) for said in predictions(model, example))
