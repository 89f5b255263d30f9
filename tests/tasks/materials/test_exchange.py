"""Words that could as well be others: dealt out alike in a text and its answer, and nothing else is changed."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from words_dealt import check_dealt, words_of

from groundup.objectives.settings import ObjectiveSettings
from groundup.settings import SettingError
from groundup.tasks.examples import Pair
from groundup.tasks.materials.exchange import Exchange
from groundup.tasks.materials.pairs import Coders, PairMaterial, encoded
from groundup.tasks.settings import Exchangeable, TaskSettings
from groundup.tokens.sequences import SequenceBatch
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer
from groundup.training.settings import TrainingSettings

LISTS = (("Mary", "John", "Ann", "Anna"), ("garden", "kitchen"))
# What is hungry knows the kitchen from the garden.
EXCHANGE = Exchange([Exchangeable(LISTS[0]), Exchangeable(LISTS[1], unless=("hungry", "thirsty"))])
LISTED = {word.lower(): number for number, words in enumerate(LISTS) for word in words}
WORDS = ["Mary", "john", "Ann", "Anna", "annals", "garden", "Kitchen", "gardens", "went", "to", ".", "the", "joHN"]
texts = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
seeds = st.integers(0, 2**32)
NAMES = Exchangeable(("Mary", "John"))
QUESTIONS = {"kind": "questions", "train": "qa1.txt"}


@given(texts, texts, seeds)
@settings(max_examples=100, deadline=None)
def test_words_change_within_their_lists_alike_in_both_texts(source: str, target: str, seed: int) -> None:
    pair = Pair("1", source, target)
    other = EXCHANGE(pair, np.random.default_rng(seed))
    assert other == EXCHANGE(pair, np.random.default_rng(seed))
    assert other.id == pair.id
    check_dealt((source, target), (other.source, other.target), LISTED)


@given(texts, texts, st.sampled_from(["hungry", " Thirsty."]), st.booleans(), seeds)
@settings(max_examples=50, deadline=None)
def test_texts_that_say_more_of_a_word_keep_it(source: str, target: str, word: str, is_asked: bool, seed: int) -> None:
    pair = Pair("1", source, target)
    told = Pair("1", f"{source} {word}", target) if is_asked else Pair("1", source, f"{target} {word}")
    found, kept = (EXCHANGE(each, np.random.default_rng(seed)) for each in (pair, told))
    for before, changed, after in ((source, found.source, kept.source), (target, found.target, kept.target)):
        for old, other, new in zip(words_of(before), words_of(changed), words_of(after), strict=False):
            assert new == (old if LISTED.get(old.lower()) == 1 else other)


def test_words_keep_their_own_capitals_and_marks() -> None:
    exchange, draws = Exchange([Exchangeable(("St. Ives", "McDonald", "Mr. X."))]), np.random.default_rng(2)
    found = {exchange(Pair("1", "st. ives, not St. Ives", "McDonald"), draws) for _ in range(50)}
    assert {pair.target for pair in found} == {"St. Ives", "McDonald", "Mr. X."}
    assert {pair.source for pair in found} == {
        f"{word.lower()}, not {word}" for word in ("St. Ives", "McDonald", "Mr. X.")
    }


def test_each_of_a_list_stands_for_each_as_often() -> None:
    draws = np.random.default_rng(1)
    found = Counter(EXCHANGE(Pair("1", "", "Mary garden"), draws).target for _ in range(4000))
    assert len(found) == 8
    assert all(abs(count - 500) < 100 for count in found.values())


def coder_of(kind: str, texts: list[str]) -> Tokenizer:
    return train_tokenizer(texts, TokenizerSettings(kind=kind, vocabulary=400))  # type: ignore[arg-type]


def _forms(word: str) -> list[str]:
    return [space + form for space in ("", " ") for form in (word.lower(), word.capitalize())]


def material_of(pairs: list[Pair], kind: str, context: int, exchange: Exchange | None) -> PairMaterial:
    coder = coder_of(
        kind, [form for words in LISTS for word in words for form in _forms(word)] * 2 + [" ".join(WORDS)] + WORDS
    )
    coders = Coders(coder, coder)
    found = encoded(pairs, coders, context, "train")
    return PairMaterial(found.stream, found.stream, coders, context, 1, "f", pairs, exchange=exchange)


def read(batch: SequenceBatch, coder: Tokenizer) -> list[tuple[str, str]]:
    sources = [row[real][:-1].tolist() for row, real in zip(batch.source, batch.source_real, strict=True)]
    targets = [row[row >= 0][1:-1].tolist() for row in batch.tokens]
    return [(coder.decode(one), coder.decode(other)) for one, other in zip(sources, targets, strict=True)]


@pytest.mark.parametrize(("kind", "rate"), [("word", 0.0), ("bpe", 0.0), ("bpe", 0.3)])
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=6), st.integers(0, 30))
@settings(max_examples=10, deadline=None)
def test_batches_hold_the_pairs_with_other_words_and_what_is_held_out_stays(
    kind: str, rate: float, sides: list[tuple[str, str]], step: int
) -> None:
    pairs = [Pair(str(number), *both) for number, both in enumerate(sides)]
    material = material_of(pairs, kind, 200, EXCHANGE)
    wanted = TrainingSettings(batch=1, objective=ObjectiveSettings(kind="sequence", bpe_dropout=rate))
    batches = material.batches(wanted)
    plain = material_of(pairs, kind, 200, None)._buckets(material.train, 200)
    got, due = read(batches.at(step), material.coders.source), read(plain.at(step), material.coders.source)

    def shape(text: str) -> list[object]:
        return [LISTED.get(word.lower(), word) for word in words_of(text)]

    assert [tuple(map(shape, both)) for both in got] == [tuple(map(shape, both)) for both in due]
    assert read(batches.at(step), material.coders.source) == got
    kept = material.held_out(wanted, 10**6)
    read_out = [text for part in range(len(kept)) for text in read(kept.at(part), material.coders.source)]
    assert Counter(read_out) == Counter((pair.source, pair.target) for pair in pairs)


def test_a_pair_that_would_grow_beyond_the_context_stays_whole_as_it_was() -> None:
    lists = [Exchangeable(("a", "averyveryverylongwordindeed"))]
    coder = coder_of("character", ["averyveryverylongwordindeed b"])
    coders = Coders(coder, coder)
    pair = Pair("1", "a b a", "a")
    stream = encoded([pair], coders, 10, "train").stream
    material = PairMaterial(stream, stream, coders, 10, 1, "f", [pair], exchange=Exchange(lists))
    batches = material.batches(TrainingSettings(batch=1))
    assert {text for step in range(8) for text in read(batches.at(step), coder)} == {("a b a", "a")}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answers": "texts", "exchangeable": (NAMES, Exchangeable(("mary", "Ann")))}, "one list alone"),
        ({"answers": "texts", "exchangeable": (NAMES, Exchangeable(("Ann", "Eve"), also=("A", "John")))}, "one list"),
        ({"exchangeable": (NAMES,)}, "and answers to texts"),
        ({"kind": "translation", "exchangeable": (NAMES,)}, "and answers to texts"),
    ],
)
def test_lists_that_cannot_be_meant_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        TaskSettings(**{**QUESTIONS, **change})  # type: ignore[arg-type]
    TaskSettings(**{**QUESTIONS, "answers": "texts", "exchangeable": (NAMES,)})  # type: ignore[arg-type]


@pytest.mark.parametrize("words", [("Mary", "mary"), ("Mary", " "), ("Mary", " John")])
def test_what_is_no_list_of_words_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(SettingError, match="a form for each"):
        Exchangeable(("Ann", "Eve"), also=("A",))
    for name in ("words", "also", "unless"):
        with pytest.raises(SettingError, match=f"{name} is a list of words"):
            Exchangeable(**{"words": ("Ann",), name: words})
