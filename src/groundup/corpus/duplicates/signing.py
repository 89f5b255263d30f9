"""What a text is known by: a digest for what is the same, a MinHash signature for what is nearly the same.

Signatures come from numpy alone, by rules written out here, so that they are the same on every machine and in
every version of any library.
"""

from __future__ import annotations

import hashlib
import re
import threading
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy
from numpy.typing import NDArray

from groundup.corpus.settings import NearDuplicateSettings

Signature = NDArray[numpy.uint32]
Hashes = NDArray[numpy.uint64]

# Values that fit a core's cache.
VALUES_AT_ONCE = 65_536

_WORD = re.compile(r"\w+")
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
    hashes = shingle_hashes(_units(text, settings), settings.shingle)
    if len(hashes) == 0:
        return None
    lowest = numpy.full(settings.permutations, numpy.iinfo(numpy.uint64).max)
    factors, offsets = _permutations(settings.permutations)
    # New memory for each product would cost five times what the arithmetic does, in page faults.
    room = _workspace(threading.get_ident())
    for begin in range(0, len(hashes), VALUES_AT_ONCE):
        some = hashes[begin : begin + VALUES_AT_ONCE]
        # Short texts take all functions in one go, long ones each in turn.
        together = VALUES_AT_ONCE // len(some)
        for start in range(0, settings.permutations, together):
            few = slice(start, start + together)
            values = room[: len(factors[few]) * len(some)].reshape(-1, len(some))
            numpy.multiply(some, factors[few, None], out=values)
            numpy.add(values, offsets[few, None], out=values)
            numpy.minimum(lowest[few], values.min(axis=1), out=lowest[few])
    return (lowest >> numpy.uint64(32)).astype(numpy.uint32)


def digest_rows(digests: Sequence[str]) -> Hashes:
    """[documents, 2] The first 16 bytes of each text's `digest`, as a shard keeps them on disk."""
    data = b"".join(bytes.fromhex(mark)[:16] for mark in digests)
    return numpy.frombuffer(data, ">u8").astype(numpy.uint64).reshape(-1, 2)


def folded(text: str, fold_spelling: bool) -> str:
    """The text in small letters without punctuation; with `fold_spelling`, old and new English spelt alike."""
    return _NOT_WORD.sub(" ", _spelt(text, fold_spelling)).strip()


def _spelt(text: str, fold_spelling: bool) -> str:
    text = text.lower()
    if fold_spelling:
        text = text.replace("vv", "w").translate(_OLD_LETTERS)
        text = _FINAL_E.sub("", _DOUBLED.sub(r"\1", text))
    return text


def _units(text: str, settings: NearDuplicateSettings) -> Hashes:
    """[units] A number for every word or character of the text that `folded` makes."""
    if settings.unit == "words":
        # The words that `folded` leaves between its spaces, in half the time.
        return word_hashes(_WORD.findall(_spelt(text, settings.fold_spelling)))
    return character_hashes(folded(text, settings.fold_spelling))


def word_hashes(words: Iterable[str]) -> Hashes:
    """[words] A number for each word, the same on every machine."""
    return numpy.fromiter(map(_word_hash, words), numpy.uint64)


def character_hashes(text: str) -> Hashes:
    """[characters] A number for each character: its place in Unicode."""
    return numpy.frombuffer(text.encode("utf-32-le"), "<u4").astype(numpy.uint64)


def shingle_hashes(units: Hashes, size: int) -> Hashes:
    """[shingles] The hash of every run of `size` units; fewer units are one shingle, none are none."""
    if len(units) == 0:
        return units
    size = min(size, len(units))
    count = len(units) - size + 1
    hashes = numpy.zeros(count, numpy.uint64)
    for place in range(size):
        hashes = mixed(hashes, units[place : place + count])
    return hashes


def mixed(hashes: Hashes, more: Hashes | Signature) -> Hashes:
    """Hashes of sequences, each made one number longer."""
    values: Hashes = (hashes + more) * _SPREAD
    # Multiplying carries bits upwards only; the shift brings them down again.
    return values ^ (values >> _SHIFT)


@lru_cache(maxsize=8)
def _workspace(thread: int) -> Hashes:
    """Room for products that is used again and again, by one thread."""
    return numpy.empty(VALUES_AT_ONCE, numpy.uint64)


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
