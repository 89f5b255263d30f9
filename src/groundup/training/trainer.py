"""Training from beginning to end: from token shards to weights, in a folder where a killed run goes on.

How a run starts stands in `start`, what happens on the way in `loop`, what an update is in `run`, what a
checkpoint is in `checkpoint`.
"""

from __future__ import annotations

import json
import shutil
import time
from contextlib import closing
from dataclasses import asdict
from itertools import count
from typing import Any

import torch

from groundup.errors import GroundupError, no_room
from groundup.model.files import save_model
from groundup.model.model import parameter_count
from groundup.objectives.scoring import Score
from groundup.store.files import room_checked, write_durably
from groundup.training.average import averaged
from groundup.training.checkpoint import FOLDER as CHECKPOINTS
from groundup.training.checkpoint import delete_checkpoints
from groundup.training.cost import needs, passes, training_flops
from groundup.training.horizon import MOVED, Horizon, read_horizon, seconds_of, steps_in, write_horizon
from groundup.training.journal import Journal
from groundup.training.loop import Loop, known, seconds_of_looks
from groundup.training.machine import should_compile
from groundup.training.rates import rates_for
from groundup.training.run import Run, gradients
from groundup.training.schedule import has_flat_part
from groundup.training.signals import Stop, StoppedError, polite_stop
from groundup.training.start import FACTS, HORIZON, JOURNAL, Training, begin, take_up

__all__ = ["Training", "train"]


def train(training: Training) -> dict[str, Any]:
    """Train to the end of the budget and write weights, model settings, metrics and facts into `training.draft`.

    Goes on from the newest whole checkpoint there. Raises StoppedError after a signal, BadNumberError when a
    number goes bad and the settings say to stop, NoRoomError when the disk is full or would be.
    """
    if not (training.draft / FACTS).exists():
        _train(training)
    # Here, because a kill may have come between the facts and this.
    delete_checkpoints(training.draft)
    facts: dict[str, Any] = json.loads((training.draft / FACTS).read_text(encoding="utf-8"))
    return facts


def _train(training: Training) -> None:
    began = time.perf_counter()
    run = begin(training)
    # What cannot be measured is said now and not after the first steps.
    training.material.held_out(run.settings, 1)
    with room_checked(training.draft, _check_room(training, run)):
        with polite_stop(is_patient=training.members > 1) as stop:
            horizon = _horizon(training, run, began, stop)
            with closing(Journal(training.draft / JOURNAL, take_up(training, run))) as journal:
                # A run that goes on has its seconds from before; a new one counts what it took to get here.
                zero = time.perf_counter() - run.seconds if run.seconds else began
                loop = Loop(training, run, journal, stop, horizon, zero)
                final = loop.go()
        _finish(training, run, loop.horizon, final)


def _check_room(training: Training, run: Run) -> int:
    """The bytes that the run takes on the disk at most; NoRoomError where there are fewer."""
    need = needs(
        run.model,
        1,  # Rows take memory, not room.
        is_averaged=run.average is not None,
        activation_bytes=run.model.precision.itemsize,
    ).disk
    try:
        disk = shutil.disk_usage(training.draft)
    except OSError:
        return need
    # What a run that goes on has written already is part of what it needs. Some file systems do not say their size.
    # Folders of other members stand in the first one's, and change while they are counted.
    own = (*training.draft.iterdir(), *(training.draft / CHECKPOINTS).rglob("*"))
    written = sum(file.stat().st_size for file in own if file.is_file())
    wanted = training.members * (need - written)
    if disk.total and disk.free < wanted:
        raise no_room(training.draft, wanted)
    return need


