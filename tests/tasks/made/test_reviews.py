from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.catalogue.cache import cached
from groundup.catalogue.references import find
from groundup.errors import GroundupError
from groundup.progress import SILENT
from groundup.tasks.examples import Labelled
from groundup.tasks.made import MADE
from groundup.tasks.made.reviews import HELD_OUT, Rated, chosen, make_reviews, read_rated, split
from groundup.tasks.read import read_examples

RULES = "NEGATE = ['not']\nBOOSTER_DICT = {'very': 0.293}\nSPECIAL_CASES = {}\n"


@pytest.fixture
def data(tmp_path: Path) -> dict[str, Path]:
    """60 films, and 20 products of 3 sentences each; half of all are good."""
    texts = {
        "movie-reviews/movieReviewSnippets_GroundTruth.txt": [
            f'{film}\t{2.5 if film % 2 else -1.25}\tA {"good" if film % 2 else "bad"} film, number "{film}"'
            for film in range(1, 61)
        ]
        + ["61\t0.4\tA film.", "62\t3\ta GOOD film number 7"],
        "product-reviews/amazonReviewSnippets_GroundTruth.txt": [
            f"{product}_{line}\t{1.5 if line % 2 else -3}\tline {line} of product {product} is é"
            for product in range(20)
            for line in range(3)
        ],
        "vader-lexicon/vader_lexicon.txt": ["good\t1.9\t1\t[]", "bad\t-2.5\t1\t[]"],
        "vader-lexicon/rules.txt": [RULES],
    }
    for name, lines in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return {name: tmp_path / name for name in MADE["vader-reviews"].needs}


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_the_files_are_read_back_and_the_account_adds_up(data, tmp_path):
    out = folder(tmp_path / "out")
    made = make_reviews(data, out, 0, SILENT)
    parts = {name: list(read_examples(out / name, Labelled)) for name in (made.train, made.validation, made.test)}
    account = made.account
    assert account["read"] == {"movie": 62, "product": 60}
    assert account["left_out"] == {"neutral": {"movie": 1}, "repeated": {"movie": 1}}
    assert [len(part) for part in parts.values()] == [figures["examples"] for figures in account["parts"].values()]
    assert sum(map(len, parts.values())) == 120
    assert account["in_train_word_for_word"] == {"validation": 0, "test": 0}
    assert 0 < account["baselines"]["vader"]["accuracy"] < 1
    assert json.loads(json.dumps(account)) == account
    rows = {one.id: one for part in parts.values() for one in part}
    assert rows["movie-7"] == Labelled("movie-7", 'A good film, number "7"', "positive")
    assert rows["product-3_2"].label == "negative"


def test_a_seed_settles_every_byte(data, tmp_path):
    def written(name: str, seed: int) -> list[bytes]:
        out = folder(tmp_path / name)
        make_reviews(data, out, seed, SILENT)
        return [path.read_bytes() for path in sorted(out.iterdir())]

    first = written("one", 3)
    assert first == written("two", 3)
    assert first != written("three", 4)


ratings = st.sampled_from([-3.0, -0.5, -0.49, 0.0, 0.3, 0.5, 2.0])
sentences = st.tuples(st.sampled_from(["movie", "product"]), st.integers(0, 9), ratings, st.integers(0, 60))


@settings(deadline=None)
@given(st.lists(sentences, max_size=60), st.integers(0, 5))
def test_no_review_and_no_sentence_stands_in_two_parts(drawn, seed):
    read = [Rated(source, str(n), f"{source}-{a}", b, f"Word {c}!") for n, (source, a, b, c) in enumerate(drawn)]
    kept, left_out = chosen(read)
    parts = split(kept, seed)
    assert all(abs(rated.rating) >= 0.5 for rated in kept)
    assert len(read) == len(kept) + sum(sum(counts.values()) for counts in left_out.values())
    assert sorted(rated.id for part in parts.values() for rated in part) == sorted(rated.id for rated in kept)
    for field in ("review", "text"):
        sets = [{getattr(rated, field) for rated in part} for part in parts.values()]
        assert len(set().union(*sets)) == sum(map(len, sets))


def test_each_source_gives_its_share():
    kept = [Rated(source, str(n), f"{source}-{n // 4}", 1.0, str(n)) for source in ("a", "b") for n in range(1000)]
    parts = split(kept, 0)
    for part in ("validation", "test"):
        for source in ("a", "b"):
            taken = sum(rated.source == source for rated in parts[part])
            assert abs(taken - HELD_OUT * 1000) <= 4


@pytest.mark.parametrize("line", ["1\t2.0", "1\tgood\ttext", "only text"])
def test_a_line_of_another_form_is_said(tmp_path, line):
    path = tmp_path / "reviews.txt"
    path.write_text(f"1\t2.0\tfine\n{line}\n", "utf-8")
    with pytest.raises(GroundupError, match="Line 2 of"):
        read_rated(path, "movie")
    with pytest.raises(GroundupError, match="no file"):
        read_rated(tmp_path / "none.txt", "movie")


def test_the_real_reviews_are_as_described(tmp_path):
    data = {name: cached(find(name)) for name in MADE["vader-reviews"].needs}
    if missing := [name for name, path in data.items() if path is None]:
        pytest.skip(f"not in the cache: {', '.join(missing)}; groundup data get fetches them")
    made = make_reviews({name: path for name, path in data.items() if path}, tmp_path, 0, SILENT)
    assert made.account["read"] == {"movie": 10_605, "product": 3_708}
    assert made.account["in_train_word_for_word"] == {"validation": 0, "test": 0}
    assert made.account["left_out"]["neutral"] == {"movie": 533, "product": 723}
    figures = made.account["baselines"]
    assert figures["vader"]["accuracy"] == pytest.approx(0.6337, abs=1e-4)
    assert figures["majority"]["accuracy"] < figures["vader"]["accuracy"] < figures["vader, cut fitted"]["accuracy"]
