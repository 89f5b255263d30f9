"""Batch and learning rates that follow from the size of a model where a recipe leaves them open."""

from __future__ import annotations

from dataclasses import dataclass, replace

from groundup.model.sizes import Shape
from groundup.training.settings import TrainingSettings


@dataclass(frozen=True)
class Rates:
    """Peak learning rates by kind of parameter."""

    matrix: float
    embedding: float
    head: float
    label: float
    scalar: float


def batch_tokens_for(parameters: int) -> int:
    """Tokens of one update: small models on small budgets want many small steps.

    The critical batch grows with the data a model should see, to the power of about .4 (arXiv 2505.13738); anchored
    at 2,048 tokens for a million parameters, which serves a few minutes on two cores (the README has the losses).
    """
    tokens = 2048 * (parameters / 1e6) ** 0.4
    return int(min(max(tokens, 1024), 2**19))


def rates_for(settings: TrainingSettings, shape: Shape) -> Rates:
    """The rates that `settings` state, or `rate_factor` of those that follow from the width.

    Muon's update has unit gain whatever the width, so its rate stays; AdamW's moves each number by about its rate,
    and what a row of D of them adds up to must not grow with D (arXiv 2203.03466): the head's falls with the width.
    """
    is_muon = settings.optimizer == "muon"
    narrow, factor = 256 / shape.width, 1.0 if settings.rate_factor is None else settings.rate_factor
    return Rates(
        matrix=settings.matrix_rate or factor * (0.02 if is_muon else 3e-3 * narrow),
        embedding=settings.embedding_rate or factor * 0.02,
        head=settings.head_rate or factor * 4e-3 * narrow,
        # A batch holds one label where it holds a hundred tokens: steps as large would follow the noise. Whatever the
        # factor: the heads of labels are new when all else has learned already.
        label=settings.label_rate or 1e-3 * narrow,
        scalar=settings.scalar_rate or factor * 0.01,
    )


def rows_for(settings: TrainingSettings, context: int, parameters: int) -> TrainingSettings:
    """`settings` with the number of rows said outright."""
    if settings.batch is not None:
        return settings
    return replace(settings, batch=max(1, round(batch_tokens_for(parameters) / context / settings.accumulate)))
