"""The two pieces of work that are shared out: reading and cleaning files, and writing what stays of them.

Each is a function of its spec alone and leaves a folder that is whole or absent, so any executor may run it,
in any order, as often as it likes: the bytes are the same.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from groundup.corpus.account import Account
from groundup.corpus.classic import make_classic
from groundup.corpus.clean import clean
from groundup.corpus.document import DOCUMENT_SCHEMA, LEDGER_SCHEMA, Change, Document, Reading, sample
from groundup.corpus.duplicates import digest, signature
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.sources.files import read_file
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.whole import whole_or_absent
from groundup.store.fingerprint import file_sha256
from groundup.store.tables import TableWriter, read_rows

# The order in which documents meet the stages.
STAGES = ("read", "extract", "clean", "filter", "finish", "duplicates")
MANIFEST = "shard.json"
DOCUMENTS = "documents.parquet"
LEDGER = "ledger.parquet"
SIGNATURES = "signatures.npy"
PARTS = ("train", "validation")


@dataclass(frozen=True)
class ShardSpec:
    """Files to read into the folder `into`."""

    number: int
    files: tuple[InputFile, ...]
    settings: CorpusSettings
    into: Path


@dataclass(frozen=True)
class WriteSpec:
    """What to do with each document of a shard that was read: drop it, or let so many of its characters train."""

    number: int
    shard: Path
    drops: Mapping[int, Change]
    training: Mapping[int, int]
    """By number in the shard, for documents that stay: characters that train, the rest validates."""
    into: Path


def run_shard(spec: ShardSpec) -> dict[str, Any]:
    """Read and clean the shard's files, with a signal of every document for the decisions that need all of them.

    Returns the shard's manifest: counts, the account so far, and the SHA-256 of its files. A shard that is
    there and whole is not read again. Raises GroundupError for files that cannot be read.
    """
    done = _finished(spec.into)
    if done is not None:
        return done
    with whole_or_absent(spec.into) as folder:
        account = Account()
        signatures = []
        schema = {**DOCUMENT_SCHEMA, "digest": str, "signature": int}
        with (
            TableWriter(folder / DOCUMENTS, schema) as documents,
            TableWriter(folder / LEDGER, LEDGER_SCHEMA) as ledger,
        ):
            for reading in _readings(spec.files):
                document, changes, signals = process(reading, spec.settings)
                _record(reading, changes, account)
                for change in changes:
                    ledger.write(change.row(reading.document))
                if document is None:
                    continue
                mark = signals.pop("signature", None)
                if mark is not None:
                    signatures.append(mark)
                place = None if mark is None else len(signatures) - 1
                documents.write({**document.row(), **signals, "signature": place})
        near = spec.settings.near_duplicates
        table = numpy.array(signatures, numpy.uint32).reshape(-1, near.permutations if near else 1)
        numpy.save(folder / SIGNATURES, table, allow_pickle=False)
        return _finish(folder, {"documents": documents.rows, "account": account.as_plain()})


def process(reading: Reading, settings: CorpusSettings) -> tuple[Document | None, list[Change], dict[str, Any]]:
    """One document through the stages that need no other: what stays of it, all its changes, and its signals.

    The signals are taken before `finish`: what judges a text sees it with its punctuation.
    """
    changes = list(reading.changes)
    if reading.is_dropped:
        return None, changes, {}
    document = reading.document
    text, cleaned = clean(document.text, settings.cleaning)
    changes += cleaned
    length = len(text.strip())
    if length < settings.minimum_characters:
        least = settings.minimum_characters
        changes.append(
            Change("filter", "minimum characters", "drop", len(text), 0, length, least, sample(text.strip()))
        )
        return None, changes, {}
    signals: dict[str, Any] = {"digest": digest(text) if settings.exact_duplicates else ""}
    if settings.near_duplicates is not None:
        signals["signature"] = signature(text, settings.near_duplicates)
    if settings.cleaning == "classic":
        text, finished = make_classic(text, settings.classic)
        changes += finished
    kept = Document(
        document.id, document.source, document.address, document.title, document.date, document.licence, text
    )
    return kept, changes, signals


def write_shard(spec: WriteSpec) -> dict[str, Any]:
    """Write what stays of a shard, and its part of the ledger, into the corpus: the files `NUMBER.parquet`.

    Returns the account of the decisions, and documents, characters and bytes by part. A part without
    documents has no file.
    """
    account = Account()
    parts = {part: {"documents": 0, "characters": 0, "bytes": 0} for part in PARTS}
    name = f"{spec.number:05}.parquet"
    with (
        _table(spec.into / "ledger" / name, LEDGER_SCHEMA, spec.shard) as ledger,
        _table(spec.into / PARTS[0] / name, DOCUMENT_SCHEMA, spec.shard) as train,
        _table(spec.into / PARTS[1] / name, DOCUMENT_SCHEMA, spec.shard) as validation,
    ):
        for row in read_rows(spec.shard / LEDGER):
            ledger.write(row)
        for number, row in enumerate(read_rows(spec.shard / DOCUMENTS, list(DOCUMENT_SCHEMA))):
            document = Document(**{key: row[key] for key in Document.__dataclass_fields__})
            if number in spec.drops:
                change = spec.drops[number]
                ledger.write(change.row(document))
                account.change(document, change)
                continue
            account.kept(document.source, 1, len(document.text))
            cut = spec.training[number]
            for writer, part, text in (
                (train, "train", document.text[:cut]),
                (validation, "validation", document.text[cut:]),
            ):
                if text:
                    piece = row if len(text) == len(document.text) else _piece(document, text)
                    writer.write(piece)
                    parts[part]["documents"] += 1
                    parts[part]["characters"] += piece["characters"]
                    parts[part]["bytes"] += piece["bytes"]
    return {"account": account.as_plain(), "parts": parts}


def read_signatures(folder: Path) -> numpy.ndarray[Any, numpy.dtype[numpy.uint32]]:
    """[documents with words, permutations] The signatures of a shard."""
    table: numpy.ndarray[Any, numpy.dtype[numpy.uint32]] = numpy.load(folder / SIGNATURES, allow_pickle=False)
    return table


def _readings(files: tuple[InputFile, ...]) -> Iterator[Reading]:
    for file in files:
        yield from read_file(file)


def _record(reading: Reading, changes: list[Change], account: Account) -> None:
    """Count a document, and assert that each change goes on where the one before it ended."""
    account.read(reading.document, reading.characters)
    length = reading.characters
    for change in changes:
        assert change.before == length, f"{reading.document.id}: {change.rule} begins with other text than was left"
        account.change(reading.document, change)
        length = change.after


def _piece(document: Document, text: str) -> dict[str, Any]:
    """The part of a document that the cut between training and validation leaves on one side."""
    return {**document.row(), "text": text, "characters": len(text), "bytes": len(text.encode())}


@contextmanager
def _table(path: Path, schema: Mapping[str, type], workshop: Path) -> Iterator[TableWriter]:
    """A table that appears under its name when it is whole, and not at all if it has no rows.

    Until then it lies in `workshop`, which goes when the corpus is done, with whatever a kill left there.
    """
    path.parent.mkdir(exist_ok=True)
    # A worker that outlives a killed build for a moment writes the same bytes under another name.
    new = workshop / f"{path.parent.name}-{os.getpid()}"
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
    return _manifest(folder)


def _finished(folder: Path) -> dict[str, Any] | None:
    """The manifest of a shard that an earlier run finished, if all its files are still what was written."""
    try:
        manifest = _manifest(folder)
        whole = all(file_sha256(folder / name) == mark for name, mark in manifest["files"].items())
    except (OSError, ValueError, KeyError):
        return None
    return manifest if whole else None


def _manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest
