"""Where a run starts: new from a recipe, or where its newest whole checkpoint left it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from groundup.errors import GroundupError
from groundup.model.model import Model, build_model, parameter_count
from groundup.model.settings import ModelSettings
from groundup.objectives.heads import generator_for, heads_for
from groundup.objectives.settings import writes
from groundup.progress import SILENT, Progress
from groundup.training.average import begin_average
from groundup.training.checkpoint import Checkpoint, load_checkpoint
from groundup.training.cost import needs, passes, sketch
from groundup.training.feed import Feed
from groundup.training.guard import Guard
from groundup.training.machine import choose_device, choose_precision, memory_of
from groundup.training.material import Material
from groundup.training.optimizers import Optimizers
from groundup.training.rates import rates_for, rows_for
from groundup.training.run import Run
from groundup.training.settings import TrainingSettings
from groundup.versions import versions

# Needs are estimates, and some systems lend memory from the disk: nearer to the limit a run may try.
SURELY_TOO_MUCH = 1.5
HORIZON, JOURNAL, FACTS = "horizon.json", "metrics.jsonl", "facts.json"


@dataclass(frozen=True)
class Training:
    """All that a training run is made from. `draft` is where it writes, and where it goes on."""

    model: ModelSettings
    settings: TrainingSettings
    material: Material
    draft: Path
    seed: int
    fingerprint: str
    section: str = "pretrain"
    """Where the recipe has the settings, for messages."""
    warm_start: Callable[[Model], None] | None = None
    """Gives a new model weights to start from, where there is no checkpoint."""
    members: int = 1
    """How many such runs share the machine at the same time, this one among them."""
    progress: Progress = SILENT
    hear: Callable[[Mapping[str, Any]], None] = lambda event: None
    """Told every event that goes into the log, with the number of steps in all."""


def feed_of(training: Training, settings: TrainingSettings, device: torch.device) -> Feed:
    """The examples of the run, whose `settings` say the number of rows."""
    material = training.material
    return Feed(material.batches(settings), settings.objective, material.symbols, training.seed, device)


def begin(training: Training) -> Run:
    """A run before its first update."""
    device, settings = choose_device(training.settings), settled_rows(training)
    _check_memory(training, settings, device)
    _check_prompt(training)
    objective = settings.objective
    material = training.material
    model = build_model(
        training.model,
        material.coder.vocabulary,
        training.seed,
        source_vocabulary=material.source_vocabulary,
        sentence_ends=material.sentence_ends,
        heads={**heads_for(objective), **material.heads},
        generator=generator_for(objective),
    )
    model.precision = choose_precision(settings, device)
    model.to(device)
    return Run(
        model=model,
        optimizers=Optimizers(model, settings, rates_for(settings, model.shape)),
        feed=feed_of(training, settings, device),
        settings=settings,
        seed=training.seed,
        average=begin_average(model, settings.average),
    )


def settled_rows(training: Training) -> TrainingSettings:
    """The settings of the run with the number of rows said outright; heads and generators have no say in it."""
    if training.settings.batch is not None:
        return training.settings
    drawn = sketch(training.model, training.material.coder.vocabulary)
    return rows_for(training.settings, training.model.context, parameter_count(drawn))


def _check_memory(training: Training, settings: TrainingSettings, device: torch.device) -> None:
    """Raise GroundupError where the run is sure not to fit: the system would kill it without a word."""
    drawn, section = sketch(training.model, training.material.coder.vocabulary, settings.objective), training.section
    assert settings.batch is not None
    rows = settings.batch * passes(settings.objective)
    needed = training.members * needs(drawn, rows, is_averaged=settings.average > 0, activation_bytes=2).memory
    there = memory_of(device)
    if there is not None and needed > SURELY_TOO_MUCH * there:
        raise GroundupError(
            f"Training {parameter_count(drawn):,} parameters{_times(training)} with {settings.batch:,} rows of "
            f"{training.model.context:,} tokens needs about {needed / 1e9:,.1f} GB of memory; this machine has "
            f"{there / 1e9:,.1f} GB.",
            f"Choose a smaller model.size, model.width or model.context, or a smaller {section}.batch"
            f"{f', or fewer {section}.members' if training.members > 1 else ''}.",
        )


def _times(training: Training) -> str:
    return f" {training.members} times" if training.members > 1 else ""


def _check_prompt(training: Training) -> None:
    """Raise GroundupError where the samples' prompt leaves no position to write at: now, not at the first sample."""
    settings, section = training.settings, training.section
    if training.model.positions != "learned" or not (settings.sample_tokens and writes(settings.objective.kind)):
        return
    prompt = len(training.material.source_coder.encode(settings.sample_prompt))
    if prompt >= training.model.context:
        raise GroundupError(
            f"{section}.sample_prompt has {prompt:,} tokens, and with learned positions a model holds no more "
            f"than model.context, {training.model.context:,}: there is no room to write behind it.",
            f"Shorten {section}.sample_prompt, raise model.context, or set {section}.sample_tokens to 0.",
        )


def take_up(training: Training, run: Run) -> int:
    """Bring `run` to the newest whole checkpoint, or to its warm start where there is none.

    Returns the length of the log by then in bytes.
    """
    saved = load_checkpoint(training.draft, progress=training.progress)
    if saved is None:
        if training.warm_start is not None:
            training.warm_start(run.model)
            run.average = begin_average(run.model, run.settings.average)
        return 0
    position = saved.position
    with torch.no_grad():
        for name, weight in run.model.named_parameters():
            weight.copy_(saved.tensors["model"][name])
        for name, average in (run.average or {}).items():
            average.copy_(saved.tensors["average"][name])
    run.optimizers.load(saved.tensors["optimizer"])
    run.step, run.seconds = position.step, position.seconds
    run.guard, run.skipped = Guard(**position.guard), position.skipped
    training.progress(f"going on from the checkpoint of step {run.step:,}")
    for difference in _differences(saved):
        training.progress(f"note: {difference}")
    return position.logged


def go_back(training: Training, run: Run) -> int:
    """Return to the newest checkpoint, or to the beginning where there is none yet; otherwise like `take_up`."""
    fresh = begin(training)
    run.model.load_state_dict(fresh.model.state_dict())
    run.optimizers.forget_history()
    run.step, run.guard, run.average = 0, fresh.guard, fresh.average
    return take_up(training, run)


def _differences(saved: Checkpoint) -> list[str]:
    """What may make the rest of the run differ in the last bits from an unbroken one."""
    said = []
    if saved.position.threads != torch.get_num_threads():
        said.append(
            f"the checkpoint was made with {saved.position.threads} threads, now there are "
            f"{torch.get_num_threads()}: sums round differently, so the run will not repeat to the bit"
        )
    now = versions()
    for name in ("torch", "numpy", "groundup"):
        if saved.versions.get(name) != now.get(name):
            said.append(
                f"the checkpoint was made with {name} {saved.versions.get(name)}, this is {now.get(name)}: "
                "the run may not repeat to the bit"
            )
    return said
