from __future__ import annotations

import itertools
from collections.abc import Callable

import datasketch
import numpy
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.duplicates import digest, digest_rows, folded, signature, signing
from groundup.corpus.settings import NearDuplicateSettings

STANDARD = NearDuplicateSettings()


def jaccard(one: list[str], other: list[str], size: int) -> float:
    a, b = ({tuple(text[i : i + size]) for i in range(len(text) - size + 1)} for text in (one, other))
    return len(a & b) / len(a | b)


def test_a_digest_knows_the_text_and_not_its_spaces() -> None:
    assert digest("one two\n") == digest(" one\ttwo") == digest("one  two")
    assert digest("caf\u00e9") == digest("cafe\u0301")
    assert digest("one two") != digest("One two")


def test_the_estimate_is_as_good_as_theory_and_datasketch(
    words: Callable[[int], list[str]], changed: Callable[[list[str], float, int], list[str]]
) -> None:
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


def oracle(text: str, settings: NearDuplicateSettings) -> list[int] | None:
    """A signature by whole numbers of Python, one shingle and one function at a time."""
    whole = 2**64
    plain = folded(text, settings.fold_spelling)
    if settings.unit == "words":
        units = [int(signing.word_hashes([word])[0]) for word in plain.split()]
    else:
        units = list(map(ord, plain))
    if not units:
        return None
    size = min(settings.shingle, len(units))
    hashes = []
    for start in range(len(units) - size + 1):
        value = 0
        for unit in units[start : start + size]:
            value = (value + unit) * 0x9E3779B97F4A7C15 % whole
            value ^= value >> 29
        hashes.append(value)
    factors, offsets = signing._permutations(settings.permutations)
    return [
        min((value * int(factor) + int(offset)) % whole for value in hashes) >> 32
        for factor, offset in zip(factors, offsets, strict=True)
    ]


@effort(deadline=None, max_examples=60)
@given(
    st.text(st.sampled_from("aAbé İßſ漢\u0301 \n.'_-0vVjyΣς"), max_size=80),
    st.sampled_from(["words", "characters"]),
    st.integers(1, 7),
    st.booleans(),
    st.sampled_from([3, 100, 65_536]),
)
def test_a_signature_is_what_plain_arithmetic_gives(text, unit, shingle, fold_spelling, at_once) -> None:
    settings = NearDuplicateSettings(unit=unit, shingle=shingle, permutations=17, fold_spelling=fold_spelling)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing, "VALUES_AT_ONCE", at_once)
        found = signature(text, settings)
    assert (None if found is None else found.tolist()) == oracle(text, settings)


def test_digests_are_kept_by_their_first_sixteen_bytes() -> None:
    marks = [digest(text) for text in ("one", "two", "one")]
    rows = digest_rows(marks)
    assert [f"{high:016x}{low:016x}" for high, low in rows.tolist()] == [mark[:32] for mark in marks]
    assert digest_rows([]).shape == (0, 2)
