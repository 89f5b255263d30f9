"""Words that change places as tokens: alike in a text and its answer, one for one, and nothing else is changed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from words_dealt import check_dealt

from groundup.tasks.examples import Pair
from groundup.tasks.materials.dealt import DealtPairs, lists_of
from groundup.tasks.materials.exchange import Exchange
from groundup.tasks.materials.pairs import Coders, PairMaterial, encoded
from groundup.tasks.settings import Exchangeable
from groundup.tokens.sequences import SequenceBatch
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer
from groundup.training.settings import TrainingSettings

LISTS = (("Mary", "John", "Ann"), ("garden", "kitchen"))
# What is hungry knows the kitchen from the garden.
EXCHANGE = Exchange([Exchangeable(LISTS[0]), Exchangeable(LISTS[1], unless=("hungry",))])
LISTED = {word.lower(): number for number, words in enumerate(LISTS) for word in words}
WORDS = ["Mary", "john", "Ann", "annals", "garden", "Kitchen", "gardens", "went", ".", "hungry", "jOHN", "the"]
texts = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
FORMS = [space + form for words in LISTS for word in words for space in ("", " ") for form in (word, word.lower())]
FORMS += [form.capitalize() for form in LISTS[1]] + [f" {form.capitalize()}" for form in LISTS[1]]


def coder_of(texts: list[str], kind: str = "word", **settings: bool) -> Tokenizer:
    return train_tokenizer(texts, TokenizerSettings(kind=kind, vocabulary=300, **settings))  # type: ignore[arg-type]


CODER = coder_of([*FORMS, *WORDS, " ".join(WORDS)])


def material_of(pairs: list[Pair], coder: Tokenizer = CODER, exchange: Exchange | None = EXCHANGE) -> PairMaterial:
    coders = Coders(coder, coder)
    stream = encoded(pairs, coders, 60, "train").stream
    return PairMaterial(stream, stream, coders, 60, 1, "f", pairs, exchange=exchange)


def read(batch: SequenceBatch, coder: Tokenizer = CODER) -> list[tuple[str, str]]:
    """The pairs of a batch, padded or packed, in their order."""

    def cut(row: list[int]) -> list[str]:
        texts: list[list[int]] = [[]]
        for token in row:
            texts[-1].append(token)
            if token == coder.end:
                texts.append([])
        return [coder.decode(text[:-1]) for text in texts[:-1]]

    found: list[tuple[str, str]] = []
    for source, real, target in zip(batch.source, batch.source_real, batch.tokens, strict=True):
        # A target stands between two end tokens.
        written = cut(target[target >= 0].tolist())[1::2]
        found += zip(cut(source[real].tolist()), written, strict=True)
    return found


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5), st.integers(0, 50), st.booleans())
@settings(max_examples=50, deadline=None)
def test_words_change_within_their_lists_alike_on_both_sides(
    sides: list[tuple[str, str]], step: int, pack: bool
) -> None:
    pairs = [Pair(str(number), *both) for number, both in enumerate(sides)]
    wanted = TrainingSettings(batch=1, pack=pack)
    batches = material_of(pairs).batches(wanted)
    assert isinstance(batches, DealtPairs)
    plain = material_of(pairs, exchange=None).batches(wanted)
    got, due = read(batches.at(step)), read(plain.at(step))
    assert got == read(batches.at(step))
    assert batches.size == plain.size
    for both, before in zip(got, due, strict=True):
        keeps = "hungry" in " ".join(before).split()
        check_dealt(before, both, {word: number for word, number in LISTED.items() if number == 0 or not keeps})


def test_each_of_a_list_stands_for_each_as_often_and_each_pair_is_dealt_its_own() -> None:
    pairs = [Pair(str(number), "", "Mary garden") for number in range(20)]
    batches = material_of(pairs).batches(TrainingSettings(batch=1))
    found = Counter(target for step in range(200) for _, target in read(batches.at(step)))
    assert len(found) == 6
    assert max(found.values()) < 1.2 * min(found.values())
    assert len(set(read(batches.at(0)))) > 1


def test_words_that_have_no_token_for_each_way_to_write_them_change_as_text() -> None:
    one_way = coder_of([" Mary John Ann garden kitchen and Mary"])
    # The first word stands there without its space, and no other does.
    bare = coder_of(["Mary John Ann garden kitchen"])
    for coder, is_dealt in ((one_way, True), (bare, False), (coder_of([*FORMS], kind="bpe"), False)):
        assert (lists_of(EXCHANGE, coder) is not None) is is_dealt
        batches = material_of([Pair("1", " Mary John", " Ann")], coder).batches(TrainingSettings(batch=1))
        assert isinstance(batches, DealtPairs) is is_dealt


def test_another_form_goes_where_its_word_goes() -> None:
    exchange = Exchange([Exchangeable(("north", "south"), also=("n", "s"))])
    texts = (" north n, n south s", " s n")
    mirrored = (" south s, s north n", " n s")
    pairs = [Pair(str(number), *texts) for number in range(40)]
    for kind, is_dealt in (("word", True), ("bpe", False)):
        coder = coder_of([*texts, *mirrored], kind=kind)
        batches = material_of(pairs, coder, exchange).batches(TrainingSettings(batch=1))
        assert isinstance(batches, DealtPairs) is is_dealt
        assert {pair for step in range(10) for pair in read(batches.at(step), coder)} == {texts, mirrored}


@pytest.mark.parametrize("word", ["St. Ives", "Jhon"])
def test_what_is_no_token_changes_as_text(word: str) -> None:
    assert lists_of(Exchange([Exchangeable(("Mary", word))]), CODER) is None
