from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from groundup.errors import GroundupError
from groundup.evaluation.minimal_pairs import (
    Figures,
    Pair,
    evaluate_pairs,
    mean_accuracy,
    mean_interval,
    read_pairs,
    wilson,
)
from groundup.model.model import Model, build_model
from groundup.model.settings import ModelSettings
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

MakeModel = Callable[..., Model]
WriteFile = Callable[..., Path]


@pytest.fixture(scope="module")
def characters() -> Tokenizer:
    return train_tokenizer(["abcdef "], TokenizerSettings(kind="character"))


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    def call(*lines: object, name: str = "paradigm.jsonl") -> Path:
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return call


def row(good: str, bad: str, **more: str) -> dict[str, str]:
    return {"sentence_good": good, "sentence_bad": bad, **more}


def fond_of(characters: Tokenizer, letter: str) -> Model:
    """A model that holds `letter` to be likely everywhere, and all others alike."""
    model = build_model(
        ModelSettings(depth=1, width=16, heads=2, context=16, head_bias=True), characters.vocabulary, seed=1
    )
    assert model.head_bias is not None
    with torch.no_grad():
        model.head_bias[characters.encode(letter)[0]] = 3.0
    return model


def test_a_preference_is_found_and_a_tie_counts_half(characters: Tokenizer) -> None:
    paradigms = {
        "fond": [Pair("ab", "cb"), Pair("ca", "cd")],
        "averse": [Pair("cb", "ab")],
        "alike": [Pair("bc", "cb"), Pair("ab", "ab")],
        "mixed": [Pair("ab", "bb"), Pair("bc", "cb"), Pair("bc", "ac"), Pair("aa", "ab")],
    }
    found = evaluate_pairs(fond_of(characters, "a"), characters, paradigms, "causal", "causal")
    assert {name: (each.accuracy, each.ties) for name, each in found.items()} == {
        "fond": (1.0, 0),
        "averse": (0.0, 0),
        "alike": (0.5, 2),
        "mixed": (0.625, 1),
    }
    assert mean_accuracy(found) == pytest.approx((1 + 0 + 0.5 + 0.625) / 4)


@pytest.mark.parametrize("objective", ["spans", "sequence"])
def test_by_prefix_only_what_differs_is_written(random_model: MakeModel, characters: Tokenizer, objective: str) -> None:
    """Two sentences that share a beginning are compared by what follows; the order of a pair decides nothing else."""
    model = random_model(
        vocabulary=characters.vocabulary, encoder=("attention", "gelu"), decoder=("attention", "cross", "gelu")
    )
    pairs = [Pair("abcd", "abdc"), Pair("fa", "fb"), Pair("c d", "d c"), Pair("abc", "ab")]
    there = evaluate_pairs(model, characters, {"all": pairs}, "encoder_prefix", objective)["all"]
    back = evaluate_pairs(
        model, characters, {"all": [Pair(pair.bad, pair.good) for pair in pairs]}, "encoder_prefix", objective
    )["all"]
    assert there.ties == back.ties == 0
    assert there.right + back.right == len(pairs)


