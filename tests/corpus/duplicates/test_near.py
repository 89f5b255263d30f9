from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.duplicates import (
    Cluster,
    buckets,
    find_near,
    near,
    near_clusters,
    rows_in_band,
    signature,
)
from groundup.corpus.settings import NearDuplicateSettings
from groundup.errors import DamagedError, GroundupError

STANDARD = NearDuplicateSettings()


Words = Callable[[int], list[str]]
Changed = Callable[[list[str], float, int], list[str]]


def planted(words: Words, changed: Changed) -> tuple[list[list[str]], set[frozenset[int]]]:
    """120 texts: 40 originals, each followed by a near copy and by a text that shares some of it."""
    texts: list[list[str]] = []
    pairs: set[frozenset[int]] = set()
    for seed in range(40):
        original = words(seed)
        texts += [original, changed(original, 0.01, seed), changed(original, 0.3, seed + 1000)]
        pairs.add(frozenset((len(texts) - 3, len(texts) - 2)))
    return texts, pairs


def test_planted_near_duplicates_are_found_and_nothing_else(words: Words, changed: Changed) -> None:
    texts, pairs = planted(words, changed)
    near = NearDuplicateSettings(threshold=0.7)
    signatures = numpy.array([signature(" ".join(text), near) for text in texts])
    clusters = near_clusters(signatures, [len(text) for text in texts], near)
    assert {frozenset(cluster.members) for cluster in clusters} == pairs
    assert all(cluster.kept == cluster.members[0] for cluster in clusters)


def test_the_longest_stays_where_that_is_wished(words: Words) -> None:
    near = NearDuplicateSettings(threshold=0.7, keep="longest")
    text = words(1)
    versions = [text[:-20], text, text[:-10], text[10:]]
    signatures = numpy.array([signature(" ".join(one), near) for one in versions])
    (cluster,) = near_clusters(signatures, [len(one) for one in versions], near)
    assert isinstance(cluster, Cluster)
    assert (cluster.kept, cluster.members) == (1, (0, 1, 2, 3))
    assert cluster.similarity[1] == 1


def test_many_copies_are_one_cluster_and_take_no_quadratic_time() -> None:
    signatures = numpy.array([signature("the very same words in every one", STANDARD)] * 5000)
    (cluster,) = near_clusters(signatures, [1] * 5000, STANDARD)
    assert len(cluster.members) == 5000


