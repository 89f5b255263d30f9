"""The whole recipe: every room's settings under one roof, from raw text to a model that writes or does a task."""

from __future__ import annotations

from dataclasses import dataclass

from groundup.corpus.settings import CorpusSettings
from groundup.decoding.settings import SamplingSettings
from groundup.model.settings import ModelSettings
from groundup.settings import require
from groundup.tasks.settings import TaskSettings
from groundup.tokens.settings import TokenizerSettings
from groundup.training.settings import FinetuneSettings, TrainingSettings


@dataclass(frozen=True)
class SampleSettings:
    """What the finished model writes for the report."""

    prompts: tuple[str, ...] = ("",)
    """How the samples begin; an empty prompt lets the model begin a document."""
    sampling: SamplingSettings = SamplingSettings()
    """How they are drawn."""


@dataclass(frozen=True)
class Recipe:
    """All there is to say about a run: text to learn a language from (`corpus`), examples of a task (`task`), or both.

    The stages of a corpus: corpus, tokenizer, shards, pretrain, samples, report. Those of a task: examples, tokenizer,
    finetune, ngrams (where `task.ngrams` asks for it), test, report. With both, what was learned from the corpus is
    where the task begins.
    """

    name: str
    """What the run is called in its report."""
    corpus: CorpusSettings | None = None
    """Where the text comes from and how it is cleaned; null: there is no pretraining."""
    task: TaskSettings | None = None
    """What is to be learned from examples; null: nothing but the language."""
    description: str = ""
    """A sentence or two for the report: what the run is for."""
    seed: int = 1
    """From which every random choice follows."""
    tokenizer: TokenizerSettings = TokenizerSettings()
    """How text becomes tokens."""
    model: ModelSettings = ModelSettings()
    """What is trained."""
    pretrain: TrainingSettings = TrainingSettings()
    """How it is trained on the corpus."""
    finetune: FinetuneSettings = FinetuneSettings()
    """How it is trained on the task."""
    samples: SampleSettings = SampleSettings()
    """What it writes at the end."""

    def __post_init__(self) -> None:
        require(self.name.strip() != "", "name", "a recipe needs a name.")
        require(
            self.corpus is not None or self.task is not None,
            "corpus",
            "a recipe needs text to learn from: a corpus, a task, or both.",
        )
        require(0 <= self.seed < 2**63, "seed", "seed must be 0 or more and below 2^63.")
