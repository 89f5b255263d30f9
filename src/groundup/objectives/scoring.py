"""Measuring a model on text: loss, accuracy, bits per byte, and beside them what is reached without any model.

Bits per byte compare models whatever their tokenizers: all nats of the text, over its bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from groundup.model.model import Model
from groundup.objectives.example import GENERATOR, TOKENS, Example, Prediction, predictions

# Tokens in one forward pass: enough to keep a processor busy, few enough for a large vocabulary's logits to fit.
TOKENS_AT_ONCE = 8192
# The terms that choose among the vocabulary.
OF_TOKENS = (TOKENS, GENERATOR)


@dataclass(frozen=True)
class TermScore:
    """How well a model predicts the targets of one term, and what is reached by knowing only how frequent each is."""

    loss: float
    """Nats a target."""
    accuracy: float
    """Share of the targets that the model holds most likely."""
    count: int
    majority: float
    """Accuracy of always saying what is most frequent among these very targets."""
    unigram: float | None = None
    """Nats a target by the frequency of each token in the training text; None where that is unknown or no token."""


@dataclass(frozen=True)
class Score:
    """How well a model predicts a text. The figures outside `terms` are those of the main term."""

    loss: float
    """Nats a token."""
    tokens: int
    bits_per_byte: float
    """A measure of the text where every token of it is scored once; else of the scored tokens at their mean length."""
    terms: Mapping[str, TermScore] = field(default_factory=dict)
    """Every term by name, the main one first."""

    @property
    def perplexity(self) -> float:
        """exp(loss): between how many equally likely tokens the model hesitates."""
        # Beyond e^700 the number no longer fits and means nothing.
        return math.exp(min(self.loss, 700.0))


def in_order(names: Iterable[str]) -> list[str]:
    """Names of terms, the main one first: the tokens, if any, and last the generator, which is gone after training."""
    return sorted(names, key=lambda name: (name != TOKENS, name == GENERATOR))


@torch.inference_mode()
def score(
    model: Model, examples: Iterable[Example], bytes_per_token: float, token_counts: NDArray[np.int64] | None = None
) -> Score:
    """The score over all scored targets of `examples`, without dropout and label smoothing.

    `bytes_per_token` is the text's own, for bits per byte; `token_counts` [V] says how often each token stands in the
    training text, for the unigram baseline. The main term is the first that `in_order` gives.
    """
    was_training = model.training
    model.eval()
    sums: dict[str, _Sums] = {}
    try:
        for example in examples:
            for said in predictions(model, example):
                sums.setdefault(said.name, _Sums()).add(said)
    finally:
        model.train(was_training)
    names = in_order(sums)
    terms = {name: sums[name].score(token_counts if name in OF_TOKENS else None) for name in names}
    main = terms[names[0]] if names else TermScore(0.0, 0.0, 0, 0.0)
    return Score(main.loss, main.count, main.loss / math.log(2) / bytes_per_token, terms)


@dataclass
class _Sums:
    """What is added up of one term while measuring."""

    nats: float = 0.0
    right: int = 0
    seen: Tensor | None = None
    """[classes] how often each was the target."""

    def add(self, said: Prediction) -> None:
        """Take in one batch."""
        self.nats += said.nats.item()
        self.right += int((said.logits.argmax(-1) == said.targets).sum())
        # The classes of a span are the positions of a row, and rows differ in length.
        classes = max(said.logits.shape[-1], 0 if self.seen is None else len(self.seen))
        seen = torch.bincount(said.targets, minlength=classes)
        if self.seen is not None:
            seen[: len(self.seen)] += self.seen
        self.seen = seen

    def score(self, token_counts: NDArray[np.int64] | None) -> TermScore:
        """The means."""
        assert self.seen is not None
        count = int(self.seen.sum())
        each = max(count, 1)
        return TermScore(
            loss=self.nats / each,
            accuracy=self.right / each,
            count=count,
            majority=int(self.seen.max()) / each,
            unigram=None if token_counts is None else unigram_nats(self.seen.cpu().numpy(), token_counts) / each,
        )


def unigram_nats(seen: NDArray[np.int64], token_counts: NDArray[np.int64]) -> float:
    """Nats of tokens that were `seen` [V] so often, for a model that knows only the training text's counts [V].

    Each token counts once more than it was there, so that none is impossible (Laplace's rule of succession).
    """
    counts = token_counts + 1.0
    return -float(seen @ np.log(counts / counts.sum()))
