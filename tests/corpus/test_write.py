from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy
import pytest

from groundup.corpus.decided import NAMES, NEAR, write_training
from groundup.corpus.duplicates.clusters import FILE, MEMBER
from groundup.corpus.names import write_names
from groundup.corpus.settings import CorpusSettings, NearDuplicateSettings, SourceSettings
from groundup.corpus.shard import MANIFEST, ShardSpec, run_shard
from groundup.corpus.write import JudgeSpec, WriteSpec, judge_shard, write_shard
from groundup.store.tables import read_rows

SETTINGS = CorpusSettings((SourceSettings("x"),), near_duplicates=NearDuplicateSettings(permutations=16))


@pytest.fixture
def shard(tmp_path, input_file) -> Path:
    for name, text in (("a.txt", "some words\r\n"), ("b.txt", "?!"), ("c.txt", "")):
        (tmp_path / name).write_bytes(text.encode())
    files = tuple(input_file(tmp_path / name) for name in ("a.txt", "b.txt", "c.txt"))
    spec = ShardSpec(0, files, SETTINGS, tmp_path / "work" / "00000")
    run_shard(spec)
    return spec.into


def test_judging_gives_the_numbers_of_those_that_go(shard) -> None:
    assert judge_shard(JudgeSpec(shard, SETTINGS)).tolist() == [2]
    assert judge_shard(JudgeSpec(shard, replace(SETTINGS, minimum_characters=3))).tolist() == [1, 2]


def test_writing_drops_splits_and_keeps_the_ledger(shard, tmp_path) -> None:
    out, work = tmp_path / "out", tmp_path / "decided"
    (work / NEAR.folder).mkdir(parents=True)
    out.mkdir()
    # The second of three is like the first, of which four characters train.
    numpy.save(work / NEAR.folder / FILE, numpy.array([(0, 0, 2, 1.0), (1, 0, 2, 0.9)], MEMBER), allow_pickle=False)
    write_names([(0, ("source/a.txt", "A"))], work / NAMES)
    write_training(work, numpy.array([0]), numpy.array([4]))
    written = write_shard(WriteSpec(0, shard, 0, 3, SETTINGS, {"source": 2.0}, work, out))
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
    counts = written["account"]["sources"]["source"]
    assert (counts["documents_read"], counts["documents_kept"], counts["documents_dropped"]) == (3, 1, 2)
    assert json.loads(json.dumps(written)) == written


def test_a_shard_that_does_not_add_up_ends_the_work(shard, tmp_path) -> None:
    manifest = json.loads((shard / MANIFEST).read_text())
    manifest["account"]["sources"]["source"]["documents_read"] += 1
    (shard / MANIFEST).write_text(json.dumps(manifest))
    (tmp_path / "out").mkdir()
    work = tmp_path / "decided"
    write_names([], work / NAMES)
    write_training(work, numpy.array([0, 1]), numpy.array([9, 9]))
    with pytest.raises(AssertionError, match="documents of source do not add up"):
        write_shard(WriteSpec(0, shard, 0, 3, SETTINGS, {}, work, tmp_path / "out"))
