"""Why a text was given its label: how much each of its words spoke for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from groundup.objectives.example import context_of
from groundup.tasks.attribution import attribute, word_scores
from groundup.tasks.classification import HEAD, Classifier
from groundup.tasks.examples import Labelled
from groundup.tasks.head_logits import example_of


def explain(
    classifier: Classifier, examples: Sequence[Labelled], chosen: Sequence[str]
) -> Iterator[list[tuple[str, float]]]:
    """For each example its words in order, with how much each spoke for the label `chosen` for it, in nats."""
    coder, device = classifier.coder, classifier.model.embedding.weight.device
    for example, label in zip(examples, chosen, strict=True):
        rows, _ = classifier.layout.rows([example])
        batch = rows.batch(np.zeros(1, dtype=np.int64), coder.padding, is_causal=classifier.is_causal)
        asked = example_of(batch, classifier.symbols, device)
        wanted = torch.tensor([classifier.names.index(label)], device=device)
        scores = attribute(classifier.model, HEAD, asked.inputs, context_of(asked), wanted)
        yield word_scores(coder, list(rows.ids[0]), scores[0].tolist())
