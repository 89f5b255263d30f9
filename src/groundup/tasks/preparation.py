"""What the material of a task is prepared from, and what comes of it: material to train on, facts for answering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundup.tasks.materials.pairs import Coders
from groundup.tasks.parts import Parts
from groundup.tasks.settings import TaskSettings
from groundup.training.material import Material


@dataclass(frozen=True)
class Ingredients:
    """A task's examples and all else that their material is prepared from."""

    task: TaskSettings
    parts: Parts
    coders: Coders
    context: int
    """Most tokens of a row, or of either side of a pair."""
    is_causal: bool
    """Whether the stack that reads texts sees only what stands before."""
    seed: int
    fingerprint: str
    """Of examples and tokenizer: batches depend on it and the seed, on nothing else."""
    segments: int = 0
    """How many texts, or kinds of words, the model tells apart in a row."""


@dataclass(frozen=True)
class Prepared:
    """Material to train on."""

    material: Material
    facts: Mapping[str, Any]
    """What a predictor must know beside the weights, and what was cut or left out: ready for JSON."""
    sample: str = ""
    """What the model writes of, or goes on from, when it is looked at on the way."""
    notes: tuple[str, ...] = ()
    """Sentences for whoever watches."""
