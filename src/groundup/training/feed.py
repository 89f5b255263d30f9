"""Where a run's examples come from: batches of its text, made by its objective into what the model is asked.

Every example is a pure function of the seed and its number, in training as in measuring.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch

from groundup.objectives.example import Example
from groundup.objectives.rows import UNSCORED, Symbols
from groundup.objectives.settings import ObjectiveSettings
from groundup.objectives.table import MEASURES, OBJECTIVES
from groundup.training.draws import draws_of
from groundup.training.material import Batches, HeldOut

# Sets the draws of held-out text apart from those of training.
HELD_OUT = -1


@dataclass(frozen=True)
class Feed:
    """The examples of one objective."""

    batches: Batches
    settings: ObjectiveSettings
    symbols: Symbols
    seed: int
    device: torch.device

    def example(self, number: int, stage: float) -> Example:
        """Example `number` of training, at `stage` of the run: 0 at its beginning, 1 at its end."""
        make = OBJECTIVES[self.settings.kind]
        draws = draws_of(self.seed, number)
        return make(self.batches.at(number), self.symbols, self.settings, draws, stage=stage, device=self.device)

    def measured(self, held_out: HeldOut, share: float) -> Mapping[str, HeldOutExamples]:
        """By what is measured ("" for the main figure), examples of a `share` of held-out text, evenly spread."""
        kinds = MEASURES[self.settings.kind]
        return {name: HeldOutExamples(self, kind, held_out, share) for name, kind in kinds.items()}


@dataclass(frozen=True)
class HeldOutExamples:
    """Held-out text as an objective sees it at the end of a run, whenever it is measured."""

    feed: Feed
    kind: str
    """The objective that it is measured by."""
    held_out: HeldOut
    share: float

    def __len__(self) -> int:
        """Number of examples."""
        return math.ceil(self.share * len(self.held_out))

    def __getitem__(self, number: int) -> Example:
        """Example `number`; its draws depend on the seed and the place of the text alone."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        place = number * len(self.held_out) // len(self)
        draws = draws_of(self.feed.seed, HELD_OUT, place)
        # Nothing that only training is for.
        settings = replace(self.feed.settings, smoothing=0.0, label_smoothing=0.0, token_dropout=0.0, r_drop=0.0)
        make = OBJECTIVES[self.kind]
        example = make(self.held_out.at(place), self.feed.symbols, settings, draws, stage=1.0, device=self.feed.device)
        if self.kind != "spans":
            return example
        # Sentinels mark places and are no text: that they come in order is soon known, and would flatter the figures.
        sentinels = example.targets.new_tensor(self.feed.symbols.sentinels)
        return replace(example, targets=example.targets.masked_fill(torch.isin(example.targets, sentinels), UNSCORED))