@pytest.mark.parametrize("threshold", [0.1, 0.25, 0.5, 0.8, 0.95, 1.0])
@pytest.mark.parametrize("permutations", [64, 128, 256])
def test_pairs_at_the_threshold_meet(threshold: float, permutations: int) -> None:
    rows = rows_in_band(permutations, threshold)
    met = 1 - (1 - threshold**rows) ** (permutations // rows)
    assert met >= 0.99 or rows == 1


def oracle(signatures: numpy.ndarray, lengths: list[int], settings: NearDuplicateSettings, large: int) -> list[Cluster]:
    """Every pair of every bucket, or of a large one the first and the one before, joined one by one."""
    group = {number: {number} for number in range(len(signatures))}
    rows = rows_in_band(settings.permutations, settings.threshold)
    for start in range(0, settings.permutations - rows + 1, rows):
        found = defaultdict(list)
        for number, mark in enumerate(signatures):
            found[tuple(mark[start : start + rows])].append(number)
        for bucket in found.values():
            for place in range(1, len(bucket)):
                for other in range(place) if len(bucket) <= large else {0, place - 1}:
                    pair = bucket[other], bucket[place]
                    if numpy.mean(signatures[pair[0]] == signatures[pair[1]]) >= settings.threshold:
                        both = group[pair[0]] | group[pair[1]]
                        for member in both:
                            group[member] = both
    clusters = []
    for first, members in ((min(one), sorted(one)) for one in {id(one): one for one in group.values()}.values()):
        if len(members) > 1:
            kept = first if settings.keep == "first" else max(members, key=lambda n: (lengths[n], -n))
            alike = tuple(float(numpy.mean(signatures[kept] == signatures[n])) for n in members)
            clusters.append(Cluster(kept, tuple(members), alike))
    return sorted(clusters, key=lambda cluster: cluster.members)


@st.composite
def corpora(draw: st.DrawFn) -> tuple[numpy.ndarray, list[int], list[int]]:
    """Signatures of families that drift apart, lengths, and where the shards are cut."""
    chance = random.Random(draw(st.integers(0, 10**6)))
    rows: list[list[int]] = []
    for _ in range(draw(st.sampled_from([0, 1, 10, 40]))):
        if rows and chance.random() < 0.8:
            row = list(chance.choice(rows))
            for _ in range(chance.choice([0, 1, 3, 4, 6])):
                row[chance.randrange(16)] = chance.randrange(3)
        else:
            row = [chance.randrange(2**32) for _ in range(16)]
        rows.append(row)
    lengths = [chance.randrange(4) for _ in rows]
    cuts = sorted(chance.randrange(len(rows) + 1) for _ in range(draw(st.integers(0, 4))))
    return numpy.array(rows, numpy.uint32).reshape(-1, 16), lengths, cuts


@effort(deadline=None, max_examples=60)
@given(
    corpora(),
    st.sampled_from([0.25, 0.5, 0.625, 0.75, 0.8]),
    st.sampled_from(["first", "longest"]),
    st.integers(1, 50),
    st.sampled_from([2, 3, 64]),
)
def test_shards_memory_and_batches_change_nothing(corpus, threshold, keep, at_once: int, large: int) -> None:
    signatures, lengths, cuts = corpus
    settings = NearDuplicateSettings(threshold=threshold, permutations=16, keep=keep)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(buckets, "FULLY_COMPARED", large)
        patch.setattr(near, "PAIRS_AT_ONCE", 3)
        files = []
        for number, some in enumerate(numpy.split(signatures, cuts)):
            files.append(Path(folder) / f"{number}.npy")
            numpy.save(files[-1], some)
        into = Path(folder) / "clusters"
        found = find_near(files, settings, into, numpy.array(lengths, numpy.int64), at_once=at_once)
        assert list(found) == oracle(signatures, lengths, settings, large)
        assert sorted(path.name for path in into.iterdir()) == ["clusters.npy"]
        assert found.rows["size"].tolist() == [
            len(cluster.members)
            for number in found.rows["member"].tolist()
            for cluster in found
            if number in cluster.members
        ]


def test_what_is_left_out_neither_stays_nor_joins(tmp_path: Path) -> None:
    # 1 is like 0 and like 2, which are not alike.
    signatures = numpy.zeros((3, 16), numpy.uint32)
    signatures[0, :6], signatures[2, 10:] = 1, 2
    settings = NearDuplicateSettings(threshold=0.6, permutations=16)
    numpy.save(tmp_path / "s.npy", signatures)
    everything = find_near([tmp_path / "s.npy"], settings, tmp_path / "all")
    assert [cluster.members for cluster in everything] == [(0, 1, 2)]
    assert everything.dropped_mask(3).tolist() == [False, True, True]
    assert everything.dropped(1, 2)["kept"].tolist() == [0]
    fewer = find_near([tmp_path / "s.npy"], settings, tmp_path / "some", leave_out=numpy.array([False, True, False]))
    assert list(fewer) == []


def test_a_shard_that_is_cut_short_is_named(tmp_path: Path) -> None:
    file = tmp_path / "signatures.npy"
    numpy.save(file, numpy.zeros((50, 128), numpy.uint32))
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(DamagedError, match=r"signatures\.npy"):
        find_near([file], STANDARD, tmp_path / "clusters")
    assert [path.name for path in tmp_path.iterdir()] == ["signatures.npy"]


def test_more_memory_than_is_allowed_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    numpy.save(tmp_path / "s.npy", numpy.zeros((3, 128), numpy.uint32))
    with pytest.raises(GroundupError, match=r"among 3 documents needs 48 MB of memory; 1 MB are allowed"):
        find_near([tmp_path / "s.npy"], STANDARD, tmp_path / "clusters", allowed=10**6)
    assert [path.name for path in tmp_path.iterdir()] == ["s.npy"]
