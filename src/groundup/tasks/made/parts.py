"""How many examples of one part of a made data set stand in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groundup.tasks.examples import Example
from groundup.tasks.overlap import overlap
from groundup.tasks.parts import PARTS


def shared(parts: Mapping[str, Sequence[Example]]) -> dict[str, int]:
    """For each part but `train`, how many of its examples stand in `train` word for word."""
    return {part: overlap(parts["train"], parts[part]).seen for part in PARTS[1:]}
