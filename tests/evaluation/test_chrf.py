from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup import __version__
from groundup.errors import GroundupError
from groundup.evaluation.chrf import chrf, chrf_of, chrf_statistics

PIECES = [*"ab12.,-'(\")é😀\n\u00a0语", " ", " ", "the ", "cat ", "(hi) ", "3.5 "]


def some_text(draws: random.Random) -> str:
    return "".join(draws.choices(PIECES, k=draws.choice([0, 1, 3, 9, 25])))


def some_corpus(draws: random.Random) -> tuple[list[str], list[list[str]]]:
    count, several = draws.randint(1, 3), draws.randint(1, 3)
    hypotheses = [some_text(draws) for _ in range(count)]
    references = [
        [text[: draws.choice([0, 5, 60])] + some_text(draws) * draws.randint(0, 1) for _ in range(several)]
        for text in hypotheses
    ]
    return hypotheses, references


@pytest.mark.parametrize("word_order", [0, 2])
def test_sacrebleu_agrees_on_1000_corpora(word_order: int) -> None:
    metrics = pytest.importorskip("sacrebleu.metrics")
    draws, scores = random.Random(2 + word_order), []
    for _ in range(1000):
        hypotheses, references = some_corpus(draws)
        streams = [list(stream) for stream in zip(*references, strict=True)]
        peer = metrics.CHRF(word_order=word_order)
        theirs = peer.corpus_score(hypotheses, streams)
        ours = chrf(hypotheses, references, word_order=word_order)
        assert ours.score == pytest.approx(theirs.score, abs=1e-9), (hypotheses, references)
        scores.append(ours.score)
    assert ours.name == theirs.name
    signature = str(peer.get_signature()).rpartition("|version:")[0]
    assert ours.signature == f"{signature}|version:groundup-{__version__}"
    assert sum(1 < score < 99 for score in scores) > 300


def test_a_score_worked_out_by_hand() -> None:
    # "abc" for "abd": of characters 2 of 3 match, of pairs 1 of 2, of threes 0 of 1, and there are no longer ones.
    assert chrf(["abc"], ["abd"]).score == pytest.approx(100 * (2 / 3 + 1 / 2 + 0) / 3)
    # "ab" for "abcd": precision 1 for both orders; recall 2/4 and 1/3; what is longer has no precision.
    recall = (2 / 4 + 1 / 3) / 2
    assert chrf(["ab"], ["abcd"]).score == pytest.approx(100 * 5 * recall / (4 + recall))


def test_words_are_parted_from_one_mark_only() -> None:
    # Of "(hi)" only the last mark is parted, of "(hi" the first: words (hi ) against ( hi.
    statistics = chrf_statistics(["(hi)"], ["(hi"], word_order=2)[0]
    assert statistics[18:].tolist() == [2, 2, 0, 1, 1, 0]


@given(st.text("ab é.", max_size=12), st.text("ab é.", max_size=12))
def test_white_space_is_no_matter(hypothesis: str, reference: str) -> None:
    spaced = " \n".join(hypothesis)
    assert chrf([hypothesis], [reference]).score == chrf([spaced], [reference]).score


def test_what_is_perfect_has_100_and_what_is_empty_0() -> None:
    assert chrf(["A man, a plan."], ["A man, a plan."], word_order=2).score == pytest.approx(100)
    assert chrf([""], ["a"]).score == chrf(["a"], [""]).score == chrf([""], [""]).score == 0


def test_many_corpora_are_scored_at_once() -> None:
    corpora = [some_corpus(random.Random(seed)) for seed in range(20)]
    sums = np.stack([chrf_statistics(*corpus).sum(0) for corpus in corpora])
    assert chrf_of(sums) == pytest.approx([chrf(*corpus).score for corpus in corpora])


def test_what_does_not_match_is_an_error() -> None:
    with pytest.raises(GroundupError, match="2 translations and references for 1 sentences"):
        chrf(["a", "b"], ["a"])
