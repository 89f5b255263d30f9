"""The pieces of work that are shared out: annotating files, judging documents, and writing what stays of them.

Each is a function of its spec alone and leaves files that are whole or absent, so any executor may run it, in any
order, as often as it likes: the bytes are the same.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy

from groundup.corpus.account import Account
from groundup.corpus.annotate import Annotated, annotated, signal_schema
from groundup.corpus.decided import Decided
from groundup.corpus.document import CORPUS_SCHEMA, DOCUMENT_SCHEMA, LEDGER_SCHEMA, Document, Found
from groundup.corpus.duplicates import digest_rows
from groundup.corpus.finish import columns_needed, finish
from groundup.corpus.instruments import open_instruments
from groundup.corpus.judge import judge_of
from groundup.corpus.mixture import Weights, left_out, times
from groundup.corpus.privacy.mask import hidden
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.sources.files import read_file
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.whole import whole_or_absent
from groundup.store.fingerprint import file_sha256
from groundup.store.tables import TableWriter, read_rows

# The order in which documents meet the stages.
STAGES = ("read", "extract", "clean", "filter", "contamination", "duplicates", "mixture", "finish")
MANIFEST = "shard.json"
DOCUMENTS = "documents.parquet"
LEDGER = "ledger.parquet"
SIGNATURES = "signatures.npy"
DIGESTS = "digests.npy"
PARTS = ("train", "validation")
# What is counted of each part; seen are characters as often as one pass of training sees them.
COUNTED = ("documents", "characters", "bytes", "original_bytes", "characters_seen")
# Where a build keeps what is not done, inside the corpus; it goes when the corpus is whole.
WORK = "work"


@dataclass(frozen=True)
class ShardSpec:
    """Files to read into the folder `into`."""

    number: int
    files: tuple[InputFile, ...]
    settings: CorpusSettings
    into: Path
    instruments: Path | None = None
    """The folder of what documents are held against."""


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


def run_shard(spec: ShardSpec) -> dict[str, Any]:
    """Read the shard's files, with the signals of every document for the decisions to come.

    Returns the shard's manifest: counts, the account so far, and the SHA-256 of its files. A shard that is
    there and whole is not read again. Raises GroundupError for files that cannot be read.
    """
    done = _finished(spec.into)
    if done is not None:
        return done
    settings = spec.settings
    # Only what is damaged is there and not finished.
    shutil.rmtree(spec.into, ignore_errors=True)
    with whole_or_absent(spec.into) as folder:
        account = Account()
        others: Counter[str] = Counter()
        signatures, digests = [], []
        near = settings.near_duplicates
        nothing = numpy.zeros(near.permutations if near else 1, numpy.uint32)
        schema = {**DOCUMENT_SCHEMA, **signal_schema(settings), "has_words": bool}
        with (
            TableWriter(folder / DOCUMENTS, schema) as documents,
            TableWriter(folder / LEDGER, LEDGER_SCHEMA) as ledger,
        ):
            instruments = open_instruments(spec.instruments)
            for one in annotated(_found(spec.files, others), settings, instruments):
                reading = one.reading
                _record(one, account)
                for change in reading.changes:
                    ledger.write(change.row(reading.document))
                if reading.is_dropped:
                    continue
                has_words = one.signature is not None
                digests.append(one.digest)
                if near is not None:
                    signatures.append(one.signature if has_words else nothing)
                documents.write({**reading.document.row(), **one.signals, "has_words": has_words})
        numpy.save(folder / DIGESTS, digest_rows(digests), allow_pickle=False)
        table = numpy.array(signatures, numpy.uint32).reshape(-1, len(nothing))
        numpy.save(folder / SIGNATURES, table, allow_pickle=False)
        counts = {"documents": documents.rows, "account": account.as_plain(), "others": dict(sorted(others.items()))}
        return _finish(folder, counts)


def judge_shard(spec: JudgeSpec) -> list[int]:
    """The numbers, in the shard, of the documents that their signals speak against."""
    judge = judge_of(spec.settings)
    return [number for number, row in enumerate(read_rows(spec.shard / DOCUMENTS)) if judge(row) is not None]


def finished_lengths(spec: WriteSpec) -> list[int]:
    """The characters that each document which stays will have, in order."""
    decided, lengths = spec.decided(), []
    for number, row in enumerate(read_rows(spec.shard / DOCUMENTS, columns_needed(spec.settings))):
        if number in decided.training:
            text, _ = finish(row, spec.settings, decided.spans(number))
            lengths.append(len(text))
    return lengths


def write_shard(spec: WriteSpec) -> dict[str, Any]:
    """Write what stays of a shard, and its part of the ledger, into the corpus: the files `NUMBER.parquet`.

    Returns the account of the decisions, and documents, characters and bytes by part. A part without
    documents has no file.
    """
    judge, decided = judge_of(spec.settings), spec.decided()
    hide = partial(hidden, settings=spec.settings.privacy)
    account = Account()
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
            changes = [] if drop is None else [drop]
            if drop is None:
                text, changes = finish(row, spec.settings, decided.spans(number), decided.name)
            for change in changes:
                change = replace(change, sample=hide(change.sample))
                ledger.write(change.row(document))
                account.change(document, change)
            is_kept = not changes or changes[-1].action != "drop"
            account.judged({signal: row[signal] for signal in signals}, is_kept=is_kept)
            if drop is not None:
                continue
            document = replace(document, text=text)
            if is_kept:
                account.kept(document.source, 1, len(text))
            pieces = document.cut_at(decided.training[number])
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
    return {"account": account.as_plain(), "parts": parts}


def _found(files: Iterable[InputFile], others: Counter[str]) -> Iterator[Found]:
    for file in files:
        yield from read_file(file, others)


def _record(one: Annotated, account: Account) -> None:
    """Count a document, and assert that each change goes on where the one before it ended."""
    reading = one.reading
    account.read(reading.document, reading.characters)
    length = reading.characters
    for change in reading.changes:
        assert change.before == length, f"{reading.document.id}: {change.rule} begins with other text than was left"
        account.change(reading.document, change)
        length = change.after
    left = 0 if reading.is_dropped else len(reading.document.text)
    assert length == left, f"{reading.document.id}: {left:,} characters are left and {length:,} accounted for"


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


def _finish(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    manifest["files"] = {path.name: file_sha256(path) for path in sorted(folder.iterdir())}
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    # What another run will read back is what this one goes on with.
    return shard_manifest(folder)


def _finished(folder: Path) -> dict[str, Any] | None:
    """The manifest of a shard that an earlier run finished, if all its files are still what was written."""
    try:
        manifest = shard_manifest(folder)
        whole = all(file_sha256(folder / name) == mark for name, mark in manifest["files"].items())
    except (OSError, ValueError, KeyError):
        return None
    return manifest if whole else None


def shard_manifest(folder: Path) -> dict[str, Any]:
    """What `run_shard` returned for the shard in this folder."""
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest
