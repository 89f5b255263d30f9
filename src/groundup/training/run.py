"""The state of a training run, and what moves it by one update.

An update is a pure function of the state, the seed and the number of the step: batches and dropout are drawn anew
from (seed, step), so a run that stopped goes on as if it had not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from groundup.model.model import Model
from groundup.objectives.example import Example
from groundup.objectives.losses import terms
from groundup.training.average import follow
from groundup.training.draws import hash_of
from groundup.training.feed import Feed
from groundup.training.guard import Guard
from groundup.training.optimizers import Optimizers
from groundup.training.schedule import rate_factor, stage_of, thawed
from groundup.training.settings import TrainingSettings


@dataclass
class Run:
    """Everything that changes while training, and what it needs to change."""

    model: Model
    optimizers: Optimizers
    feed: Feed
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
        """Tokens that one update reads, in the mean where batches differ."""
        return self.feed.batches.size * self.settings.accumulate


@dataclass(frozen=True)
class Update:
    """What one step did."""

    loss: float
    """Nats a token (for several terms the weighted sum of their means), before the update."""
    norm: float
    """Length of the gradient before clipping."""
    factor: float
    """Share of the peak learning rates."""
    fault: str
    """Why nothing was updated; empty when all was well."""
    terms: Mapping[str, float] = field(default_factory=dict)
    """The mean of each term, where there are several."""


def examples_of(run: Run, step: int) -> list[Example]:
    """The micro-batches of update `step`."""
    first = step * run.settings.accumulate
    stage = stage_of(run.settings, step, run.steps)
    return [run.feed.example(first + index, stage) for index in range(run.settings.accumulate)]


def gradients(
    run: Run, examples: list[Example], step: int, learning: Sequence[Tensor] | None = None
) -> tuple[float, dict[str, float]]:
    """Add up the gradients of the mean loss of each term over all of `examples`; returns that loss and the means.

    `learning`: the parameters that get gradients; None: all.
    """
    # Divided by the counts over all micro-batches, so that how they are cut does not matter.
    counts = Counter[str]()
    for example in examples:
        counts.update(example.counts)
    totals: dict[str, Tensor] = {}
    weights: dict[str, float] = {}
    for index, example in enumerate(examples):
        # Whatever is drawn in the model (dropout, a generator's tokens) depends on the step alone.
        torch.manual_seed(hash_of(run.seed, step, index))
        whole = torch.zeros((), device=run.device)
        for term in terms(run.model, example):
            whole = whole + term.total * (term.weight / max(1, counts[term.name]))
            totals[term.name] = totals.get(term.name, whole.new_zeros(())) + term.total.detach()
            weights[term.name] = term.weight
        # Told what learns, the backward pass ends at the lowest of it; the forward pass, and thereby what is compiled,
        # stays the same, which it would not if parameters said that they need no gradient.
        torch.autograd.backward(whole, inputs=learning)
    means = {name: total.item() / max(1, counts[name]) for name, total in totals.items()}
    return sum(weights[name] * mean for name, mean in means.items()), means


def update(run: Run) -> Update:
    """Take step `run.step`: gradients, guard, clip, optimizer, average. Leaves `run.step` one further."""
    step, settings = run.step, run.settings
    factor = rate_factor(settings, step, run.steps)
    run.step += 1
    if step in run.skipped:
        return Update(0.0, 0.0, factor, "left out, as it gave a bad number before")
    optimizers = run.optimizers
    learning = optimizers.learning(thawed(settings, step, run.steps, len(optimizers.levels)))
    mean, means = gradients(run, examples_of(run, step), step, learning)
    norm = clip(run.model, settings.clip)
    fault = run.guard.fault(mean, norm)
    if fault:
        optimizers.forget_gradients()
        return Update(mean, norm, factor, fault)
    run.guard.learn(mean, norm)
    optimizers.step(factor)
    if run.average is not None:
        follow(run.average, run.model, settings.average, run.step)
    return Update(mean, norm, factor, "", means if len(means) > 1 else {})


@torch.no_grad()
def clip(model: Model, longest: float) -> float:
    """Shorten the gradient to `longest` (0: leave it) and return the length it had."""
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    norm = torch.stack(torch._foreach_norm(gradients)).norm()
    length = float(norm)
    if 0 < longest < length:
        torch._foreach_mul_(gradients, longest / length)
    return length
