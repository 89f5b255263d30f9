"""The pieces of the second half's work: judging the documents of a shard, and writing what stays of them.

Each is a function of its spec alone, so any executor may run it, in any order: the bytes are the same.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy

from groundup.corpus.account import Account
from groundup.corpus.annotate import signal_schema
from groundup.corpus.decided import Decided, Numbers
from groundup.corpus.document import CORPUS_SCHEMA, LEDGER_SCHEMA, Document
from groundup.corpus.finish import columns_needed, finish
from groundup.corpus.judge import judge_of
from groundup.corpus.mixture import Weights, left_out, times
from groundup.corpus.privacy.mask import hidden
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.shard import DOCUMENTS, LEDGER, shard_manifest
from groundup.store.tables import TableWriter, read_rows

PARTS = ("train", "validation")
# What is counted of each part; seen are characters as often as one pass of training sees them.
COUNTED = ("documents", "characters", "bytes", "original_bytes", "characters_seen")
# Where a build keeps what is not done, inside the corpus; it goes when the corpus is whole.
WORK = "work"


@dataclass(frozen=True)
class JudgeSpec:
    """A shard's documents to hold against the thresholds."""

    shard: Path
    settings: CorpusSettings


@dataclass(frozen=True)
class WriteSpec:
    """What to write of a shard, beyond what signals say of its documents."""

    number: int
    shard: Path
    start: int
    """The number of its first document among all, and of the next shard's."""
    stop: int
    settings: CorpusSettings
    weights: Weights
    work: Path
    """Where it was decided; see `Decided`."""
    into: Path

    def decided(self) -> Decided:
        """What was decided of the shard's documents."""
        return Decided(self.work, self.settings, self.start, self.stop)


def judge_shard(spec: JudgeSpec) -> Numbers:
    """The numbers, in the shard, of the documents that their signals speak against."""
    judge, found = judge_of(spec.settings), array("q")
    for number, row in enumerate(read_rows(spec.shard / DOCUMENTS)):
        if judge(row) is not None:
            found.append(number)
    return numpy.array(found, numpy.int64)


def finished_lengths(spec: WriteSpec) -> Numbers:
    """The characters that each document which stays will have, in order."""
    decided, lengths = spec.decided(), array("q")
    for number, row in enumerate(read_rows(spec.shard / DOCUMENTS, columns_needed(spec.settings))):
        if decided.stays(number):
            text, _ = finish(row, spec.settings, decided.spans(number))
            lengths.append(len(text))
    return numpy.array(lengths, numpy.int64)


def write_shard(spec: WriteSpec) -> dict[str, Any]:
    """Write what stays of a shard, and its part of the ledger, into the corpus: the files `NUMBER.parquet`.

    Returns the shard's account from the first reading on, which adds up, and what is `COUNTED` by part. A part without
    documents has no file.
    """
    judge, decided = judge_of(spec.settings), spec.decided()
    hide = partial(hidden, settings=spec.settings.privacy)
    account = Account.from_plain(shard_manifest(spec.shard)["account"])
    parts = {part: dict.fromkeys(COUNTED, 0) for part in PARTS}
    name = f"{spec.number:05}.parquet"
    signals = ("characters", *signal_schema(spec.settings))
    with (
        _table(spec.into, "ledger", name, LEDGER_SCHEMA) as ledger,
        _table(spec.into, PARTS[0], name, CORPUS_SCHEMA) as train,
        _table(spec.into, PARTS[1], name, CORPUS_SCHEMA) as validation,
    ):
        for row in read_rows(spec.shard / LEDGER):
            ledger.write({**row, "title": hide(row["title"]), "sample": hide(row["sample"])})
        for number, row in enumerate(read_rows(spec.shard / DOCUMENTS)):
            document = Document(**{key: row[key] for key in Document.__dataclass_fields__})
            document = replace(document, title=hide(document.title))
            drop = decided.drop(number, row["characters"]) or judge(row) or left_out(row, spec.weights)
            text, changes = ("", [drop]) if drop else finish(row, spec.settings, decided.spans(number), decided.name)
            for change in changes:
                change = replace(change, sample=hide(change.sample))
                ledger.write(change.row(document))
                account.change(document, change)
            is_kept = not changes or changes[-1].action != "drop"
            account.judged({signal: row[signal] for signal in signals}, is_kept=is_kept)
            if drop:
                continue
            document = replace(document, text=text)
            if is_kept:
                account.kept(document.source, 1, len(text))
            pieces = document.cut_at(decided.training(number))
            # What is measured on is measured once.
            counts = (times(document.id, spec.weights.get(document.source, 1.0)), 1)
            for writer, part, piece, count in zip((train, validation), PARTS, pieces, counts, strict=True):
                written = {**piece.row(), "times": count}
                counted = {"documents": int(bool(piece.text)), "characters_seen": count * written["characters"]}
                # A text of which nothing is left had bytes before, and these count.
                for what in COUNTED:
                    parts[part][what] += {**written, **counted}[what]
                if piece.text:
                    writer.write(written)
    account.check()
    return {"account": account.as_plain(), "parts": parts}


@contextmanager
def _table(corpus: Path, part: str, name: str, schema: Mapping[str, type]) -> Iterator[TableWriter]:
    """A table that appears in a part of the corpus when it is whole, and not at all if it has no rows."""
    path, workshop = corpus / part / name, corpus / WORK
    for folder in (path.parent, workshop):
        folder.mkdir(exist_ok=True)
    # A worker that outlives a killed build for a moment writes the same bytes under another name.
    new = workshop / f"{part}-{name}-{os.getpid()}"
    with TableWriter(new, schema) as writer:
        yield writer
    if writer.rows:
        new.replace(path)
    else:
        new.unlink()
