"""Which part of the corpus validates: whole documents by the hash of their id, or the end of all the text."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from groundup.corpus.settings import ValidationSettings
from groundup.corpus.sources.listing import matches
from groundup.errors import GroundupError


@dataclass(frozen=True)
class Kept:
    """What the split needs to know of a document that stays."""

    id: str
    title: str
    characters: int


def split(documents: Sequence[Kept], settings: ValidationSettings) -> list[int]:
    """For each document, how many of its characters train; the rest of it validates.

    By documents that is all or nothing, and each side has at least one. By characters, int((1 - fraction) *
    all) train, as in nanoGPT's preparation of its Shakespeare text. Raises GroundupError where nothing can be
    held out.
    """
    if settings.by == "characters":
        return _by_characters([document.characters for document in documents], settings.fraction)
    held = _named(documents, settings.documents) if settings.documents else _chosen(documents, settings.fraction)
    return [0 if number in held else document.characters for number, document in enumerate(documents)]


def _by_characters(lengths: Sequence[int], fraction: float) -> list[int]:
    left = int((1 - fraction) * sum(lengths))
    training = []
    for length in lengths:
        taken = min(length, left)
        training.append(taken)
        left -= taken
    return training


def _chosen(documents: Sequence[Kept], fraction: float) -> set[int]:
    """Documents whose id's hash, as a share of all hashes, lies below the fraction; never none and never all."""
    if fraction == 0:
        return set()
    if len(documents) == 1:
        raise GroundupError(
            f"The corpus has one document ({documents[0].id}), so none can be held out to validate.",
            "Set `corpus.validation.by: characters` to hold out the end of it, or give more documents.",
        )
    marks = [int.from_bytes(hashlib.sha256(document.id.encode()).digest()[:8]) / 2**64 for document in documents]
    order = sorted(range(len(documents)), key=lambda number: marks[number])
    below = sum(mark < fraction for mark in marks)
    return set(order[: min(max(below, 1), len(documents) - 1)])


def _named(documents: Sequence[Kept], patterns: Sequence[str]) -> set[int]:
    held: set[int] = set()
    for pattern in patterns:
        found = {
            number
            for number, document in enumerate(documents)
            if matches(document.id, (pattern,)) or matches(document.title, (pattern,))
        }
        if not found:
            raise GroundupError(
                f"No document fits {pattern!r} of `validation.documents`. There are {len(documents):,}; the first are"
                f" {', '.join(document.id for document in documents[:3])}.",
                "Patterns are matched against a document's id, file name and title: `*Emma*`, `*.txt`. To hold out a "
                "share instead, set corpus.validation to {fraction: 0.05}.",
            )
        held |= found
    if len(held) == len(documents):
        raise GroundupError(
            f"`validation.documents` {list(patterns)} holds out all {len(documents):,} documents; none would train.",
            "Name fewer.",
        )
    return held
