"""Every objective by name, what it is measured by, and the models that it can train.

An objective is one function and one line in each table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch

from groundup.errors import GroundupError
from groundup.objectives.causal import causal
from groundup.objectives.detection import detection
from groundup.objectives.example import Example
from groundup.objectives.hybrid import hybrid, masked_next
from groundup.objectives.labels import labels
from groundup.objectives.masked import masked
from groundup.objectives.prefix import prefix
from groundup.objectives.rows import Rows, Symbols
from groundup.objectives.sequence import sequence
from groundup.objectives.settings import ObjectiveSettings
from groundup.objectives.spans import spans


class Objective(Protocol):
    """A pure function: equal rows, settings and `draws` in an equal state give an equal example."""

    def __call__(
        self,
        rows: Any,
        symbols: Symbols,
        settings: ObjectiveSettings,
        draws: np.random.Generator,
        *,
        stage: float = 0.0,
        device: torch.device | str = "cpu",
    ) -> Example:
        """`rows` is what the objective reads; `stage` goes from 0 at the start of a run to 1 at its end."""


def next_token(
    rows: Rows,
    symbols: Symbols,
    settings: ObjectiveSettings,
    draws: np.random.Generator,
    *,
    stage: float = 0.0,
    device: torch.device | str = "cpu",
) -> Example:
    """`causal` as all objectives are called."""
    return replace(causal(rows, device), smoothing=settings.smoothing, r_drop=settings.r_drop)


OBJECTIVES: Mapping[str, Objective] = {
    "causal": next_token,
    "masked": masked,
    "prefix": prefix,
    "spans": spans,
    "hybrid": hybrid,
    "detection": detection,
    "sequence": sequence,
    "labels": labels,
    # Not trained alone, but measured.
    "masked_next": masked_next,
}

# What a model of each kind is measured by on held-out text: "" is the objective itself, then those that show a part.
MEASURES: Mapping[str, Mapping[str, str]] = {
    "causal": {"": "causal"},
    "masked": {"": "masked"},
    "prefix": {"": "prefix", "causal": "causal"},
    "spans": {"": "spans"},
    # What it mixes is measured apart: the two losses are of different kinds.
    "hybrid": {"": "causal", "masked": "masked_next"},
    "detection": {"": "detection"},
    "sequence": {"": "sequence"},
    "labels": {"": "labels"},
}


@dataclass(frozen=True)
class Stacks:
    """Which stacks a model must have."""

    fits: Callable[[bool, bool], bool]
    """Whether a model with an encoder, and with a decoder, will do."""
    wanted: str
    remedy: str


DECODER = Stacks(
    lambda encoder, decoder: decoder and not encoder,
    "a decoder and no encoder",
    "Set model.encoder to [] and give model.decoder its mixers, such as [attention, relu_squared]",
)
BOTH = Stacks(
    lambda encoder, decoder: encoder and decoder,
    "an encoder and a decoder that looks at it",
    "Give both their mixers, such as model.encoder [attention, relu_squared] and model.decoder [attention, cross, "
    "relu_squared]",
)
EITHER = Stacks(
    lambda encoder, decoder: encoder != decoder,
    "either an encoder or a decoder",
    "Set model.decoder to [] to keep the encoder, which is made for it, or model.encoder to [] to keep the decoder",
)

NEEDS: Mapping[str, Stacks] = {
    "causal": DECODER,
    "masked": EITHER,
    "prefix": DECODER,
    "spans": BOTH,
    "hybrid": DECODER,
    "detection": EITHER,
    "sequence": BOTH,
    "labels": EITHER,
}


# Kinds that show a position what stands behind it in its own stack.
LOOKING_AHEAD = ("masked", "prefix", "hybrid", "detection")


def looks_ahead(settings: ObjectiveSettings) -> bool:
    """Whether the objective shows a position what stands behind it in its own stack."""
    return settings.kind in LOOKING_AHEAD


def fitting(encoder: tuple[str, ...], decoder: tuple[str, ...], *, is_one_way: bool = False) -> tuple[str, ...]:
    """The kinds of objective that a model of these stacks can learn.

    `is_one_way`: a mixer only reads on from what came before, where the objective's own stack is the decoder.
    """
    kinds = (kind for kind, need in NEEDS.items() if need.fits(bool(encoder), bool(decoder)))
    # Labels come with a task, and are no way to learn from text.
    return tuple(kind for kind in kinds if kind != "labels" and not (is_one_way and kind in LOOKING_AHEAD))


def check(
    settings: ObjectiveSettings, encoder: tuple[str, ...], decoder: tuple[str, ...], *, is_one_way: bool = False
) -> None:
    """Raise `GroundupError` where a model of these stacks cannot learn the objective.

    Whether each mixer can see what the objective shows is for the mixers to say; `is_one_way` as in `fitting`, for
    what is advised.
    """
    need = NEEDS[settings.kind]
    others = " or ".join(fitting(encoder, decoder, is_one_way=is_one_way))
    if settings.kind == "labels":
        raise GroundupError(
            "The objective labels learns from a task's examples, and pretraining reads running text.",
            f"Set pretrain.objective.kind to what these stacks can learn from it: {others}.",
        )
    if need.fits(bool(encoder), bool(decoder)):
        return
    there = {"an encoder": bool(encoder), "a decoder": bool(decoder)}
    raise GroundupError(
        f"The objective {settings.kind} needs a model with {need.wanted}, and this one has "
        f"{' and '.join(name for name, is_there in there.items() if is_there) or 'neither'}.",
        f"Set pretrain.objective.kind to what these stacks can learn: {others}. To learn {settings.kind} with others: "
        f"{need.remedy[0].lower()}{need.remedy[1:]}.",
    )
