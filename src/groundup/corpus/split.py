"""Which part of the corpus validates: whole documents by the hash of their id, or the end of all the text."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

from groundup.corpus.settings import ValidationSettings
from groundup.corpus.sources.listing import matches
from groundup.errors import GroundupError

Lengths = NDArray[numpy.int64]


@dataclass(frozen=True)
class Kept:
    """What the split needs to know of a document that stays."""

    id: str
    title: str
    characters: int


def split(documents: Iterable[Kept], settings: ValidationSettings) -> Lengths:
    """[documents] How many characters of each train; the rest of it validates. Takes some 50 bytes a document.

    By documents that is all or nothing, and each side has at least one. By characters, int((1 - fraction) *
    all) train, as in nanoGPT's preparation of its Shakespeare text; a document without any stands on the side of
    training with 1. Raises GroundupError where nothing can be held out.
    """
    if settings.by == "characters":
        return _by_characters(documents, settings.fraction)
    lengths, held = (_named if settings.documents else _chosen)(documents, settings)
    return numpy.where(held, 0, lengths)


def _by_characters(documents: Iterable[Kept], fraction: float) -> Lengths:
    lengths = numpy.fromiter((document.characters for document in documents), numpy.int64)
    before = numpy.cumsum(lengths) - lengths
    # A text of which nothing is left has no characters, and still stands on one side.
    training: Lengths = numpy.clip(int((1 - fraction) * int(lengths.sum())) - before, 0, numpy.maximum(lengths, 1))
    return training


def _chosen(documents: Iterable[Kept], settings: ValidationSettings) -> tuple[Lengths, NDArray[numpy.bool_]]:
    """Documents whose id's hash, as a share of all hashes, lies below the fraction; never none and never all."""
    lengths, drawn, first = array("q"), array("d"), ""
    for document in documents:
        first = first or document.id
        lengths.append(document.characters)
        drawn.append(int.from_bytes(hashlib.sha256(document.id.encode()).digest()[:8]) / 2**64)
    marks = numpy.frombuffer(drawn, numpy.float64)
    held = numpy.zeros(len(marks), numpy.bool_)
    if settings.fraction and len(marks) == 1:
        raise GroundupError(
            f"The corpus has one document ({first}), so none can be held out to validate.",
            "Set `corpus.validation.by: characters` to hold out the end of it, add `--corpus.validation.fraction 0` to "
            "hold out none, or give more documents.",
        )
    if settings.fraction:
        below = int((marks < settings.fraction).sum())
        held[numpy.argsort(marks, kind="stable")[: min(max(below, 1), len(marks) - 1)]] = True
    return numpy.frombuffer(lengths, numpy.int64), held


def _named(documents: Iterable[Kept], settings: ValidationSettings) -> tuple[Lengths, NDArray[numpy.bool_]]:
    """Documents that a pattern fits; never all, and for each pattern one."""
    lengths, held, first = array("q"), bytearray(), list[str]()
    unused = set(settings.documents)
    for document in documents:
        first += [document.id] if len(first) < 3 else []
        lengths.append(document.characters)
        fitting = {
            pattern
            for pattern in settings.documents
            if matches(document.id, (pattern,)) or matches(document.title, (pattern,))
        }
        unused -= fitting
        held.append(bool(fitting))
    if unused:
        pattern = next(pattern for pattern in settings.documents if pattern in unused)
        raise GroundupError(
            f"No document fits {pattern!r} of `validation.documents`. There are {len(held):,}; the first are"
            f" {', '.join(first)}.",
            "Patterns are matched against a document's id, file name and title: `*Emma*`, `*.txt`. To hold out a "
            "share instead, set corpus.validation to {fraction: 0.05}.",
        )
    if all(held):
        raise GroundupError(
            f"`validation.documents` {list(settings.documents)} holds out all {len(held):,} documents; none would "
            "train.",
            "Name fewer.",
        )
    return numpy.frombuffer(lengths, numpy.int64), numpy.frombuffer(held, numpy.bool_)
