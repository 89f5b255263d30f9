"""The ways in which a run's model can score sentences, known from its objective alone, before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping

from groundup.errors import GroundupError

# What a model learned to predict, by the kind of its objective; the first is the one that fits best. A detector has
# learned which tokens were replaced and predicts none.
LEARNED: Mapping[str, tuple[str, ...]] = {
    "causal": ("causal",),
    "prefix": ("causal",),
    "masked": ("masked",),
    "hybrid": ("masked_next", "causal"),
    "spans": ("encoder_mask", "encoder_prefix"),
    "sequence": ("encoder_prefix",),
    "detection": (),
    "labels": (),
}


def choose_ways(objective: str, asked: str | None) -> tuple[str, ...]:
    """The ways to score by: the one that fits where none is asked for, every one that applies for "all".

    Raises GroundupError where a model of this kind of objective cannot be scored, or not in the way asked for.
    """
    ways, what = LEARNED[objective], f"a model trained on the objective {objective!r}"
    if not ways:
        raise GroundupError(
            f"Minimal pairs cannot be scored by {what}: it has not learned to predict the tokens of a sentence.",
            f"Give the run of a model trained on one of {', '.join(kind for kind, found in LEARNED.items() if found)}.",
        )
    if asked in (None, "all"):
        return ways if asked == "all" else ways[:1]
    if asked not in ways:
        raise GroundupError(f"--scoring {asked} does not apply to {what}.", f"What does: {', '.join(ways)}.")
    return (asked,)
