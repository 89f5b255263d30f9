"""Decisions over very many documents: what is held in memory is some numbers for each."""

from __future__ import annotations

import gc
import json
import tracemalloc
from pathlib import Path

import numpy
import pytest

from groundup.corpus import decide as deciding
from groundup.corpus.account import Account
from groundup.corpus.decide import SHARDS, decide
from groundup.corpus.document import DOCUMENT_SCHEMA, LEDGER_SCHEMA, Document
from groundup.corpus.duplicates import digest_rows
from groundup.corpus.settings import CorpusSettings, SourceSettings, ValidationSettings
from groundup.corpus.shard import DIGESTS, DOCUMENTS, LEDGER, MANIFEST, SIGNATURES
from groundup.corpus.shards import shard_folder
from groundup.store.tables import TableWriter

A_SHARD = 500
PLAIN = CorpusSettings((SourceSettings("x", weight=0.9),), exact_duplicates=False, near_duplicates=None)


def annotated(folder: Path, documents: int, different: int | None = None) -> Path:
    """What `annotate` would leave of so many documents, of which only some are `different`."""
    folder.mkdir()
    for number in range(documents // A_SHARD):
        shard = shard_folder(folder, number)
        shard.mkdir()
        account, digests = Account(), []
        with TableWriter(shard / DOCUMENTS, {**DOCUMENT_SCHEMA, "has_words": bool}) as writer:
            for place in range(number * A_SHARD, (number + 1) * A_SHARD):
                document = Document(f"x/{place:09}.txt", "x", title=f"Title {place}", text=f"Text {place:09}.")
                account.read(document, len(document.text))
                writer.write({**document.row(), "has_words": True})
                digests.append(f"{place % (different or documents):032x}")
        with TableWriter(shard / LEDGER, LEDGER_SCHEMA):
            pass
        numpy.save(shard / DIGESTS, digest_rows(digests))
        numpy.save(shard / SIGNATURES, numpy.zeros((A_SHARD, 1), numpy.uint32))
        (shard / MANIFEST).write_text(json.dumps({"documents": A_SHARD, "account": account.as_plain()}))
    found = {"plan": "p", "shards": documents // A_SHARD, "first": "x", "names": ["x"], "sources": [{"source": "x"}]}
    (folder / SHARDS).write_text(json.dumps({**found, "others": {}, "made": {}}))
    return folder


@pytest.mark.parametrize(
    "settings",
    [
        PLAIN,
        CorpusSettings(
            PLAIN.sources,
            exact_duplicates=False,
            near_duplicates=None,
            cleaning="classic",
            validation=ValidationSettings(by="characters"),
        ),
    ],
    ids=["by documents", "by characters"],
)
def test_memory_grows_by_some_numbers_a_document(tmp_path: Path, settings: CorpusSettings) -> None:
    peaks = []
    for documents in (2_000, 12_000):
        folder = annotated(tmp_path / str(documents), documents)
        gc.collect()
        tracemalloc.start()
        facts = decide(settings, folder, tmp_path / f"out{documents}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert 0.85 * documents < facts["documents"] < 0.95 * documents
    assert (peaks[1] - peaks[0]) / 10_000 < 120


def test_the_account_shows_the_first_of_many_clusters_and_members(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(deciding, "CLUSTERS_SHOWN", 3)
    monkeypatch.setattr(deciding, "MEMBERS_SHOWN", 2)
    settings = CorpusSettings((SourceSettings("x"),), near_duplicates=None)
    facts = decide(settings, annotated(tmp_path / "in", 1_000, different=100), tmp_path / "out")
    account = json.loads((tmp_path / "out" / "account.json").read_text())
    assert facts["documents"] == 100 == account["clusters_found"]
    assert [(one["kept"], [row["id"] for row in one["dropped"]]) for one in account["clusters"]] == [
        (f"x/{number:09}.txt", [f"x/{number + 100:09}.txt", f"x/{number + 200:09}.txt"]) for number in range(3)
    ]
    assert account["clusters"][0]["title"] == "Title 0"