def test_pairs_are_read_by_paradigm_and_limited_in_each(write: WriteFile) -> None:
    write(row("a", "b", UID="one"), "", row("c", "d", UID="one"), row("e", "f", UID="two"), name="x.jsonl")
    folder = write(row("a b", "b a"), name="unnamed.jsonl").parent
    (folder / "README.txt").write_text("not of the pairs")
    assert read_pairs(folder) == {
        "unnamed": [Pair("a b", "b a")],
        "one": [Pair("a", "b"), Pair("c", "d")],
        "two": [Pair("e", "f")],
    }
    assert {name: len(pairs) for name, pairs in read_pairs(folder, 1).items()} == {"unnamed": 1, "one": 1, "two": 1}
    assert read_pairs(folder / "unnamed.jsonl") == {"unnamed": [Pair("a b", "b a")]}


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ('{"sentence_good": "a", ', "line 2 is not JSON"),
        ("[" * 100_000, "line 2 is not JSON"),
        ("[1, 2]", "line 2 is no JSON object"),
        ({"sentence_good": "a"}, "line 2 has no 'sentence_bad'"),
        ({"sentence_god": "a", "sentence_bad": "b"}, "Did you mean 'sentence_god'"),
        ({"sentence_good": 1, "sentence_bad": "b"}, "line 2: 'sentence_good' holds no sentence"),
        ({"sentence_good": "a", "sentence_bad": " "}, "line 2: 'sentence_bad' holds no sentence"),
    ],
)
def test_a_bad_line_is_named(write: WriteFile, line: object, part: str) -> None:
    with pytest.raises(GroundupError) as caught:
        read_pairs(write(row("a", "b"), line))
    assert "paradigm.jsonl" in str(caught.value)
    assert part in str(caught.value)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_bytes(json.dumps(row("a", "b")).encode() + b"\n\xff\n")
    with pytest.raises(GroundupError, match=r"bad\.jsonl, line 2: the byte 0xff"):
        read_pairs(tmp_path)


def test_no_pairs_are_an_error(tmp_path: Path, write: WriteFile) -> None:
    for path in (write("", ""), tmp_path):
        with pytest.raises(GroundupError, match="BLiMP"):
            read_pairs(path)
    with pytest.raises(GroundupError, match="cannot be read"):
        read_pairs(tmp_path / "none.jsonl")


def test_a_sentence_beyond_the_learned_positions_is_an_error(random_model: MakeModel, characters: Tokenizer) -> None:
    model = random_model(vocabulary=characters.vocabulary, positions="learned", context=8)
    evaluate_pairs(model, characters, {"short": [Pair("abcdef", "fedcba")]}, "causal", "causal")
    with pytest.raises(GroundupError, match=r"long comes to 9 tokens.* 8 "):
        evaluate_pairs(model, characters, {"long": [Pair("abcdefa", "a")]}, "causal", "causal")


def test_an_interval_holds_what_other_draws_would_give() -> None:
    # Wilson's intervals, worked out by hand from z = 1.96: 8 of 10, and all of 10.
    assert wilson(0.8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(1.0, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    figures = {"one": Figures(7, 2, 10), "two": Figures(3, 0, 10)}
    assert figures["one"].interval == wilson(0.8, 10)
    # Paradigms of equal length are as many pairs as there are; short ones weigh on the mean.
    assert mean_interval(figures) == pytest.approx(wilson(0.55, 20))
    low, high = mean_interval({**figures, "three": Figures(1, 0, 2)})
    assert high - low > mean_interval(figures)[1] - mean_interval(figures)[0]
    draws = np.random.default_rng(1).binomial(400, 0.3, 2000) / 400
    held = [low <= 0.3 <= high for low, high in (wilson(share, 400) for share in draws)]
    assert 0.93 < np.mean(held) < 0.97


def test_progress_counts_all_pairs(random_model: MakeModel, characters: Tokenizer) -> None:
    told: list[tuple[str, float, float | None]] = []
    paradigms = {"one": [Pair("a", "b"), Pair("ab", "b")], "two": [Pair("a", "bc")]}
    evaluate_pairs(
        random_model(vocabulary=characters.vocabulary),
        characters,
        paradigms,
        "causal",
        "causal",
        lambda what, done=0, total=None: told.append((what, done, total)),
    )
    assert told[-1] == ("scoring causal", 3, 3)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_the_published_files_are_read_as_they_are(shared_data: Path) -> None:
    paradigms = read_pairs(shared_data / "blimp", 3)
    assert len(paradigms) == 10
    assert paradigms["adjunct_island"][0] == Pair(
        "Who should Derek hug after shocking Richard?", "Who should Derek hug Richard after shocking?"
    )
