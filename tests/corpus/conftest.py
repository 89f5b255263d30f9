"""Shapes that the tests of the corpus share."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pytest

from groundup.corpus.account import Account
from groundup.corpus.build import annotate
from groundup.corpus.decide import decide
from groundup.corpus.document import DOCUMENT_SCHEMA, LEDGER_SCHEMA, Document
from groundup.corpus.duplicates import digest_rows
from groundup.corpus.settings import CorpusSettings, SourceSettings
from groundup.corpus.shard import DIGESTS, DOCUMENTS, LEDGER, MANIFEST, SIGNATURES
from groundup.corpus.shards import SHARDS, shard_folder
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.workers import ALONE, Crew
from groundup.store.tables import TableWriter


@dataclass(frozen=True)
class Place:
    """What the catalogue would resolve a source to."""

    path: Path
    name: str
    licence: str = ""
    fingerprint: str = ""


@pytest.fixture(scope="session")
def place() -> type[Place]:
    return Place


@pytest.fixture
def input_file() -> Callable[..., InputFile]:
    """A file as the listing gives it: `input_file(path, damaged="drop")`."""

    def make(path: Path, *, is_chosen: bool = True, **settings: Any) -> InputFile:
        return InputFile(
            "source", path.name, path, path.parent, path.stat().st_size, "", SourceSettings("x", **settings), is_chosen
        )

    return make


@pytest.fixture(scope="session")
def build_corpus() -> Callable[..., dict[str, Any]]:
    """Makes both halves of a corpus, in `out` and in a folder beside it, as the stages of a recipe do."""

    def make(settings: CorpusSettings, places: list[Place], out: Path, crew: Crew = ALONE) -> dict[str, Any]:
        documents = out.with_name(f"documents of {out.name}")
        annotate(settings, places, documents, crew)
        return decide(settings, documents, out, crew)

    return make


@pytest.fixture(scope="session")
def annotated() -> Callable[..., Path]:
    """Makes what `annotate` would leave of so many documents, of which only some are `different`."""

    def make(folder: Path, documents: int, different: int | None = None) -> Path:
        a_shard = 500
        folder.mkdir()
        for number in range(documents // a_shard):
            shard = shard_folder(folder, number)
            shard.mkdir()
            account, digests = Account(), []
            with TableWriter(shard / DOCUMENTS, {**DOCUMENT_SCHEMA, "has_words": bool}) as writer:
                for place in range(number * a_shard, (number + 1) * a_shard):
                    document = Document(f"x/{place:09}.txt", "x", title=f"Title {place}", text=f"Text {place:09}.")
                    account.read(document, len(document.text))
                    writer.write({**document.row(), "has_words": True})
                    digests.append(f"{place % (different or documents):032x}")
            with TableWriter(shard / LEDGER, LEDGER_SCHEMA):
                pass
            numpy.save(shard / DIGESTS, digest_rows(digests))
            numpy.save(shard / SIGNATURES, numpy.zeros((a_shard, 1), numpy.uint32))
            (shard / MANIFEST).write_text(json.dumps({"documents": a_shard, "account": account.as_plain()}))
        found = {"shards": documents // a_shard, "first": "x", "names": ["x"], "sources": [{"source": "x"}]}
        (folder / SHARDS).write_text(json.dumps({**found, "others": {}, "made": {}}))
        return folder

    return make
