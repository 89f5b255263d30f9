"""What a run will take, before it runs: parameters, memory, disk, operations and time."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from groundup.model.model import parameter_count
from groundup.model.settings import ModelSettings
from groundup.training.cost import needs, passes, sketch, training_flops
from groundup.training.horizon import steps_in
from groundup.training.machine import choose_device, choose_precision, threads_each
from groundup.training.rates import Rates, rates_for, rows_for
from groundup.training.settings import TrainingSettings
from groundup.training.trial import seconds_of_update


@dataclass(frozen=True)
class Plan:
    """Predictions for one training run."""

    parameters: int
    depth: int
    width: int
    heads: int
    batch: int
    """Rows of one forward pass."""
    tokens_per_step: int
    rates: Rates
    steps: int
    tokens: int
    epochs: float | None
    """Times the text is read; None where its size is not known yet."""
    flops: float
    seconds: float
    memory: int
    """Bytes, of all members."""
    disk: int
    """Bytes, at most at one time, of all members."""
    precision: str
    device: str
    members: int = 1
    """How many learn it at the same time; steps, tokens and operations are those of each."""
    threads: int = 1
    """Of each, where it trains on processor cores."""
    cores: int = 1
    """Threads of all of them where they do not take turns."""


def predict(
    model: ModelSettings,
    settings: TrainingSettings,
    vocabulary: int,
    tokens: int | None,
    *,
    sides: int = 1,
    members: int = 1,
    seconds: float | None = None,
) -> Plan:
    """The plan for training on a text of `tokens` (None: unknown) with a vocabulary of at most `vocabulary`.

    `sides`: 2 where a row stands for two texts of about one length, of which the tokens are those of both. `members`
    models are trained at the same time. Unless the `seconds` of an update are given, some are tried. A budget in epochs
    over a text of unknown size is counted as one epoch of a million tokens.
    """
    drawn = sketch(model, vocabulary, settings.objective)
    # Rows follow from the model alone; heads and generators have no say in them.
    settings = rows_for(settings, model.context, parameter_count(sketch(model, vocabulary)))
    assert settings.batch is not None
    device = choose_device(settings)
    precision = choose_precision(settings, device)
    times = passes(settings.objective)
    positions = settings.batch * model.context * settings.accumulate
    per_step = positions * sides
    step_flops = training_flops(drawn, positions * times)
    threads, cores = threads_each(members), torch.get_num_threads()
    if seconds is None:
        torch.set_num_threads(threads)
        seconds = seconds_of_update(model, settings, vocabulary)
        torch.set_num_threads(cores)
    # More members than cores, or several on one GPU, take turns.
    each = seconds * (members if device.type == "cuda" else max(1.0, members / cores))
    budget = settings.budget
    is_clock = budget.kind == "clock"
    steps = max(1, int(budget.total / each)) if is_clock else steps_in(budget, per_step, tokens or 1_000_000)
    need = needs(
        drawn,
        settings.batch * times,
        is_averaged=settings.average > 0,
        activation_bytes=2 if precision == torch.bfloat16 else 4,
    )
    return Plan(
        parameters=parameter_count(drawn),
        depth=drawn.shape.depth,
        width=drawn.shape.width,
        heads=drawn.shape.heads,
        batch=settings.batch,
        tokens_per_step=per_step,
        rates=rates_for(settings, drawn.shape),
        steps=steps,
        tokens=steps * per_step,
        epochs=steps * per_step / tokens if tokens else None,
        flops=steps * step_flops,
        seconds=budget.total if is_clock else steps * each,
        memory=members * need.memory,
        disk=members * need.disk,
        precision=str(precision).removeprefix("torch."),
        device=str(device),
        members=members,
        threads=threads,
        cores=cores,
    )
