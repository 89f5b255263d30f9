from __future__ import annotations

import gzip
import itertools
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.quality.linear import (
    DESCRIPTION,
    WEIGHTS,
    features,
    load_filter,
    save_filter,
    train_filter,
)
from groundup.corpus.quality.settings import LinearSettings
from groundup.errors import DamagedError, GroundupError

SMALL = LinearSettings(bits=12, steps=100)


def area_under_curve(good: list[float], ordinary: list[float]) -> float:
    """How often a good text's score is above an ordinary one's, ties counted half (Hanley and McNeil 1982)."""
    pairs = [(one > other) + (one == other) / 2 for one, other in itertools.product(good, ordinary)]
    return sum(pairs) / len(pairs)


def made_texts(seed: int, count: int, words: list[str]) -> list[str]:
    chance = random.Random(seed)
    common = [f"word{number}" for number in range(50)]
    return [" ".join(chance.choices(common + words, k=chance.randint(20, 200))) for _ in range(count)]


GOOD, ORDINARY = ["moor", "whereupon", "lantern"], ["click", "subscribe", "cookie"]


@effort(deadline=None)
@given(st.text(max_size=300), st.integers(1, 4))
def test_features_are_of_length_one_with_the_bias_last(text: str, longest: int) -> None:
    places, values = features(text, LinearSettings(bits=10, longest=longest))
    assert places[-1] == 1024
    assert values[-1] == 1
    assert ((places[:-1] >= 0) & (places[:-1] < 1024)).all()
    assert len(set(places.tolist())) == len(places)
    if len(places) > 1:
        assert float((values[:-1].astype(float) ** 2).sum()) == pytest.approx(1)


def test_the_order_of_words_counts_in_runs_of_two() -> None:
    one, two = (LinearSettings(longest=longest) for longest in (1, 2))
    assert numpy.array_equal(features("a b c", one)[0], features("c b a", one)[0])
    assert not numpy.array_equal(features("a b c", two)[0], features("c b a", two)[0])


def test_what_can_be_told_apart_is() -> None:
    filter = train_filter(made_texts(0, 60, GOOD), made_texts(1, 40, ORDINARY), SMALL)
    good = [filter.score(text) for text in made_texts(2, 50, GOOD)]
    ordinary = [filter.score(text) for text in made_texts(3, 50, ORDINARY)]
    assert area_under_curve(good, ordinary) > 0.95
    assert all(0 <= score <= 1 for score in good + ordinary)


def test_what_cannot_be_told_apart_is_not() -> None:
    filter = train_filter(made_texts(0, 60, []), made_texts(1, 60, []), SMALL)
    good = [filter.score(text) for text in made_texts(2, 200, [])]
    ordinary = [filter.score(text) for text in made_texts(3, 200, [])]
    assert abs(area_under_curve(good, ordinary) - 0.5) < 0.1


def test_both_kinds_weigh_the_same() -> None:
    """Ten times as many ordinary texts do not make a text ordinary."""
    settings = LinearSettings(bits=12, penalty=0.1)
    filter = train_filter(made_texts(0, 20, []), made_texts(1, 200, []), settings)
    scores = [filter.score(text) for text in made_texts(2, 50, [])]
    assert abs(sum(scores) / len(scores) - 0.5) < 0.1


