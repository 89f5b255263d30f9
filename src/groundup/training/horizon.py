"""The horizon: how many updates a budget is. A clock becomes steps by measurement, and is recorded.

It is measured for an instant before the run, and again, by the run itself, when its rates are about to fall: until
then the rates do not depend on where the end is. Where the first measurement was far too slow (the machine did
something else just then), the end is moved away and the rates stay up until it is time again. From there on the run is
a function of the number of steps: the same steps give the same weights on any day, however busy the machine is.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean

from groundup.errors import DamagedError
from groundup.store.files import write_durably
from groundup.training.duration import Duration
from groundup.training.schedule import thawing, warming
from groundup.training.settings import TrainingSettings

# What a horizon says in place of the recipe where the end was moved. Together with the steps it repeats a run.
MOVED = ("cooldown", "unfreeze", "warmup")
# A measurement takes this share of a clock budget, within these bounds in seconds and steps.
MEASURED_SHARE = 0.02
MEASURED_SECONDS = (0.5, 10.0)
FEWEST_STEPS = 4
# Rates that should fall this much later than they are about to do not fall yet.
LATER = 1.1


@dataclass(frozen=True)
class Horizon:
    """The length of a run and what it was worked out from."""

    steps: int
    budget: str
    is_compiled: bool
    seconds_per_step: float | None = None
    """As measured last; None where the budget was no clock."""
    started: float = 0.0
    """Seconds of the budget that were gone at the first update."""
    reserved: float = 0.0
    """Seconds kept back for the last validation."""
    cooldown: float | None = None
    """Share of the run over which the rates fall, where the end was moved; None: as the recipe says."""
    unfreeze: float | None = None
    """Share of the run over which the layers thaw, where the end was moved; None: as the recipe says."""
    warmup: int | None = None
    """Updates over which the rates rose, where a run that was planned too short cut them; None: as the recipe says."""
    is_settled: bool = True
    """The end will not be moved any more."""

    def governed(self, settings: TrainingSettings) -> TrainingSettings:
        """The settings of a run with this horizon, which may say where its rates rise and fall and its layers thaw."""
        moved = {name: getattr(self, name) for name in MOVED}
        return replace(settings, **{name: value for name, value in moved.items() if value is not None})


def settled(horizon: Horizon, settings: TrainingSettings, step: int, seconds: float) -> Horizon:
    """The horizon with its end where the clock puts it, after `step` updates and `seconds` of the budget.

    `settings` are those that the run was governed by so far. The rates, flat so far, fall from here to the new end;
    where that would be far too early, the horizon is not settled yet. Layers thaw over as many updates as before, or
    some would have thawed at another time. A run that would have warmed up sooner keeps the end it has.
    """
    each = (seconds - horizon.started) / step
    thaws = thawing(settings, horizon.steps)
    if thaws:
        # Updates of a few layers are cheap, and no measure of those to come.
        each = max(each, horizon.seconds_per_step or 0.0)
    steps = step + max(1, int((settings.budget.total - horizon.reserved - seconds) / each))
    warmup = warming(settings, horizon.steps)
    if warming(settings, steps) < warmup:
        return replace(horizon, is_settled=True)
    moved = replace(
        horizon,
        steps=steps,
        seconds_per_step=each,
        unfreeze=thaws / steps if settings.unfreeze else horizon.unfreeze,
        warmup=warmup if warmup < settings.warmup else horizon.warmup,
    )
    if (1 - settings.cooldown) * steps > LATER * step:
        return moved
    return replace(moved, cooldown=1 - step / steps, is_settled=True)


def steps_in(budget: Duration, tokens_per_step: int, tokens_per_epoch: int) -> int:
    """Updates in a budget of steps, tokens or epochs, at least one; parts of an update are rounded up."""
    tokens = {"tokens": budget.total, "epochs": budget.total * tokens_per_epoch}
    steps = budget.total if budget.kind == "steps" else tokens[budget.kind] / tokens_per_step
    return max(1, math.ceil(steps))


def seconds_of(work: Callable[[], object], budget: float) -> float:
    """Mean seconds of one call of `work` once it has warmed up, measured over a small share of `budget` seconds.

    The mean and not the median: a busy machine's slow steps are part of what a run will take.
    """
    work()
    work()
    allowed = min(max(MEASURED_SHARE * budget, MEASURED_SECONDS[0]), MEASURED_SECONDS[1])
    began = time.perf_counter()
    times: list[float] = []
    while len(times) < FEWEST_STEPS or time.perf_counter() - began < allowed:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return fmean(times)


def read_horizon(path: Path) -> Horizon | None:
    """The horizon that an earlier part of this run recorded, or None."""
    if not path.exists():
        return None
    try:
        return Horizon(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise DamagedError(
            f"{path} is damaged: {error}.", f"Delete the folder {path.parent} to train from the beginning."
        ) from error


def write_horizon(path: Path, horizon: Horizon) -> None:
    """Record the horizon for every later part of the run."""
    write_durably(path, json.dumps(asdict(horizon)).encode())
