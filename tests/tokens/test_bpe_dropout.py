from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import groundup
from groundup.errors import GroundupError
from groundup.tokens import bpe_dropout as module
from groundup.tokens.bpe_dropout import BpeDropout
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

WORDS = ["the lower newest widest lowest fox didn't jump over 12 lazy dogs <pad> <extra_0> 日本語 żółć \n\n"] * 5


def made(**values: object) -> Tokenizer:
    return train_tokenizer(WORDS, TokenizerSettings(vocabulary=340, sentinels=2, **values))  # type: ignore[arg-type]


TOKENIZER = made()


@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS[0].split(" "))).map(" ".join), st.integers())
@settings(max_examples=300, deadline=None)
def test_no_dropout_is_the_tokenizer_and_any_dropout_is_the_same_text(text: str, seed: int) -> None:
    assert BpeDropout(TOKENIZER, 0).encode(text, seed) == TOKENIZER.encode(text)
    ids = BpeDropout(TOKENIZER, 0.5).encode(text, seed)
    assert TOKENIZER.decode(ids) == TOKENIZER.decode(TOKENIZER.encode(text))
    assert len(ids) >= len(TOKENIZER.encode(text))
    # Nothing in a text becomes a special token (S7).
    assert all(token >= len(TOKENIZER.special_tokens) for token in ids)


def test_lower_case_is_kept() -> None:
    tokenizer = made(lower_case=True)
    assert BpeDropout(tokenizer, 0).encode("The LOWEST fox", 0) == tokenizer.encode("The LOWEST fox")


def test_real_text_is_cut_as_the_tokenizer_cuts_it(shared_data: Path) -> None:
    files = [shared_data / "multi30k" / f"val.{language}.gz" for language in ("en", "de")]
    texts = [line for file in files for line in gzip.decompress(file.read_bytes()).decode().splitlines(keepends=True)]
    tokenizer = train_tokenizer(texts, TokenizerSettings(vocabulary=3000))
    due = tokenizer.encode_batch(texts)
    assert BpeDropout(tokenizer, 0).encode_batch(texts, 0) == due
    assert sum(map(len, BpeDropout(tokenizer, 0.1).encode_batch(texts, 0))) > 1.1 * sum(map(len, due))


def by_the_book(word: list[str], ranks: dict[tuple[str, str], int], rate: float, draw: random.Random) -> list[str]:
    """Algorithm 1 of the paper, word for word."""
    while True:
        left = [(ranks[pair], i) for i, pair in enumerate(pairwise(word)) if pair in ranks and draw.random() >= rate]
        if not left:
            return word
        _, i = min(left)
        word = [*word[:i], word[i] + word[i + 1], *word[i + 2 :]]


def test_words_fall_apart_as_often_as_by_the_book() -> None:
    encoder, draw, word = BpeDropout(TOKENIZER, 0.2), random.Random(1), "lowest"
    model = json.loads(TOKENIZER._engine.to_str())["model"]
    ranks = {tuple(merge): rank for rank, merge in enumerate(model["merges"])}
    ours = Counter(tuple(map(TOKENIZER.name, encoder.encode(word, seed))) for seed in range(8000))
    due = Counter(tuple(by_the_book(list(word), ranks, 0.2, draw)) for _ in range(8000))
    assert len(due) == 6
    for cut, count in due.items():
        # Five standard errors of a difference of two counts.
        assert abs(ours[cut] - count) < 5 * (2 * count + 9) ** 0.5


def test_each_way_to_cut_a_word_is_as_likely_as_the_algorithm_makes_it() -> None:
    # One merge alone: left out with the rate, and then never asked about again.
    tokenizer = train_tokenizer(["ab " * 9], TokenizerSettings(vocabulary=262))
    assert len(tokenizer.encode("ab")) == 1
    encoder = BpeDropout(tokenizer, 0.3)
    lengths = Counter(len(encoder.encode("ab", seed)) for seed in range(4000))
    assert lengths[2] / 4000 == pytest.approx(0.3, abs=0.03)


def test_draws_follow_from_the_seed_and_the_place() -> None:
    encoder = BpeDropout(TOKENIZER, 0.3)
    texts = WORDS * 2
    batch = encoder.encode_batch(texts, 7)
    assert batch == BpeDropout(TOKENIZER, 0.3).encode_batch(texts, 7)
    assert batch != encoder.encode_batch(texts, 8)
    assert len(set(map(tuple, batch))) > 5


def test_forgetting_what_was_kept_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    due = BpeDropout(TOKENIZER, 0.3).encode_batch(WORDS, 0)
    monkeypatch.setattr(module, "_KEPT", 3)
    assert BpeDropout(TOKENIZER, 0.3).encode_batch(WORDS, 0) == due


SCRIPT = """
import sys
from pathlib import Path
from groundup.tokens.bpe_dropout import BpeDropout
from groundup.tokens.tokenizer import load_tokenizer
print(BpeDropout(load_tokenizer(Path(sys.argv[1])), .4).encode("the lowest newest dogs", 3))
"""


def test_every_process_draws_the_same(tmp_path: Path) -> None:
    TOKENIZER.save(tmp_path)
    due = BpeDropout(TOKENIZER, 0.4).encode("the lowest newest dogs", 3)
    for hash_seed in ("0", "1"):
        environment = {**os.environ, "PYTHONPATH": str(Path(groundup.__file__).parents[1]), "PYTHONHASHSEED": hash_seed}
        run = [sys.executable, "-c", SCRIPT, str(tmp_path)]
        assert subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout == f"{due}\n"


def test_what_has_no_merges_is_refused(character_tokenizer: Tokenizer) -> None:
    with pytest.raises(GroundupError, match=r"character tokenizer has none.*kind to bpe"):
        BpeDropout(character_tokenizer, 0.1)
    for rate in (-0.1, 1.0, 2):
        with pytest.raises(GroundupError, match="below 1"):
            BpeDropout(TOKENIZER, rate)
