"""What every objective returns, and the loss that they all share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch.nn.functional as F
from torch import Tensor

from groundup.model.context import Context, all_at_once
from groundup.model.model import Model
from groundup.objectives.rows import UNSCORED as UNSCORED

# The term of the language model's head; all other terms bear the names of their heads.
TOKENS = "tokens"


@dataclass(frozen=True)
class Source:
    """What an encoder reads: [B, S] tokens."""

    tokens: Tensor
    real: Tensor | None = None
    """[B, S] bool; None: no padding."""
    documents: Tensor | None = None
    """[B, S] the pair that each position belongs to, in packed rows."""


@dataclass(frozen=True)
class Example:
    """A batch as a model meets it: [B, T] inputs, [B, T] targets (-100: not scored) and who may see what."""

    inputs: Tensor
    targets: Tensor
    is_causal: bool = True
    documents: Tensor | None = None
    """[B, T] document numbers where a row holds several; None: one document a row."""
    real: Tensor | None = None
    """[B, T] bool, False for padding; None: none."""
    prefix: Tensor | None = None
    """[B, T] bool: positions that all of their document see (prefix language models)."""
    segments: Tensor | None = None
    """[B, T] which text of a pair."""
    source: Source | None = None
    """What the encoder reads, where the model has both."""
    labels: Mapping[str, Tensor] = field(default_factory=dict)
    """Targets of labelled heads by name: [B], [B, T] or [B, 2], -100 where not scored."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """What a term's mean counts in the loss, where it is not 1."""
    smoothing: float = 0.0
    """Share of each token target that is spread over the whole vocabulary (arXiv 1512.00567)."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of scored targets of each term."""
        named = {TOKENS: self.targets, **self.labels}
        return {name: int((targets != UNSCORED).sum()) for name, targets in named.items()}

    @property
    def count(self) -> int:
        """Number of scored tokens."""
        return self.counts[TOKENS]


@dataclass(frozen=True)
class Prediction:
    """What a model says of the scored targets of one term."""

    name: str
    logits: Tensor
    """[N, classes] in full precision."""
    targets: Tensor
    """[N]."""
    weight: float = 1.0
    smoothing: float = 0.0

    @property
    def loss(self) -> Tensor:
        """The summed cross-entropy in nats; 0 with gradients of 0 where N is 0."""
        return F.cross_entropy(self.logits, self.targets, reduction="sum", label_smoothing=self.smoothing)


def hidden_of(model: Model, example: Example) -> tuple[Tensor, Context]:
    """The model's vectors [B, T, D] for the inputs, and the context that they were made in."""
    memory = None
    if example.source is not None:
        source = example.source
        reading = all_at_once(source.tokens, documents=source.documents, real=source.real, is_causal=False)
        memory = model.read(source.tokens, reading)
    context = all_at_once(
        example.inputs,
        documents=example.documents,
        real=example.real,
        is_causal=example.is_causal,
        prefix=example.prefix,
        segments=example.segments,
        memory=memory,
    )
    hidden, _ = model(example.inputs, context)
    return hidden, context


def predictions(model: Model, example: Example) -> tuple[Prediction, ...]:
    """What the model predicts for every term of the example; scored positions are gathered before any projection."""
    hidden, context = hidden_of(model, example)
    found = []
    vectors, targets = hidden.flatten(0, 1), example.targets.flatten()
    scored = targets != UNSCORED
    if not bool(scored.all()):
        chosen = scored.nonzero().squeeze(1)
        vectors, targets = vectors[chosen], targets[chosen]
    if len(targets) or not example.labels:
        found.append(
            Prediction(
                TOKENS, model.score(vectors), targets, example.weights.get(TOKENS, 1.0), smoothing=example.smoothing
            )
        )
    for name, wanted in example.labels.items():
        logits = model.label(name, hidden, context)
        logits, wanted = logits.flatten(0, -2), wanted.flatten()
        keep = wanted != UNSCORED
        found.append(Prediction(name, logits[keep], wanted[keep], example.weights.get(name, 1.0)))
    return tuple(found)


def loss(model: Model, example: Example) -> tuple[Tensor, int]:
    """The summed cross-entropy in nats over the scored tokens, and their number.

    Sums, not means: whoever adds up batches divides by the count of them all, so accumulation, ragged batches
    and many ranks agree.
    """
    said = next(prediction for prediction in predictions(model, example) if prediction.name == TOKENS)
    return said.loss, len(said.targets)
