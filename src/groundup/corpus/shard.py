"""A piece of the first half's work: annotating a few files.

It is a function of its spec alone and leaves a folder that is whole or absent, so any executor may run it, in any
order, as often as it likes: the bytes are the same.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from groundup.corpus.account import Account
from groundup.corpus.annotate import Annotated, annotated, signal_schema
from groundup.corpus.document import DOCUMENT_SCHEMA, LEDGER_SCHEMA, Found
from groundup.corpus.duplicates import digest_rows
from groundup.corpus.duplicates.stored import StoredWriter
from groundup.corpus.instruments import open_instruments
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.sources.files import read_file
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.whole import whole_or_absent
from groundup.progress import SILENT, Progress
from groundup.store.fingerprint import file_sha256
from groundup.store.tables import TableWriter

MANIFEST = "shard.json"
DOCUMENTS = "documents.parquet"
LEDGER = "ledger.parquet"
SIGNATURES = "signatures.npy"
DIGESTS = "digests.npy"


@dataclass(frozen=True)
class ShardSpec:
    """Files to read into the folder `into`."""

    number: int
    files: tuple[InputFile, ...]
    settings: CorpusSettings
    into: Path
    instruments: Path | None = None
    """The folder of what documents are held against."""


def run_shard(spec: ShardSpec, progress: Progress = SILENT) -> dict[str, Any]:
    """Read the shard's files, with the signals of every document for the decisions to come.

    Returns the shard's manifest: counts, the account so far, and the SHA-256 of its files. A shard that is
    there and whole is not read again. `progress` hears of each document. Raises GroundupError for files that cannot be
    read.
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
        near = settings.near_duplicates
        nothing = numpy.zeros(near.permutations if near else 1, numpy.uint32)
        schema = {**DOCUMENT_SCHEMA, **signal_schema(settings), "has_words": bool}
        with (
            TableWriter(folder / DOCUMENTS, schema) as documents,
            TableWriter(folder / LEDGER, LEDGER_SCHEMA) as ledger,
            StoredWriter(folder / SIGNATURES, len(nothing), numpy.uint32) as signatures,
            StoredWriter(folder / DIGESTS, 2, numpy.uint64) as digests,
        ):
            instruments = open_instruments(spec.instruments)
            for number, one in enumerate(annotated(_found(spec.files, others), settings, instruments), 1):
                progress("reading and cleaning texts, in documents", number)
                reading = one.reading
                _record(one, account)
                for change in reading.changes:
                    ledger.write(change.row(reading.document))
                if reading.is_dropped:
                    continue
                has_words = one.signature is not None
                documents.write({**reading.document.row(), **one.signals, "has_words": has_words})
                digests.write(digest_rows([one.digest]))
                if near is not None:
                    signatures.write((nothing if one.signature is None else one.signature)[None])
        counts = {"documents": documents.rows, "account": account.as_plain(), "others": dict(sorted(others.items()))}
        return _finish(folder, counts)


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