def test_training_finds_the_lowest_loss() -> None:
    """Where the loss is convex, a good optimizer ends where scikit-learn's ends."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    settings = LinearSettings(bits=8, steps=3000, penalty=1e-3)
    texts = [*made_texts(0, 40, GOOD), *made_texts(1, 40, ORDINARY)]
    table = numpy.zeros((80, 257))
    for row, text in zip(table, texts, strict=True):
        places, values = features(text, settings)
        row[places] = values
    kinds = numpy.arange(80) < 40
    model = linear_model.LogisticRegression(
        C=1 / (settings.penalty * 80), fit_intercept=False, tol=1e-10, max_iter=5000
    )
    model.fit(table, kinds)
    weights = train_filter(texts[:40], texts[40:], settings).weights
    assert numpy.abs(weights - model.coef_[0]).max() < 0.01 * numpy.abs(weights).max()


TRAIN = """
import hashlib, sys
from groundup.corpus.quality.linear import train_filter
from groundup.corpus.quality.settings import LinearSettings
filter = train_filter(["a good text", "another one"], ["buy now", "click here"], LinearSettings(bits=10))
print(hashlib.sha256(filter.weights.tobytes()).hexdigest(), filter.score("a good one"))
"""


def test_training_is_the_same_whatever_the_hash_seed(monkeypatch) -> None:
    said = set()
    for seed in ("0", "1", "77"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        paths = ":".join(path for path in sys.path if path)
        monkeypatch.setenv("PYTHONPATH", paths)
        said.add(subprocess.run([sys.executable, "-c", TRAIN], check=True, capture_output=True, text=True).stdout)
    assert len(said) == 1


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_filter(train_filter(["good text"], ["other thing"], SMALL), tmp_path / "filter")
    return tmp_path / "filter"


def test_a_filter_comes_back_as_it_was(saved: Path) -> None:
    filter = train_filter(["good text"], ["other thing"], SMALL)
    again = load_filter(saved)
    assert again.settings == filter.settings
    assert numpy.array_equal(again.weights, filter.weights)
    assert again.score("good thing") == filter.score("good thing")


@effort(max_examples=50, deadline=None)
@given(data=st.data())
def test_a_changed_file_is_noticed(tmp_path_factory, data) -> None:
    folder = tmp_path_factory.mktemp("filter")
    save_filter(train_filter(["good text"], ["other thing"], LinearSettings(bits=8, steps=1)), folder)
    file = folder / WEIGHTS
    content = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    file.write_bytes(content)
    with pytest.raises(DamagedError, match="SHA-256"):
        load_filter(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"settings": {"bits": 99}}', '{"settings": {}, "sha256": 3}'])
def test_a_description_that_is_none_is_noticed(saved: Path, text: str) -> None:
    (saved / DESCRIPTION).write_text(text)
    with pytest.raises(DamagedError, match="cannot be read"):
        load_filter(saved)


def test_where_there_is_no_filter_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(GroundupError, match="holds no quality"):
        load_filter(tmp_path)


@pytest.mark.parametrize(("good", "ordinary", "kind"), [([], ["x"], "good"), (["x"], [], "ordinary")])
def test_a_kind_without_texts_is_said(good: list[str], ordinary: list[str], kind: str) -> None:
    with pytest.raises(GroundupError, match=f"no {kind} texts"):
        train_filter(good, ordinary, SMALL)


def pieces(path: Path, count: int = 6, length: int = 3000) -> list[str]:
    text = path.read_text(encoding="utf-8")
    step = len(text) // count
    return [text[start : start + length] for start in range(0, step * count, step)]


def reviews(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in itertools.islice(lines, 0, None, 60)]


def test_novels_are_told_from_pages_and_reviews_that_were_not_seen(shared_data) -> None:
    """No author is in both halves: a filter may know a manner of writing, not a writer."""
    novels = sorted((shared_data / "novels").glob("*.txt"))
    early = [piece for path in novels if path.name < "H" for piece in pieces(path)]
    late = [piece for path in novels if path.name >= "H" for piece in pieces(path)]
    articles = json.loads((shared_data / "web-articles" / "ground-truth.json").read_bytes())
    pages = [articles[name]["articleBody"] for name in sorted(articles)]
    for seen, unseen in (
        (pages[::2], pages[1::2]),
        (reviews(shared_data / "imdb" / "train.jsonl.gz"), reviews(shared_data / "imdb" / "test.jsonl.gz")),
    ):
        filter = train_filter(early, seen, LinearSettings(bits=16, steps=100))
        area = area_under_curve([filter.score(text) for text in late], [filter.score(text) for text in unseen])
        assert area > 0.995
