from __future__ import annotations

import random
import time
import zlib
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.evaluation.bleu import bleu_of, bleu_statistics
from groundup.evaluation.writing import (
    compression_ratio,
    distinct,
    diversity,
    longest_repeat,
    repeated_share,
    self_bleu,
)


def test_distinct_ngrams_are_counted_over_all_texts() -> None:
    texts = [["a", "b", "a", "b"], ["b", "a"]]
    assert distinct(texts, 1) == 2 / 6
    assert distinct(texts, 2) == 2 / 6
    assert distinct([["a"]], 2) == distinct([], 1) == 0


def test_repeated_share() -> None:
    assert repeated_share(["a", "b", "a", "b", "a", "b"], 2) == pytest.approx(1 - 2 / 5)
    assert repeated_share(["a", "b", "c"], 2) == repeated_share(["a"], 2) == 0


@given(st.text("ab", max_size=40) | st.text(max_size=20))
def test_the_longest_repeat_is_what_looking_at_all_pairs_finds(text: str) -> None:
    longest = 0
    for one, other in combinations(range(len(text)), 2):
        length = 0
        while other + length < len(text) and text[one + length] == text[other + length]:
            length += 1
        longest = max(longest, length)
    assert longest_repeat(text) == longest


@pytest.mark.parametrize("text", ["a" * 100_000, "ab" * 50_000, "".join(random.Random(1).choices("abcd", k=100_000))])
def test_no_text_makes_the_longest_repeat_slow(text: str) -> None:
    began = time.process_time()
    longest_repeat(text)
    assert time.process_time() - began < 3


def test_the_compression_ratio_is_gzips() -> None:
    text = "to be or not to be, " * 50
    packed = zlib.compressobj(9, wbits=31)
    size = len(packed.compress(text.encode()) + packed.flush())
    assert compression_ratio([text]) == pytest.approx(len(text) / size)
    assert compression_ratio([text]) > compression_ratio(["".join(map(chr, range(32, 1032)))])
    assert compression_ratio(["\ud800"]) > 0


TEXT = st.lists(st.sampled_from(["a", "b", "c", "d", "a,", "the"]), max_size=12).map(" ".join)


@given(st.lists(TEXT, min_size=2, max_size=6))
def test_self_bleu_is_the_mean_of_each_against_all_others(texts: list[str]) -> None:
    """Spelled out, with the others really given as references."""
    scores = [
        float(bleu_of(bleu_statistics([text], [[*texts[:place], *texts[place + 1 :]]])[0]))
        for place, text in enumerate(texts)
    ]
    assert self_bleu(texts) == pytest.approx(sum(scores) / len(scores), abs=1e-9)


def test_self_bleu_tells_alike_from_unlike() -> None:
    assert self_bleu(["a b c d e"] * 3) == pytest.approx(100)
    assert self_bleu(["a b c d e", "f g h i j"]) == 0


def test_self_bleu_of_many_texts_is_quick() -> None:
    texts = [" ".join(random.Random(seed).choices("abcdefghij", k=40)) for seed in range(500)]
    began = time.process_time()
    self_bleu(texts)
    assert time.process_time() - began < 2


def test_all_figures_at_once() -> None:
    found = diversity(["one two three four one two three four", "five six"])
    assert found["distinct_1"] == 6 / 10
    assert found["repeated_4"] == pytest.approx((1 - 4 / 5) / 2)
    assert found["longest_repeat"] == 4
    assert set(found) == {
        *(f"distinct_{order}" for order in (1, 2, 3)),
        "repeated_4",
        "longest_repeat",
        "compression_ratio",
        "self_bleu",
    }
    assert "self_bleu" not in diversity(["one two"])


@pytest.mark.parametrize("texts", [[], [""], [" ", "\n"]])
def test_no_words_are_an_error(texts: list[str]) -> None:
    with pytest.raises(GroundupError, match="no words to measure"):
        diversity(texts)
