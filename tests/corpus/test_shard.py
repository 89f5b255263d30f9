from __future__ import annotations

import numpy
import pytest

from groundup.corpus.settings import CorpusSettings, NearDuplicateSettings, SourceSettings
from groundup.corpus.shard import ShardSpec, run_shard
from groundup.store.fingerprint import folder_fingerprint
from groundup.store.tables import read_rows

SETTINGS = CorpusSettings((SourceSettings("x"),), near_duplicates=NearDuplicateSettings(permutations=16))


@pytest.fixture
def spec(tmp_path, input_file) -> ShardSpec:
    for name, text in (("a.txt", "some words\r\n"), ("b.txt", "?!"), ("c.txt", "")):
        (tmp_path / name).write_bytes(text.encode())
    files = tuple(input_file(tmp_path / name) for name in ("a.txt", "b.txt", "c.txt"))
    return ShardSpec(0, files, SETTINGS, tmp_path / "work" / "00000")


def test_a_shard_has_documents_with_signals_and_a_ledger(spec) -> None:
    manifest = run_shard(spec)
    rows = list(read_rows(spec.into / "documents.parquet"))
    # What is too short stays here: a threshold takes it, and may be changed.
    assert [(row["id"], row["has_words"]) for row in rows] == [
        ("source/a.txt", True),
        ("source/b.txt", False),
        ("source/c.txt", False),
    ]
    assert numpy.load(spec.into / "digests.npy").shape == (3, 2)
    assert numpy.load(spec.into / "signatures.npy").shape == (3, 16)
    assert [row["rule"] for row in read_rows(spec.into / "ledger.parquet")] == ["line endings"]
    assert manifest["documents"] == 3
    assert manifest["account"]["sources"]["source"]["documents_read"] == 3


def test_a_finished_shard_is_not_read_again_and_a_damaged_one_is(spec) -> None:
    run_shard(spec)
    before = folder_fingerprint(spec.into)
    (spec.files[0].path).write_text("other words")
    run_shard(spec)
    assert folder_fingerprint(spec.into) == before
    (spec.into / "documents.parquet").write_bytes(b"half")
    run_shard(spec)
    assert next(read_rows(spec.into / "documents.parquet"))["text"] == "other words"
