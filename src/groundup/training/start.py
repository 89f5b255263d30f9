"""Where a run starts: new from a recipe, or where its newest whole checkpoint left it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from groundup.decoding.text import TextCoder
from groundup.errors import GroundupError
from groundup.model.model import Model, build_model, parameter_count
from groundup.model.settings import ModelSettings
from groundup.objectives.heads import generator_for, heads_for
from groundup.objectives.rows import Symbols
from groundup.objectives.settings import writes
from groundup.progress import SILENT, Progress
from groundup.tokens.bpe_dropout import BpeDropout
from groundup.tokens.sentences import SentenceRules
from groundup.tokens.shards import TokenStream
from groundup.training.average import begin_average
from groundup.training.checkpoint import Checkpoint, load_checkpoint
from groundup.training.cost import needs, passes, sketch
from groundup.training.feed import Feed
from groundup.training.guard import Guard
from groundup.training.machine import choose_device, choose_precision, memory_of
from groundup.training.optimizers import Optimizers
from groundup.training.rates import rates_for, rows_for
from groundup.training.run import Run
from groundup.training.settings import TrainingSettings
from groundup.training.sources import training_batches
from groundup.versions import versions

# Needs are estimates, and some systems lend memory from the disk: nearer to the limit a run may try.
SURELY_TOO_MUCH = 1.5
HORIZON, JOURNAL, FACTS = "horizon.json", "metrics.jsonl", "facts.json"


@dataclass(frozen=True)
class Task:
    """All that a training run is made from. `draft` is where it writes, and where it goes on."""

    model: ModelSettings
    settings: TrainingSettings
    train: TokenStream
    validation: TokenStream
    coder: TextCoder
    symbols: Symbols
    draft: Path
    seed: int
    fingerprint: str
    data_fingerprint: str
    """Of the token shards: batches depend on it and the seed, on nothing else."""
    sentences: SentenceRules | None = None
    """What tells sentences apart, for objectives of pairs of them."""
    warm_start: Callable[[Model], None] | None = None
    """Gives a new model weights to start from, where there is no checkpoint."""
    respell: BpeDropout | None = None
    """Spells training text anew at every step, where the objective asks for it."""
    progress: Progress = SILENT
    hear: Callable[[Mapping[str, Any]], None] = lambda event: None
    """Told every event that goes into the log, with the number of steps in all."""


def feed_of(task: Task, settings: TrainingSettings, device: torch.device) -> Feed:
    """The examples of the run, whose `settings` say the number of rows."""
    return Feed(training_batches(task, settings), settings.objective, task.symbols, task.seed, device)


def begin(task: Task) -> Run:
    """A run before its first update."""
    device, settings = choose_device(task.settings), settled_rows(task)
    _check_memory(task, settings, device)
    _check_prompt(task)
    objective = settings.objective
    model = build_model(
        task.model,
        task.coder.vocabulary,
        task.seed,
        heads=heads_for(objective),
        generator=generator_for(objective),
    )
    model.precision = choose_precision(settings, device)
    model.to(device)
    return Run(
        model=model,
        optimizers=Optimizers(model, settings, rates_for(settings, model.shape)),
        feed=feed_of(task, settings, device),
        settings=settings,
        seed=task.seed,
        average=begin_average(model, settings.average),
    )


def settled_rows(task: Task) -> TrainingSettings:
    """The settings of the run with the number of rows said outright; heads and generators have no say in it."""
    if task.settings.batch is not None:
        return task.settings
    drawn = sketch(task.model, task.coder.vocabulary)
    return rows_for(task.settings, task.model.context, parameter_count(drawn))


def _check_memory(task: Task, settings: TrainingSettings, device: torch.device) -> None:
    """Raise GroundupError where the run is sure not to fit: the system would kill it without a word."""
    drawn = sketch(task.model, task.coder.vocabulary, settings.objective)
    assert settings.batch is not None
    rows = settings.batch * passes(settings.objective)
    needed = needs(drawn, rows, is_averaged=settings.average > 0, activation_bytes=2).memory
    there = memory_of(device)
    if there is not None and needed > SURELY_TOO_MUCH * there:
        raise GroundupError(
            f"Training {parameter_count(drawn):,} parameters with {settings.batch:,} rows of {task.model.context:,} "
            f"tokens needs about {needed / 1e9:,.1f} GB of memory; this machine has {there / 1e9:,.1f} GB.",
            "Choose a smaller model.size, model.width or model.context, or a smaller pretrain.batch.",
        )


def _check_prompt(task: Task) -> None:
    """Raise GroundupError where the samples' prompt leaves no position to write at: now, not at the first sample."""
    settings = task.settings
    if task.model.positions != "learned" or not (settings.sample_tokens and writes(settings.objective.kind)):
        return
    prompt = len(task.coder.encode(settings.sample_prompt))
    if prompt >= task.model.context:
        raise GroundupError(
            f"pretrain.sample_prompt has {prompt:,} tokens, and with learned positions a model holds no more than "
            f"model.context, {task.model.context:,}: there is no room to write behind it.",
            "Shorten pretrain.sample_prompt, raise model.context, or set pretrain.sample_tokens to 0.",
        )


def take_up(task: Task, run: Run) -> int:
    """Bring `run` to the newest whole checkpoint, or to its warm start where there is none.

    Returns the length of the log by then in bytes.
    """
    saved = load_checkpoint(task.draft, progress=task.progress)
    if saved is None:
        if task.warm_start is not None:
            task.warm_start(run.model)
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
    task.progress(f"going on from the checkpoint of step {run.step:,}")
    for difference in _differences(saved):
        task.progress(f"note: {difference}")
    return position.logged


def go_back(task: Task, run: Run) -> int:
    """Return to the newest checkpoint, or to the beginning where there is none yet; otherwise like `take_up`."""
    fresh = begin(task)
    run.model.load_state_dict(fresh.model.state_dict())
    run.optimizers.forget_history()
    run.step, run.guard, run.average = 0, fresh.guard, fresh.average
    return take_up(task, run)


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
