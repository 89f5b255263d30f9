"""What every objective returns, and the loss that they all share."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from groundup.model.context import all_at_once
from groundup.model.model import Model

# Targets of this value are not scored.
UNSCORED = -100


@dataclass(frozen=True)
class Example:
    """A batch as a model meets it: [B, T] inputs, [B, T] targets (-100: not scored) and who may see what."""

    inputs: Tensor
    targets: Tensor
    is_causal: bool = True
    documents: Tensor | None = None
    """[B, T] document numbers where a row holds several; None: one document a row."""

    @property
    def count(self) -> int:
        """Number of scored tokens."""
        return int((self.targets != UNSCORED).sum())


def loss(model: Model, example: Example) -> tuple[Tensor, int]:
    """The summed cross-entropy in nats over the scored tokens, and their number.

    Sums, not means: whoever adds up batches divides by the count of them all, so accumulation, ragged batches
    and many ranks agree. Scored positions are gathered before the projection onto the vocabulary.
    """
    context = all_at_once(example.inputs, documents=example.documents, is_causal=example.is_causal)
    hidden, _ = model(example.inputs, context)
    hidden, targets = hidden.flatten(0, 1), example.targets.flatten()
    count = example.count
    if count < len(targets):
        scored = (targets != UNSCORED).nonzero().squeeze(1)
        hidden, targets = hidden[scored], targets[scored]
    return cross_entropy(model, hidden, targets), count


def cross_entropy(model: Model, hidden: Tensor, targets: Tensor) -> Tensor:
    """Hidden [N, D] and targets [N] -> the sum of -log p(target) in nats; 0 with gradients of 0 where N is 0."""
    return F.cross_entropy(model.score(hidden), targets, reduction="sum")
