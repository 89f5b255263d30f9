"""How long an update will take on this machine: a few real ones are made, of made-up tokens.

It does not follow from the operations alone. Layers that go from token to token reach a quarter of the operations a
second that attention reaches, and which of them a model has is its own business; so the model itself is asked.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

import numpy as np
import torch

from groundup.model.heads import HeadSettings
from groundup.model.model import Model, build_model, parameter_count
from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of
from groundup.objectives.heads import generator_for, heads_for
from groundup.objectives.rows import Symbols
from groundup.objectives.settings import ObjectiveSettings
from groundup.objectives.spans import sentinels_needed
from groundup.tokens.batches import Batch
from groundup.tokens.sequences import SequenceBatch
from groundup.training.cost import SENTENCE, passes, sketch, training_flops
from groundup.training.feed import Feed
from groundup.training.machine import choose_device, choose_precision
from groundup.training.optimizers import Optimizers
from groundup.training.rates import rates_for
from groundup.training.run import Run, gradients
from groundup.training.settings import TrainingSettings

# An update of no more operations is tried, of no larger a model: an instant on each kind of device.
MOST_OPERATIONS = {"cpu": 3e10, "cuda": 3e13}
MOST_PARAMETERS = 1e8
# What is too large is tried narrower, and with rows that are not quite as long.
NARROW, SHORT = 256, 32
TRIES = 4
# Ids of made-up tokens, and how long the pairs are that share a row.
PADDING, MASK, SEPARATOR, END, FIRST_SENTINEL = range(5)
PAIR = 24
LABEL = "label"


def seconds_of_update(model: ModelSettings, settings: TrainingSettings, vocabulary: int) -> float:
    """Mean seconds of an update, without compiling; `settings` say the number of rows.

    Of a model too large to be tried for an instant, one that is smaller is tried and its seconds are scaled up: what
    goes through the layers by operations, what moves the weights by their number.
    """
    assert settings.batch is not None, "a trial without a number of rows"
    settings = replace(settings, objective=replace(settings.objective, pairs="none", bpe_dropout=0.0))
    whole = sketch(model, vocabulary, settings.objective)
    device = choose_device(settings)
    smaller, rows = _smaller(model, settings, vocabulary, MOST_OPERATIONS[device.type])
    run = _run(smaller, replace(settings, batch=rows, accumulate=1), vocabulary, device)
    learning, moving = _tried(run)
    operations = training_flops(whole, (settings.batch or 1) * model.context * settings.accumulate)
    learning *= operations / training_flops(run.model, rows * smaller.context)
    return learning + moving * parameter_count(whole) / parameter_count(run.model)


def _smaller(
    model: ModelSettings, settings: TrainingSettings, vocabulary: int, most: float
) -> tuple[ModelSettings, int]:
    """A model of the same layers, and a number of rows, of which an update takes no more than `most` operations.

    Rows are cut short before they are left out: what goes from token to token takes as long for few rows as for many.
    """

    def drawn() -> Model:
        return sketch(model, vocabulary, settings.objective)

    def share() -> float:
        return most / (training_flops(drawn(), rows * model.context) * passes(settings.objective))

    rows = settings.batch or 1
    if parameter_count(drawn()) > MOST_PARAMETERS:
        model = replace(model, depth=1, encoder_depth=1, width=shape_of(model).width)
    if parameter_count(drawn()) > MOST_PARAMETERS:
        model = replace(model, width=NARROW, heads=None, key_value_heads=None, head_width=None, hidden=None)
    if share() < 1:
        model = replace(model, context=min(model.context, max(SHORT, int(model.context * share()))))
    return model, max(1, min(rows, int(rows * share())))


def _run(model: ModelSettings, settings: TrainingSettings, vocabulary: int, device: torch.device) -> Run:
    """A run of made-up tokens before its first update."""
    objective = settings.objective
    heads = {LABEL: HeadSettings("sequence")} if objective.kind == "labels" else heads_for(objective)
    built = build_model(model, vocabulary, 0, sentence_ends=(END,), heads=heads, generator=generator_for(objective))
    built.precision = choose_precision(settings, device)
    built.to(device)
    symbols = _symbols(objective, model.context, vocabulary)
    return Run(
        model=built.train(),
        optimizers=Optimizers(built, settings, rates_for(settings, built.shape)),
        feed=Feed(_MadeUp(model, settings, symbols), objective, symbols, 0, device),
        settings=settings,
        seed=0,
    )


def _tried(run: Run) -> tuple[float, float]:
    """Mean seconds of the gradients of an update, and of moving the weights by them."""
    learning, moving = [], []
    # The first makes room and is not counted.
    for step in range(TRIES + 1):
        began = _now(run.device)
        gradients(run, [run.feed.example(step, 0.0)], step)
        learned = _now(run.device)
        run.optimizers.step(0.0)
        learning.append(learned - began)
        moving.append(_now(run.device) - learned)
    return fmean(learning[1:]), fmean(moving[1:])


def _now(device: torch.device) -> float:
    """Seconds, once the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def _symbols(objective: ObjectiveSettings, context: int, vocabulary: int) -> Symbols:
    count = sentinels_needed(objective, context) if objective.kind == "spans" else 0
    sentinels = tuple(range(FIRST_SENTINEL, FIRST_SENTINEL + count))
    begins_word = np.arange(vocabulary) % 2 == 0
    return Symbols(vocabulary, PADDING, MASK, SEPARATOR, END, sentinels, FIRST_SENTINEL + count, begins_word)


@dataclass(frozen=True)
class _Labels:
    """Labelled rows."""

    tokens: np.ndarray[Any, Any]
    real: np.ndarray[Any, Any]
    labels: dict[str, np.ndarray[Any, Any]]
    is_causal: bool
    segments: None = None


@dataclass(frozen=True)
class _MadeUp:
    """Full rows of tokens drawn by chance, as the objective reads them."""

    model: ModelSettings
    settings: TrainingSettings
    symbols: Symbols

    @property
    def size(self) -> int:
        """Tokens of a batch."""
        return (self.settings.batch or 1) * self.model.context

    def at(self, step: int) -> Any:
        """The batch of `step`."""
        draws = np.random.default_rng(step)
        rows, first = self.settings.batch or 1, min(self.symbols.special, self.symbols.vocabulary - 1)
        tokens = draws.integers(first, self.symbols.vocabulary, (rows, self.model.context + 1))
        tokens[:, SENTENCE - 1 :: SENTENCE] = END
        if self.settings.objective.kind == "labels":
            read = tokens[:, 1:]
            return _Labels(
                read, np.ones(read.shape, dtype=bool), {LABEL: np.zeros(rows, dtype=np.int64)}, not self.model.encoder
            )
        if self.settings.objective.kind == "sequence":
            pairs = np.tile(np.arange(self.model.context + 1, dtype=np.int32) // PAIR, (rows, 1))
            real = np.ones((rows, self.model.context), dtype=bool)
            if self.settings.pack:
                written = (self.settings.target_context or self.model.context) + 1
                return SequenceBatch(tokens[:, 1:], real, pairs[:, :-1], tokens[:, :written], pairs[:, :written])
            return SequenceBatch(tokens[:, 1:], real, None, tokens, None)
        return Batch(tokens, tokens[:, 1:], None)
