"""How often each document is seen: sources are mixed by weight, and what a weight leaves out is dropped with its row.

What becomes of a document follows from its id and its source's weight, so from no order, shard or worker. More weight
only ever adds: what a quarter keeps, a half keeps too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from groundup.corpus.document import Change, sample
from groundup.corpus.sources.settings import SourceSettings
from groundup.errors import GroundupError

Weights = Mapping[str, float]
"""By the name of a source; those that are not here weigh 1."""


def weights_of(sources: Sequence[SourceSettings], names: Sequence[str]) -> Weights:
    """The weights by the sources' names in the corpus. Raises GroundupError where one name has two."""
    weights: dict[str, float] = {}
    for source, name in zip(sources, names, strict=True):
        if weights.setdefault(name, source.weight) != source.weight:
            raise GroundupError(
                f"Two sources read {source.data!r}, with the weights {weights[name]:g} and {source.weight:g}.",
                "Give them the same weight, or name folders inside it in place of `include`.",
            )
    return {name: weight for name, weight in weights.items() if weight != 1}


def times(document: str, weight: float) -> int:
    """How often one pass over the corpus sees the document with this id; 0 where it is left out."""
    return int(weight) + (_share(document) < weight % 1)


def left_out(row: Mapping[str, Any], weights: Weights) -> Change | None:
    """The change that drops a document (its row) for its source's weight; None: it stays."""
    weight = weights.get(row["source"], 1.0)
    if times(row["id"], weight):
        return None
    shown = sample(row["text"].strip())
    return Change("mixture", "weight", "drop", row["characters"], 0, _share(row["id"]), weight, shown)


def _share(document: str) -> float:
    """A number from 0 to 1 that the id draws; another one than that by which documents are held out."""
    return int.from_bytes(hashlib.sha256(f"mixture {document}".encode()).digest()[:8]) / 2**64
