"""A dictionary is found from nothing but what stands together, and used word for word."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest

from groundup.evaluation.bleu import bleu
from groundup.tasks.baselines import dictionary as module
from groundup.tasks.baselines.dictionary import best_translations, dictionary
from groundup.tasks.examples import Pair
from groundup.tasks.read import read_examples
from groundup.tasks.settings import Columns

DE_EN = Columns(source="de", target="en")
WORDS = {"eins": "one", "zwei": "two", "drei": "three", "vier": "four", "fünf": "five", "sechs": "six"}


def pairs(*texts: tuple[str, str]) -> list[Pair]:
    return [Pair(str(number), *text) for number, text in enumerate(texts)]


@pytest.mark.parametrize("seed", range(20))
def test_a_hidden_dictionary_is_found_however_words_are_ordered(seed: int) -> None:
    draws = random.Random(seed)
    sources = [draws.sample(list(WORDS), 3) for _ in range(60)]
    targets = [draws.sample([WORDS[word] for word in source], 3) for source in sources]
    assert best_translations(sources, targets) == WORDS


def test_one_round_is_counted_by_hand() -> None:
    """From equal chances one round gives p(x | a) = (1/2 + 1) / (1/2 + 1/2 + 1), which is more than p(y | a)."""
    assert best_translations([["a", "b"], ["a"]], [["x", "y"], ["x"]], rounds=1)["a"] == "x"
    assert best_translations([["a", "b"], ["a"]], [["x", "y"], ["x"]])["b"] == "y"


def test_marks_blanks_capitals_and_unknown_words_stay() -> None:
    train = pairs(
        ("A dog runs.", "Ein Hund rennt."),
        ("The dog sleeps.", "Der Hund schläft."),
        ("A dog!", "Ein Hund!"),
        ("The cat sleeps.", "Die Katze schläft."),
        ("A cat runs.", "Eine Katze rennt."),
    )
    (text,) = dictionary(train).predict(pairs(("Dog sleeps:  the (Zyx) runs, 7!\n", ""))).texts
    assert text.startswith("Hund schläft:  ")
    assert text.endswith("(Zyx) rennt, 7!\n")


def test_nothing_to_learn_from_is_copied() -> None:
    for train in ([], pairs(("", "")), pairs(("a " * 101, "b"))):
        assert dictionary(train).predict(pairs(("As it is.", ""))).texts == ["As it is."]


def test_of_too_many_pairs_evenly_chosen_ones_are_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LINKS", 40)
    baseline = dictionary(pairs(*[("eins zwei", "one two")] * 100))
    assert "from 10 training pairs" in baseline.what


def test_real_captions(shared_data: Path) -> None:
    train = list(islice(read_examples(shared_data / "multi30k" / "train", Pair, DE_EN), 1500))
    test = list(read_examples(shared_data / "multi30k" / "val", Pair, DE_EN))
    guesses = dictionary(train).predict(test).texts
    assert bleu(guesses, [pair.target for pair in test]).score > 10  # 25.8 of all 29,000 pairs.
