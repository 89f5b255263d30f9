"""The whole recipe: every room's settings under one roof, from raw text to a model that writes."""

from __future__ import annotations

from dataclasses import dataclass

from groundup.corpus.settings import CorpusSettings
from groundup.decoding.settings import SamplingSettings
from groundup.model.settings import ModelSettings
from groundup.settings import require
from groundup.tokens.settings import TokenizerSettings
from groundup.training.settings import TrainingSettings


@dataclass(frozen=True)
class SampleSettings:
    """What the finished model writes for the report."""

    prompts: tuple[str, ...] = ("",)
    """How the samples begin; an empty prompt lets the model begin a document."""
    sampling: SamplingSettings = SamplingSettings()
    """How they are drawn."""


@dataclass(frozen=True)
class Recipe:
    """All there is to say about a run. Its stages: corpus, tokenizer, shards, pretrain, samples, report."""

    name: str
    """What the run is called in its report."""
    corpus: CorpusSettings
    """Where the text comes from and how it is cleaned."""
    description: str = ""
    """A sentence or two for the report: what the run is for."""
    seed: int = 1
    """From which every random choice follows."""
    tokenizer: TokenizerSettings = TokenizerSettings()
    """How text becomes tokens."""
    model: ModelSettings = ModelSettings()
    """What is trained."""
    pretrain: TrainingSettings = TrainingSettings()
    """How it is trained."""
    samples: SampleSettings = SampleSettings()
    """What it writes at the end."""

    def __post_init__(self) -> None:
        require(self.name.strip() != "", "name", "a recipe needs a name.")
        require(0 <= self.seed < 2**63, "seed", "seed must be 0 or more and below 2^63.")
