from __future__ import annotations

import math
import random
import time
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup import __version__
from groundup.errors import GroundupError
from groundup.evaluation.bleu import bleu, bleu_of, bleu_parts, bleu_statistics, tokens_13a

PIECES = [*"ab1 2.,-'&<>é😀\n\u00a0;_语", "&amp;", "&lt;", "<skipped>", "-\n", "the ", "cat ", "3.5 ", "1,000", "..."]


def some_text(draws: random.Random) -> str:
    return "".join(draws.choices(PIECES, k=draws.choice([0, 1, 3, 9, 25])))


def some_corpus(draws: random.Random) -> tuple[list[str], list[list[str]]]:
    """Hypotheses and, for each, one to three references that often begin alike; some of either are empty."""
    count, several = draws.randint(1, 4), draws.randint(1, 3)
    hypotheses = [some_text(draws) for _ in range(count)]
    references = [
        [text[: draws.choice([0, 5, 60])] + some_text(draws) * draws.randint(0, 1) for _ in range(several)]
        for text in hypotheses
    ]
    return hypotheses, references


def streams(references: list[list[str]]) -> list[list[str]]:
    """As sacreBLEU wants them: all first references, then all second ones."""
    return [list(stream) for stream in zip(*references, strict=True)]


def test_sacrebleu_agrees_on_1000_corpora() -> None:
    metrics = pytest.importorskip("sacrebleu.metrics")
    draws, scores = random.Random(1), []
    for _ in range(1000):
        hypotheses, references = some_corpus(draws)
        peer = metrics.BLEU().corpus_score(hypotheses, streams(references))
        ours = bleu(hypotheses, references)
        parts = bleu_parts(ours.statistics.sum(0))
        assert ours.score == pytest.approx(peer.score, abs=1e-9), (hypotheses, references)
        assert parts.precisions == pytest.approx(peer.precisions, abs=1e-9)
        assert parts.brevity_penalty == pytest.approx(peer.bp, abs=1e-9)
        assert (parts.hypothesis_length, parts.reference_length) == (peer.sys_len, peer.ref_len)
        scores.append(ours.score)
    # The cases are worth something: not all are 0 or 100.
    assert sum(1 < score < 99 for score in scores) > 300


def test_sacrebleu_has_the_same_signature() -> None:
    metrics = pytest.importorskip("sacrebleu.metrics")
    for references in (["a b", "c"], [["a", "b"], ["c", "d"]]):
        peer = metrics.BLEU()
        peer.corpus_score(["a", "c"], streams([[each] if isinstance(each, str) else each for each in references]))
        theirs = str(peer.get_signature()).rpartition("|version:")[0]
        assert bleu(["a", "c"], references).signature == f"{theirs}|version:groundup-{__version__}"


@given(st.text(st.sampled_from("".join(PIECES)), max_size=30) | st.text(max_size=30))
def test_sacrebleu_has_the_same_tokens(text: str) -> None:
    tokenizer = pytest.importorskip("sacrebleu.tokenizers.tokenizer_13a").Tokenizer13a()
    assert tokens_13a(text) == tokenizer(text.rstrip()).split()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        ("Hello, world.", ["Hello", ",", "world", "."]),
        ("It's 1,000.5 km/h!", ["It's", "1,000.5", "km", "/", "h", "!"]),
        ("a well-known 10-year-old", ["a", "well-known", "10", "-", "year-old"]),
        ("Fish &amp; chips &lt;3", ["Fish", "&", "chips", "<", "3"]),
        ("Groß，ja。", ["Groß，ja。"]),
        ("hyphen-\nated", ["hyphenated"]),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert tokens_13a(text) == tokens


def test_matches_are_clipped_as_in_the_paper() -> None:
    """Papineni et al., section 2.1: "the" seven times has a precision of 2/7, for no reference has it thrice."""
    parts = bleu_parts(
        bleu_statistics(["the the the the the the the"], [["The cat is on the mat", "the cat and the dog"]])[0]
    )
    assert parts.precisions[0] == pytest.approx(100 * 2 / 7)


def test_what_is_perfect_has_100_and_what_is_short_is_marked_down() -> None:
    reference = "a b c d e f g h"
    assert bleu([reference], [reference]).score == pytest.approx(100)
    assert bleu(["a b c d"], [reference]).score == pytest.approx(100 * math.exp(1 - 8 / 4))
    assert bleu([reference.upper()], [reference]).score == 0


def test_each_order_without_a_match_counts_half_of_the_one_before() -> None:
    # Four tokens, all in the reference, no two in a row: 4/4, then 0/3, 0/2 and 0/1 smoothed.
    expected = 100 * (1 * 1 / (2 * 3) * 1 / (4 * 2) * 1 / (8 * 1)) ** (1 / 4)
    assert bleu(["a b c d"], ["d c b a"]).score == pytest.approx(expected)


def test_a_corpus_is_the_sum_of_its_sentences_and_many_are_scored_at_once() -> None:
    hypotheses, references = zip(*(some_corpus(random.Random(seed)) for seed in range(20)), strict=True)
    statistics = [bleu_statistics(*corpus) for corpus in zip(hypotheses, references, strict=True)]
    sums = np.stack([each.sum(0) for each in statistics])
    assert bleu_of(sums) == pytest.approx([bleu(*each).score for each in zip(hypotheses, references, strict=True)])
    whole = bleu([*chain(*hypotheses)], [*chain(*references)])
    assert (whole.statistics.sum(0) == sums.sum(0)).all()
    assert whole.score == pytest.approx(float(bleu_of(sums.sum(0))))


def test_one_reference_may_stand_alone_and_numbers_may_differ() -> None:
    hypotheses = ["a b c d e", "f g h i"]
    plain = bleu(hypotheses, ["a b c d", "f g h i"])
    assert plain.score == bleu(hypotheses, [["a b c d"], ("f g h i",)]).score
    assert bleu(hypotheses, [["a b c d"], ["f g h i", "x"]]).signature.startswith("nrefs:var|")


@pytest.mark.parametrize(
    ("hypotheses", "references", "says"),
    [
        ([], [], "no translation"),
        (["a"], ["a", "b"], "1 translations and references for 2 sentences"),
        (["a", "b"], ["a", []], "Sentence 2 has no reference"),
    ],
)
def test_what_does_not_match_is_an_error(hypotheses: list[str], references: list[str], says: str) -> None:
    with pytest.raises(GroundupError) as caught:
        bleu(hypotheses, references)
    assert says in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("unit", ["a", " ", ".", ".,", "1-", "1.", "-\n", "&amp;", "<skipped"])
def test_no_text_makes_it_slow(unit: str) -> None:
    began = time.process_time()
    tokens_13a(unit * (100_000 // len(unit)))
    assert time.process_time() - began < 1
