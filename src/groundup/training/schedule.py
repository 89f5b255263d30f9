"""The course of the learning rates, and of what learns at all.

Both are pure functions of the step, so that a resumed run takes the same one.
"""

from __future__ import annotations

import math

from groundup.training.settings import TrainingSettings


def rate_factor(settings: TrainingSettings, step: int, steps: int) -> float:
    """Share of the peak rates at update `step` (from 0) of `steps`."""
    rise = min(1.0, (step + 1) / warming(settings, steps))
    # Measured to the end of the update, so that the last one still moves.
    left = 1 - step / max(1, steps)
    return rise * (settings.final_rate + (1 - settings.final_rate) * _fall(settings, left))


def warming(settings: TrainingSettings, steps: int) -> int:
    """Updates of a run of `steps` over which its rates rise."""
    # Very short runs still need most of their updates at useful rates.
    return max(1, min(settings.warmup, steps // 10))


def has_flat_part(settings: TrainingSettings) -> bool:
    """Whether the rates stay at their peak for a while before they fall."""
    return settings.schedule == "trapezoid" and 0 < settings.cooldown < 1


def falls_next(settings: TrainingSettings, step: int, steps: int) -> bool:
    """Whether the flat part of the trapezoid is over before update `step`, or the run."""
    return 1 - (step + 1) / steps < settings.cooldown


def stage_of(settings: TrainingSettings, step: int, steps: int) -> float:
    """How far a run has come by update `step`, from 0 to 1: evenly, from where its end is known.

    A run on the clock knows its end only when rates that were flat begin to fall: what changes over a run (the share
    of masked tokens, say) waits until then.
    """
    left = 1 - step / max(1, steps)
    return 1 - (_fall(settings, left) if has_flat_part(settings) else left)


def thawing(settings: TrainingSettings, steps: int) -> int:
    """Updates of a run of `steps` over which its levels begin to learn one after the other.

    A whole number, so that `unfreeze` can be worked out anew from it for a run whose end is moved.
    """
    return round((settings.unfreeze or 0.0) * steps)


def thawed(settings: TrainingSettings, step: int, steps: int, levels: int) -> int:
    """How many of the `levels` of a model learn at update `step`: the first from the beginning, at last all.

    Gradual unfreezing (arXiv 1801.06146), in equal parts of `thawing`.
    """
    over = thawing(settings, steps)
    return levels if step >= over else 1 + step * (levels - 1) // over


def _fall(settings: TrainingSettings, left: float) -> float:
    """From 1 at the start to 0 at the end, `left` being the share of the run that lies ahead."""
    if settings.schedule == "constant" or (settings.schedule == "trapezoid" and settings.cooldown == 0):
        return 1.0
    if settings.schedule == "cosine":
        return 0.5 - 0.5 * math.cos(math.pi * left)
    # Trapezoid: Zhai et al. (arXiv 2106.04560); Hagele et al. (arXiv 2405.18392).
    return min(1.0, left / settings.cooldown)