def _horizon(training: Training, run: Run, began: float, stop: Stop) -> Horizon:
    """The recorded horizon, or a new one; compiles the layers where the horizon says so."""
    path = training.draft / HORIZON
    horizon = read_horizon(path)
    if horizon is not None:
        _compile(run, horizon.is_compiled)
        return horizon
    budget = run.settings.budget
    if budget.kind == "clock":
        is_compiled = _is_worth_compiling(training, run, None)
        _compile(run, is_compiled)
        training.progress("measuring the speed of a step")
        numbers = count()
        each = seconds_of(lambda: _rehearse(run, stop, next(numbers)), budget.total)
        on_the_way, at_the_end = seconds_of_looks(training, run)
        started = time.perf_counter() - began
        horizon = Horizon(
            steps=max(1, int((budget.total - started - on_the_way - at_the_end) / each)),
            budget=str(budget),
            is_compiled=is_compiled,
            seconds_per_step=each,
            started=started,
            reserved=at_the_end,
            is_settled=not has_flat_part(run.settings),
        )
    else:
        steps = steps_in(budget, run.tokens_per_step, training.material.tokens)
        flops = _flops(training, run, steps)
        horizon = Horizon(steps, str(budget), _is_worth_compiling(training, run, flops))
        _compile(run, horizon.is_compiled)
    write_horizon(path, horizon)
    return horizon


def _flops(training: Training, run: Run, steps: int) -> float:
    """Operations of so many updates."""
    tokens = steps * run.tokens_per_step * passes(run.settings.objective)
    share = training.material.read_share
    return training_flops(run.model, tokens, None if share is None else tokens * share)


def _is_worth_compiling(training: Training, run: Run, flops: float | None) -> bool:
    """Whether to compile; GroundupError where the recipe asks for it and every batch would want its own layers."""
    # A row has as many sentences as its text.
    if training.material.has_one_shape(run.settings) and not training.model.sentences:
        return should_compile(run.settings, run.device, flops)
    if run.settings.compile == "yes":
        # Of several texts together rows have about as many, so there are few lengths.
        if run.settings.pack:
            return True
        raise GroundupError(
            f"{training.section}.compile is yes, and batches of examples differ in shape: layers would be compiled "
            "anew for nearly every one.",
            f"Set {training.section}.compile to auto or no.",
        )
    return False


def _compile(run: Run, is_compiled: bool) -> None:
    """Compile each layer alone: they are alike, so one compilation serves them all."""
    if is_compiled:
        for layer in run.model.layers:
            layer.compile(dynamic=False)


def _rehearse(run: Run, stop: Stop, step: int = 0) -> None:
    """A whole update at rate zero: costs what one costs and changes nothing. Raises StoppedError after a signal.

    Batches of texts differ in size, so that one `step` alone would tell little of the others.
    """
    if stop.number:
        raise StoppedError(stop.number, 0)
    rows = run.settings.accumulate
    gradients(run, [run.feed.example(step * rows + index, 0.0) for index in range(rows)], step)
    run.optimizers.step(0.0)
    run.optimizers.forget_history()


def _finish(training: Training, run: Run, horizon: Horizon, final: Score) -> None:
    """Write what the stage is for; the facts come last and say that all is there."""
    with averaged(run.model, run.average):
        save_model(run.model, training.draft)
    tokens = run.step * run.tokens_per_step
    flops = _flops(training, run, run.step)
    facts = {
        "seconds": round(run.seconds, 3),
        "steps": run.step,
        "tokens": tokens,
        "epochs": round(tokens / training.material.tokens, 4),
        "validation_loss": final.loss,
        "perplexity": final.perplexity,
        "bits_per_byte": known(final.bits_per_byte),
        "validation_tokens": final.tokens,
        "terms": {name: asdict(term) for name, term in final.terms.items()},
        "main_term": next(iter(final.terms), ""),
        "objective": asdict(run.settings.objective),
        "parameters": parameter_count(run.model),
        "tokens_per_second": round(tokens / max(run.seconds, 1e-9), 1),
        "flops": flops,
        "flops_per_second": flops / max(run.seconds, 1e-9),
        "budget": str(run.settings.budget),
        "batch": run.settings.batch,
        "context": training.model.context,
        "rates": asdict(rates_for(run.settings, run.model.shape)),
        "shape": asdict(run.model.shape),
        "precision": str(run.model.precision).removeprefix("torch."),
        "device": str(run.device),
        "threads": torch.get_num_threads(),
        "compiled": horizon.is_compiled,
        # Only where the clock moved the end: together with the steps it says how to repeat the run.
        **{name: getattr(horizon, name) for name in MOVED},
        "seconds_per_step_measured": horizon.seconds_per_step,
        "skipped": list(run.skipped),
    }
    write_durably(training.draft / FACTS, json.dumps(facts).encode())
