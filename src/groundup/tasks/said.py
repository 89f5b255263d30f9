"""What a trained model's head says of rows: read in batches of like length, each row as if it were alone."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from groundup.model.model import Model
from groundup.objectives.example import hidden_of
from groundup.objectives.labels import labels
from groundup.objectives.rows import Symbols
from groundup.objectives.scoring import TOKENS_AT_ONCE
from groundup.objectives.settings import ObjectiveSettings
from groundup.progress import SILENT, Progress
from groundup.tasks.materials.rows import LabelledRows, in_batches
from groundup.tokens.buckets import Places
from groundup.training.draws import draws_of


def said(
    model: Model, head: str, rows: LabelledRows, symbols: Symbols, *, is_causal: bool, progress: Progress = SILENT
) -> Iterator[tuple[Places, Tensor]]:
    """The numbers [B] of some rows and the head's logits [B, ...] for them, until all rows had their turn."""
    batches = in_batches(rows, TOKENS_AT_ONCE, symbols.padding, is_causal=is_causal)
    settings, device = ObjectiveSettings(kind="labels"), model.embedding.weight.device
    for number, chosen in enumerate(batches.chosen):
        example = labels(batches.at(number), symbols, settings, draws_of(0), device=device)
        yield chosen, model.label(head, *hidden_of(model, example))
        progress("reading texts", number + 1, len(batches))
