from __future__ import annotations

import itertools
import random

import datasketch
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.corpus.duplicates import (
    Cluster,
    digest,
    exact_clusters,
    folded,
    near_clusters,
    rows_in_band,
    signature,
)
from groundup.corpus.settings import NearDuplicateSettings

STANDARD = NearDuplicateSettings()


def words(seed: int, count: int = 400) -> list[str]:
    return [f"w{number}" for number in random.Random(seed).choices(range(5000), k=count)]


def changed(text: list[str], share: float, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [word if chance.random() > share else f"x{chance.random()}" for word in text]


def jaccard(one: list[str], other: list[str], size: int) -> float:
    a, b = ({tuple(text[i : i + size]) for i in range(len(text) - size + 1)} for text in (one, other))
    return len(a & b) / len(a | b)


def test_a_digest_knows_the_text_and_not_its_spaces() -> None:
    assert digest("one two\n") == digest(" one\ttwo") == digest("one  two")
    assert digest("caf\u00e9") == digest("cafe\u0301")
    assert digest("one two") != digest("One two")


def test_the_estimate_is_as_good_as_theory_and_datasketch() -> None:
    ours, theirs = [], []
    for seed in range(30):
        one = words(seed)
        other = changed(one, 0.01 + seed / 200, seed)
        truth = jaccard(one, other, 5)
        mine = [signature(" ".join(text), STANDARD) for text in (one, other)]
        ours.append(float(numpy.mean(mine[0] == mine[1])) - truth)
        oracle = [datasketch.MinHash(128), datasketch.MinHash(128)]
        for sketch, text in zip(oracle, (one, other), strict=True):
            sketch.update_batch([" ".join(text[i : i + 5]).encode() for i in range(len(text) - 4)])
        theirs.append(oracle[0].jaccard(oracle[1]) - truth)
    # .044 is the largest standard error of 128 numbers; the mean of 30 has a fifth of it.
    assert abs(numpy.mean(ours)) < 0.03
    assert numpy.std(ours) < max(0.05, 1.3 * float(numpy.std(theirs)))


def test_a_signature_is_the_same_for_ever() -> None:
    found = signature("the same on every machine", STANDARD)
    assert found is not None
    assert found[:4].tolist() == GOLDEN


# Written down once: if this changes, corpora built before cannot be compared with new ones.
GOLDEN = [1391956979, 1113928607, 1171715985, 3631721076]


def test_a_text_without_words_has_no_signature_and_a_short_one_has() -> None:
    assert signature(" \n", STANDARD) is None
    assert signature("?!", STANDARD) is None
    assert signature("one", STANDARD) is not None
    assert signature("漢字", NearDuplicateSettings(unit="characters", shingle=5)) is not None


@given(st.lists(st.integers(0, 5), max_size=40))
def test_exact_clusters_keep_the_first_of_each(marks: list[int]) -> None:
    clusters = exact_clusters([str(mark) for mark in marks])
    dropped = {member for cluster in clusters for member in cluster.members if member != cluster.kept}
    left = [mark for number, mark in enumerate(marks) if number not in dropped]
    assert left == list(dict.fromkeys(marks))


def planted() -> tuple[list[list[str]], set[frozenset[int]]]:
    """120 texts: 40 originals, each followed by a near copy and by a text that shares some of it."""
    texts: list[list[str]] = []
    pairs: set[frozenset[int]] = set()
    for seed in range(40):
        original = words(seed)
        texts += [original, changed(original, 0.01, seed), changed(original, 0.3, seed + 1000)]
        pairs.add(frozenset((len(texts) - 3, len(texts) - 2)))
    return texts, pairs


def test_planted_near_duplicates_are_found_and_nothing_else() -> None:
    texts, pairs = planted()
    near = NearDuplicateSettings(threshold=0.7)
    signatures = numpy.array([signature(" ".join(text), near) for text in texts])
    clusters = near_clusters(signatures, [len(text) for text in texts], near)
    assert {frozenset(cluster.members) for cluster in clusters} == pairs
    assert all(cluster.kept == cluster.members[0] for cluster in clusters)


def test_the_longest_stays_where_that_is_wished() -> None:
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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Haue I vpon the Iourney seene", "Have I upon the journey seen"),
        ("Doubtfull it stood", "Doubtful it stood"),
        ("His owne VVitte", "his own wit"),
        ("bloſſome", "blossom"),
        ("a Souldier, that haile!", "a souldier that hail"),
    ],
)
def test_old_and_new_spelling_fold_to_one(old: str, new: str) -> None:
    assert folded(old, True) == folded(new, True)
    assert folded(old, False) != folded(new, False)


def test_only_alike_words_fold_together() -> None:
    apart = ["hope", "hop up", "he", "the", "we", "be", "loud", "king", "queen", "1100", "10"]
    assert all(folded(one, True) != folded(other, True) for one, other in itertools.combinations(apart, 2))
