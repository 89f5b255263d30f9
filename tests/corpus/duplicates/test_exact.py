from __future__ import annotations

import tempfile
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.duplicates import digest, digest_rows, exact_clusters, find_exact
from groundup.errors import DamagedError


@effort(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 5), max_size=40))
def test_exact_clusters_keep_the_first_of_each(marks: list[int]) -> None:
    clusters = exact_clusters([str(mark) for mark in marks])
    dropped = {member for cluster in clusters for member in cluster.members if member != cluster.kept}
    left = [mark for number, mark in enumerate(marks) if number not in dropped]
    assert left == list(dict.fromkeys(marks))


@effort(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.integers(0, 5), max_size=12), min_size=1, max_size=5), st.integers(1, 40))
def test_shards_and_memory_change_nothing(shards: list[list[int]], at_once: int) -> None:
    marks = [[digest(str(mark)) for mark in shard] for shard in shards]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.npy" for number in range(len(shards))]
        for file, some in zip(files, marks, strict=True):
            numpy.save(file, digest_rows(some))
        found = find_exact(files, Path(folder) / "clusters", at_once=at_once)
        assert list(found) == exact_clusters([mark for some in marks for mark in some])
        assert [path.name for path in Path(folder).iterdir() if path.suffix != ".npy"] == ["clusters"]


def test_a_file_that_holds_no_digests_is_named(tmp_path: Path) -> None:
    file = tmp_path / "digests.npy"
    numpy.save(file, numpy.zeros((3, 4), numpy.uint64))
    with pytest.raises(DamagedError, match=r"digests\.npy"):
        find_exact([file], tmp_path / "clusters")
    assert not (tmp_path / "clusters").exists()
