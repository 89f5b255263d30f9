from __future__ import annotations

import json
from dataclasses import replace

import numpy
import pytest

from groundup.corpus.decided import NAMES, NEAR, write_training
from groundup.corpus.duplicates.clusters import FILE, MEMBER
from groundup.corpus.names import write_names
from groundup.corpus.settings import CorpusSettings, NearDuplicateSettings, SourceSettings
from groundup.corpus.shard import JudgeSpec, ShardSpec, WriteSpec, judge_shard, run_shard, write_shard
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
    assert judge_shard(JudgeSpec(spec.into, SETTINGS)) == [2]
    assert judge_shard(JudgeSpec(spec.into, replace(SETTINGS, minimum_characters=3))) == [1, 2]


def test_a_finished_shard_is_not_read_again_and_a_damaged_one_is(spec) -> None:
    run_shard(spec)
    before = folder_fingerprint(spec.into)
    (spec.files[0].path).write_text("other words")
    run_shard(spec)
    assert folder_fingerprint(spec.into) == before
    (spec.into / "documents.parquet").write_bytes(b"half")
    run_shard(spec)
    assert next(read_rows(spec.into / "documents.parquet"))["text"] == "other words"


def test_writing_drops_splits_and_keeps_the_ledger(spec, tmp_path) -> None:
    run_shard(spec)
    out, work = tmp_path / "out", tmp_path / "decided"
    (work / NEAR.folder).mkdir(parents=True)
    out.mkdir()
    # The second of three is like the first, of which four characters train.
    numpy.save(work / NEAR.folder / FILE, numpy.array([(0, 0, 2, 1.0), (1, 0, 2, 0.9)], MEMBER), allow_pickle=False)
    write_names([(0, ("source/a.txt", "A"))], work / NAMES)
    write_training(work, numpy.array([0]), numpy.array([4]))
    written = write_shard(WriteSpec(0, spec.into, 0, 3, SETTINGS, {"source": 2.0}, work, out))
    assert [(row["text"], row["times"]) for row in read_rows(out / "train")] == [("some", 2)]
    assert [(row["text"], row["times"]) for row in read_rows(out / "validation")] == [(" words\n", 1)]
    rows = list(read_rows(out / "ledger"))
    assert [(row["rule"], row["cluster"], row["value"], row["sample"]) for row in rows] == [
        ("line endings", "", 1.0, ""),
        ("near duplicates", "source/a.txt", 0.9, "much like A"),
        ("minimum characters", "", 0.0, ""),
    ]
    train = {"documents": 1, "characters": 4, "bytes": 4, "original_bytes": 4, "characters_seen": 8}
    assert written["parts"]["train"] == train
    # The carriage return fell to the rest, and the text too short to stay to none.
    rest = {"documents": 1, "characters": 7, "bytes": 7, "original_bytes": 8, "characters_seen": 7}
    assert written["parts"]["validation"] == rest
    assert json.loads(json.dumps(written)) == written
