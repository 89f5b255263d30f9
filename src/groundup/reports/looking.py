"""Where a model looked while it wrote, as blocks of a report.

`reports` lies below `tasks`, so the weights are known here by their JSON alone; what is of another shape is left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from groundup.reports import words
from groundup.reports.attention_map import Weights
from groundup.reports.document import Block, Looks, Paragraph
from groundup.reports.loose import entries, number, texts

LONG = 300


def looks_in(text: str) -> tuple[Looks, ...]:
    """The pictures in JSON, a list of what `looks_of` takes."""
    try:
        found = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return ()
    return tuple(looks for entry in entries(found) for looks in looks_of(entry))


def looks_of(found: Mapping[str, Any], caption: str = "") -> Iterable[Looks]:
    """The picture of `source` [S] and `target` [T] words and `weights` [T][S]; nothing where they do not fit."""
    sources, targets = tuple(texts(found.get("source"))), tuple(texts(found.get("target")))
    weights = _weights(found.get("weights"))
    if sources and targets and len(weights) == len(targets) and all(len(row) == len(sources) for row in weights):
        yield Looks(targets, sources, weights, words.shortened(caption or _caption(sources, targets), LONG))


def looking_blocks(looks: Sequence[Looks]) -> Iterable[Block]:
    """The pictures, behind a sentence on how to read them."""
    if looks:
        yield Paragraph(
            "Each row is a word that the model wrote, each column one that it read: the darker a square, the more of "
            "its attention it gave to that word when it was to write this one, in the mean of all heads and layers. It "
            "is a hint at what a word was made from, and no proof."
        )
        yield from looks


def _caption(sources: Sequence[str], targets: Sequence[str]) -> str:
    """Both texts, without the end tokens."""
    return " \u2192 ".join(" ".join(each[:-1] or each) for each in (sources, targets))


def _weights(value: object) -> Weights:
    rows = value if isinstance(value, list) else []
    found = tuple(tuple(map(number, row)) for row in rows if isinstance(row, list))
    return found if all(math.isfinite(weight) and weight >= 0 for row in found for weight in row) else ()
