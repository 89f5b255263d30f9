"""The logits of a trained model's head for labelled rows: read in batches of like length, each row as if alone."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from groundup.model.model import Model
from groundup.objectives.example import Example, hidden_of
from groundup.objectives.labels import labels
from groundup.objectives.rows import Symbols
from groundup.objectives.scoring import TOKENS_AT_ONCE
from groundup.objectives.settings import ObjectiveSettings
from groundup.progress import SILENT, Progress
from groundup.tasks.materials.rows import LabelledBatch, LabelledRows, in_batches
from groundup.tokens.buckets import Places
from groundup.training.draws import draws_of


def head_logits(
    model: Model, head: str, rows: LabelledRows, symbols: Symbols, *, is_causal: bool, progress: Progress = SILENT
) -> Iterator[tuple[Places, Tensor]]:
    """The numbers [B] of some rows and the head's logits [B, ...] for them, until all rows had their turn."""
    batches = in_batches(rows, TOKENS_AT_ONCE, symbols.padding, is_causal=is_causal)
    device = model.embedding.weight.device
    for number, chosen in enumerate(batches.chosen):
        example = example_of(batches.at(number), symbols, device)
        yield chosen, model.label(head, *hidden_of(model, example))
        progress("reading texts", number + 1, len(batches))


def example_of(batch: LabelledBatch, symbols: Symbols, device: torch.device) -> Example:
    """A batch as the model reads it to label it."""
    # Labels draw nothing by chance, so any draws will do.
    return labels(batch, symbols, ObjectiveSettings(kind="labels"), draws_of(0), device=device)
