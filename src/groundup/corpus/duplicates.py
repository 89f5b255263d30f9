"""Exact and near duplicates: a digest and a MinHash signature for each text, then one pass over all of them.

Signatures come from numpy alone, by rules written out here, so that they are the same on every machine and in
every version of any library. Everything is in document order; neither workers nor hash seeds can change what
is kept.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy
from numpy.typing import NDArray

from groundup.corpus.settings import NearDuplicateSettings

Signature = NDArray[numpy.uint32]
Hashes = NDArray[numpy.uint64]

# Pairs at the threshold itself must meet in at least one band this often.
RECALL_AT_THRESHOLD = 0.99
# Values that fit a core's cache.
VALUES_AT_ONCE = 65_536
# Beyond this many texts in one bucket, each is held against the first and the one before only.
FULLY_COMPARED = 64

_NOT_WORD = re.compile(r"[^\w]+")
_DOUBLED = re.compile(r"([^\W\d_])\1+")
_FINAL_E = re.compile(r"\Be\b")
_OLD_LETTERS = str.maketrans("vjyſ", "uiis")
# An odd multiplier with well spread bits (2**64 divided by the golden ratio).
_SPREAD = numpy.uint64(0x9E3779B97F4A7C15)
_SHIFT = numpy.uint64(29)


def digest(text: str) -> str:
    """SHA-256 of the text with its white space evened and its characters composed (NFC)."""
    return hashlib.sha256(" ".join(unicodedata.normalize("NFC", text).split()).encode()).hexdigest()


def signature(text: str, settings: NearDuplicateSettings) -> Signature | None:
    """[permutations] The MinHash signature of a text; None for a text without a word.

    The share of equal numbers in two signatures estimates the Jaccard similarity of the texts' shingles
    (Broder 1997).
    """
    hashes = _shingles(folded(text, settings.fold_spelling), settings)
    if len(hashes) == 0:
        return None
    lowest = numpy.empty(settings.permutations, numpy.uint64)
    factors, offsets = _permutations(settings.permutations)
    # Short texts take all functions in one go, long ones each in turn: ten times quicker for a page than one by one.
    together = max(1, VALUES_AT_ONCE // len(hashes))
    for start in range(0, settings.permutations, together):
        few = slice(start, start + together)
        lowest[few] = (hashes * factors[few, None] + offsets[few, None]).min(axis=1)
    return (lowest >> numpy.uint64(32)).astype(numpy.uint32)


def folded(text: str, fold_spelling: bool) -> str:
    """The text in small letters without punctuation; with `fold_spelling`, old and new English spelt alike."""
    text = text.lower()
    if fold_spelling:
        text = text.replace("vv", "w").translate(_OLD_LETTERS)
        text = _FINAL_E.sub("", _DOUBLED.sub(r"\1", text))
    return _NOT_WORD.sub(" ", text).strip()


def _shingles(text: str, settings: NearDuplicateSettings) -> Hashes:
    """[shingles] The hash of every run of `shingle` units; a shorter text is one shingle."""
    if settings.unit == "words":
        units = numpy.fromiter(map(_word_hash, text.split()), numpy.uint64)
    else:
        units = numpy.frombuffer(text.encode("utf-32-le"), "<u4").astype(numpy.uint64)
    if len(units) == 0:
        return units
    size = min(settings.shingle, len(units))
    count = len(units) - size + 1
    hashes = numpy.zeros(count, numpy.uint64)
    for place in range(size):
        hashes = _mixed((hashes + units[place : place + count]) * _SPREAD)
    return hashes


def _mixed(values: Hashes) -> Hashes:
    # Multiplying carries bits upwards only; the shift brings them down again.
    return values ^ (values >> _SHIFT)


# More than the words of a shelf of novels, and bounded where "words" are whole paragraphs without spaces.
@lru_cache(maxsize=100_000)
def _word_hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")


@lru_cache(maxsize=4)
def _permutations(count: int) -> tuple[Hashes, Hashes]:
    """Factors (odd) and offsets of `count` functions x -> factor * x + offset modulo 2**64."""
    drawn = b"".join(hashlib.blake2b(f"permutation {n}".encode(), digest_size=16).digest() for n in range(count))
    numbers = numpy.frombuffer(drawn, "<u8").astype(numpy.uint64).reshape(count, 2)
    return numbers[:, 0] | numpy.uint64(1), numbers[:, 1]


@dataclass(frozen=True)
class Cluster:
    """Documents that are one text: `members` by number in order, `similarity` of each to the one that is `kept`."""

    kept: int
    members: tuple[int, ...]
    similarity: tuple[float, ...]


def exact_clusters(digests: Sequence[str]) -> list[Cluster]:
    """Documents with the same digest; the first of each is kept."""
    places: dict[str, list[int]] = {}
    for number, mark in enumerate(digests):
        places.setdefault(mark, []).append(number)
    return [Cluster(same[0], tuple(same), (1.0,) * len(same)) for same in places.values() if len(same) > 1]


def rows_in_band(permutations: int, threshold: float) -> int:
    """The most numbers a band may have so that pairs at the threshold still meet (1 - (1 - t^r)^(n/r) >= .99)."""
    fitting = [
        rows
        for rows in range(1, permutations + 1)
        if 1 - (1 - threshold**rows) ** (permutations // rows) >= RECALL_AT_THRESHOLD
    ]
    return max(fitting, default=1)


def near_clusters(signatures: Signature, lengths: Sequence[int], settings: NearDuplicateSettings) -> list[Cluster]:
    """Documents connected by pairs whose estimated similarity reaches the threshold.

    `signatures` is [documents, permutations], `lengths` the documents' characters. Of each cluster the first
    or the longest (and of equally long ones the first) is kept.
    """
    parents = list(range(len(signatures)))

    def root(number: int) -> int:
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    for one, other in _candidates(signatures, settings):
        first, second = root(one), root(other)
        if first != second and _similarity(signatures[one], signatures[other]) >= settings.threshold:
            parents[max(first, second)] = min(first, second)
    groups: dict[int, list[int]] = {}
    for number in range(len(signatures)):
        groups.setdefault(root(number), []).append(number)
    found = []
    for members in groups.values():
        if len(members) > 1:
            kept = members[0] if settings.keep == "first" else max(members, key=lambda n: (lengths[n], -n))
            alike = tuple(_similarity(signatures[kept], signatures[number]) for number in members)
            found.append(Cluster(kept, tuple(members), alike))
    return found


def _candidates(signatures: Signature, settings: NearDuplicateSettings) -> Iterator[tuple[int, int]]:
    """Pairs whose signatures agree in all numbers of at least one band."""
    rows = rows_in_band(settings.permutations, settings.threshold)
    for start in range(0, settings.permutations - rows + 1, rows):
        keys = numpy.zeros(len(signatures), numpy.uint64)
        for column in range(start, start + rows):
            keys = _mixed((keys + signatures[:, column]) * _SPREAD)
        order = numpy.argsort(keys, kind="stable")
        edges = numpy.flatnonzero(numpy.diff(keys[order])) + 1
        for bucket in numpy.split(order, edges):
            if len(bucket) > 1:
                yield from _pairs([int(number) for number in bucket])


def _pairs(bucket: list[int]) -> Iterator[tuple[int, int]]:
    for place in range(1, len(bucket)):
        others = range(place) if len(bucket) <= FULLY_COMPARED else sorted({0, place - 1})
        for other in others:
            yield bucket[other], bucket[place]


def _similarity(one: Signature, other: Signature) -> float:
    return float(numpy.mean(one == other))
