"""What every objective returns, and the loss that they all share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from groundup.model.context import Context, Memory, all_at_once
from groundup.model.model import Model
from groundup.objectives.pieces import Projected, summed
from groundup.objectives.rows import UNSCORED as UNSCORED

# The term of the language model's head; all other terms bear the names of their heads.
TOKENS = "tokens"
# The two terms of replaced-token detection: what the generator says of the masks, what the detector says of the rest.
GENERATOR, DETECTION = "generator", "detection"
# Ends the name of a term of R-Drop: how far two passes differ in the term that is named before it.
AGREEMENT = "_agreement"


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
    """[B, T] which text of a pair, or [B, T, K] where more is told."""
    source: Source | None = None
    """What the encoder reads, where the model has both."""
    emphasis: Tensor | None = None
    """[B, T] what each target counts in training, 1 in the mean over the scored ones; None: all alike."""
    labels: Mapping[str, Tensor] = field(default_factory=dict)
    """Targets of labelled heads by name: [B], [B, T] or [B, 2], -100 where not scored."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """What a term's mean counts in the loss, where it is not 1."""
    smoothing: float = 0.0
    """Share of each token target that is spread over the whole vocabulary (arXiv 1512.00567); in training alone."""
    label_smoothing: float = 0.0
    """The same share of each target of the labelled heads, spread over the labels; but see `predictions` on spans."""
    r_drop: float = 0.0
    """Weight of the difference between two passes with different dropout (arXiv 2106.14448); in training alone."""
    judged: Tensor | None = None
    """[B, T] bool: positions of which a detector says whether a generator replaced their token. None: no detection."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of scored targets of each term, those of R-Drop included."""
        counts = {name: int((targets != UNSCORED).sum()) for name, targets in self.labels.items()}
        if self.judged is not None:
            return {GENERATOR: self.count, DETECTION: int(self.judged.sum()), **counts}
        counts = {TOKENS: self.count, **counts}
        return counts | {name + AGREEMENT: count for name, count in counts.items() if self.r_drop}

    @property
    def count(self) -> int:
        """Number of scored tokens."""
        return int((self.targets != UNSCORED).sum())


@dataclass(frozen=True)
class Prediction:
    """What a model says of the scored targets of one term."""

    name: str
    said: Tensor | Projected
    """The logits [N, classes] in full precision, or what they are made of."""
    targets: Tensor
    """[N]."""
    weight: float = 1.0
    smoothing: float = 0.0
    emphasis: Tensor | None = None
    """[N] what each counts in training; None: all alike."""

    @cached_property
    def logits(self) -> Tensor:
        """[N, classes] in full precision."""
        return self.said if isinstance(self.said, Tensor) else self.said.logits

    @property
    def loss(self) -> Tensor:
        """What training minimises: the summed cross-entropy in nats, smoothed; 0 with gradients of 0 where N is 0."""
        if isinstance(self.said, Projected) and self.said.is_large and torch.is_grad_enabled():
            return summed(self._loss, self.said)
        return self._loss(self.logits, slice(None))

    def _loss(self, logits: Tensor, piece: slice) -> Tensor:
        targets, smoothing = self.targets[piece], self.smoothing
        if self.emphasis is None:
            return F.cross_entropy(logits, targets, reduction="sum", label_smoothing=smoothing)
        each = F.cross_entropy(logits, targets, reduction="none", label_smoothing=smoothing)
        return (each * self.emphasis[piece]).sum()

    @property
    def nats(self) -> Tensor:
        """What is reported: the summed cross-entropy in nats, never smoothed."""
        return F.cross_entropy(self.logits, self.targets, reduction="sum")


def hidden_of(model: Model, example: Example) -> tuple[Tensor, Context]:
    """The model's vectors [B, T, D] for the inputs, and the context that they were made in."""
    memory = None
    if example.source is not None:
        source = example.source
        reading = all_at_once(source.tokens, documents=source.documents, real=source.real, is_causal=False)
        memory = model.read(source.tokens, reading)
    context = context_of(example, memory)
    hidden, _ = model(example.inputs, context)
    return hidden, context


def context_of(example: Example, memory: Memory | None = None) -> Context:
    """Who may see what in the example's rows."""
    return all_at_once(
        example.inputs,
        documents=example.documents,
        real=example.real,
        is_causal=example.is_causal,
        prefix=example.prefix,
        segments=example.segments,
        memory=memory,
    )


def predictions(model: Model, example: Example) -> tuple[Prediction, ...]:
    """What the model predicts for every term of the example; scored positions are gathered before any projection.

    Spans are never smoothed: among their classes are positions that no answer can have.
    """
    if example.judged is not None:
        return _detected(model, example, example.judged)
    hidden, context = hidden_of(model, example)
    vectors, targets = _scored(hidden, example.targets)
    found = []
    if len(targets) or not example.labels:
        weight = example.weights.get(TOKENS, 1.0)
        emphasis = None if example.emphasis is None else example.emphasis[example.targets != UNSCORED]
        said = Projected(vectors, model.score, model.scorers, model.vocabulary)
        found.append(Prediction(TOKENS, said, targets, weight, example.smoothing, emphasis))
    for name, wanted in example.labels.items():
        logits, wanted = _scored(model.label(name, hidden, context), wanted)
        smoothing = 0.0 if model.head_settings[name].kind == "span" else example.label_smoothing
        found.append(Prediction(name, logits, wanted, example.weights.get(name, 1.0), smoothing))
    return tuple(found)


def _detected(model: Model, example: Example, judged: Tensor) -> tuple[Prediction, ...]:
    """What the generator predicts for the masks, and what the model says of a text with the generator's guesses.

    A guess that happens to be the original is no replacement (ELECTRA, arXiv 2003.10555, section 2). Guesses are
    drawn, so no gradient comes back through them.
    """
    context = context_of(example)
    vectors, targets = _scored(model.propose(example.inputs, context), example.targets)
    logits = model.score(vectors)
    is_masked = example.targets != UNSCORED
    corrupted = example.inputs.masked_scatter(is_masked, _drawn(model, logits.detach(), example.inputs))
    replaced = (corrupted != torch.where(is_masked, example.targets, example.inputs)).long()
    hidden, _ = model(corrupted, context)
    verdicts, truth = _scored(model.label(DETECTION, hidden, context), replaced.masked_fill(~judged, UNSCORED))
    return (
        Prediction(GENERATOR, logits, targets, example.weights.get(GENERATOR, 1.0), example.smoothing),
        Prediction(DETECTION, verdicts, truth, example.weights.get(DETECTION, 1.0), example.label_smoothing),
    )


def _drawn(model: Model, logits: Tensor, inputs: Tensor) -> Tensor:
    """One token [N] from each distribution of logits [N, V].

    In training from the global random state, which belongs to the step; in evaluation from one that follows from
    the text, so that the same text is always measured alike and nobody else's draws are disturbed.
    """
    own = None
    if not model.training:
        own = torch.Generator(logits.device)
        own.manual_seed(int(inputs.sum()))
    # The largest of logits with Gumbel noise is a draw from their softmax; minus the log of an exponential is Gumbel.
    noise = torch.empty_like(logits).exponential_(generator=own).log_()
    return (logits - noise).argmax(-1)


def _scored(vectors: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Vectors [..., D] and targets [...] -> those of the scored positions, [N, D] and [N], in their order."""
    vectors, targets = vectors.flatten(0, -2), targets.flatten()
    scored = targets != UNSCORED
    if bool(scored.all()):
        return vectors, targets
    chosen = scored.nonzero().squeeze(1)
    return vectors[chosen], targets[chosen]
