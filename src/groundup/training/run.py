"""The state of a training run, and what moves it by one update.

An update is a pure function of the state, the seed and the number of the step: batches and dropout are drawn anew
from (seed, step), so a run that stopped goes on as if it had not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from groundup.model.model import Model
from groundup.objectives.causal import causal
from groundup.objectives.example import Example, loss
from groundup.tokens.batches import Windows
from groundup.training.average import follow
from groundup.training.guard import Guard
from groundup.training.optimizers import Optimizers
from groundup.training.schedule import rate_factor
from groundup.training.settings import TrainingSettings


@dataclass
class Run:
    """Everything that changes while training, and what it needs to change."""

    model: Model
    optimizers: Optimizers
    windows: Windows
    settings: TrainingSettings
    seed: int
    steps: int = 1
    step: int = 0
    seconds: float = 0.0
    guard: Guard = field(default_factory=Guard)
    skipped: tuple[int, ...] = ()
    average: dict[str, Tensor] | None = None

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.model.embedding.weight.device

    @property
    def tokens_per_step(self) -> int:
        """Tokens that one update reads."""
        return self.windows.rows * self.windows.context * self.settings.accumulate


@dataclass(frozen=True)
class Update:
    """What one step did."""

    loss: float
    """Nats a token, before the update."""
    norm: float
    """Length of the gradient before clipping."""
    factor: float
    """Share of the peak learning rates."""
    fault: str
    """Why nothing was updated; empty when all was well."""


def examples_of(run: Run, step: int) -> list[Example]:
    """The micro-batches of update `step`."""
    first = step * run.settings.accumulate
    batches = (run.windows.at(first + index) for index in range(run.settings.accumulate))
    return [causal(batch, run.device) for batch in batches]


def gradients(run: Run, examples: list[Example], step: int) -> float:
    """Add up the gradients of the mean loss over all scored tokens of `examples`; returns that loss."""
    # Divided by the count over all micro-batches, so that how they are cut does not matter.
    count = sum(example.count for example in examples)
    total = torch.zeros((), device=run.device)
    for index, example in enumerate(examples):
        if run.model.settings.dropout:
            torch.manual_seed(hash_of(run.seed, step, index))
        nats, _ = loss(run.model, example)
        torch.autograd.backward(nats / count)
        total += nats.detach()
    return total.item() / count


def update(run: Run) -> Update:
    """Take step `run.step`: gradients, guard, clip, optimizer, average. Leaves `run.step` one further."""
    step, settings = run.step, run.settings
    factor = rate_factor(settings, step, run.steps)
    run.step += 1
    if step in run.skipped:
        return Update(0.0, 0.0, factor, "left out, as it gave a bad number before")
    mean = gradients(run, examples_of(run, step), step)
    norm = clip(run.model, settings.clip)
    fault = run.guard.fault(mean, norm)
    if fault:
        run.optimizers.forget_gradients()
        return Update(mean, norm, factor, fault)
    run.guard.learn(mean, norm)
    run.optimizers.step(factor)
    if run.average is not None:
        follow(run.average, run.model, settings.average, run.step)
    return Update(mean, norm, factor, "")


@torch.no_grad()
def clip(model: Model, longest: float) -> float:
    """Shorten the gradient to `longest` (0: leave it) and return the length it had."""
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    norm = torch.stack(torch._foreach_norm(gradients)).norm()
    length = float(norm)
    if 0 < longest < length:
        torch._foreach_mul_(gradients, longest / length)
    return length


def hash_of(*numbers: int) -> int:
    """A seed of 63 bits from several numbers, far apart for numbers that are close."""
    mixed = 0
    for number in numbers:
        # The splitmix64 finaliser (Steele et al. 2014, doi 10.1145/2714064.2660195).
        mixed = (mixed ^ number) + 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        mixed ^= mixed >> 31
    return mixed >> 1
