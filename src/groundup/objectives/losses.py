"""From predictions to what is minimised: one summed loss a term."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor

from groundup.model.model import Model
from groundup.objectives.example import AGREEMENT, Example, Prediction, predictions
from groundup.objectives.pieces import Projected, summed


@dataclass(frozen=True)
class Term:
    """One part of a loss. Sums, not means: whoever adds up batches divides by the count of them all."""

    name: str
    total: Tensor
    """Summed nats, with gradients."""
    count: int
    weight: float


def terms(model: Model, example: Example) -> tuple[Term, ...]:
    """The terms that training on `example` minimises; each is to be divided by its count over the whole update.

    The counts are those of `example.counts`, which are known before the model has run.
    """
    # Two passes of a generator draw different tokens, so what is said of them need not agree.
    if example.r_drop and model.training and example.judged is None:
        return tuple(_twice(model, example))
    return tuple(Term(said.name, said.loss, len(said.targets), said.weight) for said in predictions(model, example))


def _twice(model: Model, example: Example) -> Iterator[Term]:
    """R-Drop (arXiv 2106.14448, equation 4): two passes with different dropout, and how far they differ.

    Half of what the paper writes, so that the first term keeps the size that it has with a single pass: the mean of
    the two losses, and the weight times a quarter of the two divergences. To the optimizer a factor over all is one
    of the learning rate.
    """
    # One batch with every row twice: each row draws its own dropout.
    for said in predictions(model, doubled(example)):
        count = len(said.targets) // 2
        yield Term(said.name, said.loss / 2, count, said.weight)
        yield Term(said.name + AGREEMENT, _divergence(said) / 4, count, said.weight * example.r_drop)


def _divergence(said: Prediction) -> Tensor:
    """KL(p, q) + KL(q, p) in nats, summed over targets, of the first half of the predictions and the second."""
    if isinstance(said.said, Projected) and said.said.is_large:
        # The two of each target side by side.
        return summed(_apart, replace(said.said, vectors=torch.stack(said.said.vectors.chunk(2), 1)))
    return _apart(torch.stack(said.logits.chunk(2), 1))


def _apart(logits: Tensor, _: slice = slice(None)) -> Tensor:
    one, other = logits.log_softmax(-1).unbind(1)
    return ((one.exp() - other.exp()) * (one - other)).sum()


def doubled(example: Example) -> Example:
    """All rows of an example, and behind them all rows again."""
    twice: Example = _doubled(example)
    return twice


def _doubled(value: Any) -> Any:
    if isinstance(value, Tensor):
        return torch.cat((value, value))
    if isinstance(value, Mapping):
        return {name: _doubled(part) for name, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _doubled(getattr(value, field.name)) for field in fields(value)})
    return value
