from __future__ import annotations

from itertools import pairwise

import pytest

from groundup.tokens.settings import Kind, TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer
from groundup.tokens.words import begins_word

TEXT = "The dogs didn't chase 12 foxes, did they? No: the café's dogs slept (all day).\n\nA new line."


def words(tokenizer: Tokenizer, text: str) -> list[str]:
    """The text cut where the table says that words begin."""
    ids = tokenizer.encode(text)
    begins = begins_word(tokenizer)
    cuts = [0, *(i for i in range(1, len(ids)) if begins[ids[i]]), len(ids)]
    return [tokenizer.decode(ids[a:b]) for a, b in pairwise(cuts)]


def made(kind: Kind, text: str = TEXT) -> Tokenizer:
    return train_tokenizer([text], TokenizerSettings(kind=kind, vocabulary=300))


@pytest.mark.parametrize("kind", ["bpe", "unigram", "character"])
def test_a_word_takes_along_the_space_before_it_and_marks_stand_alone(kind: Kind) -> None:
    found = words(made(kind), TEXT)
    assert "".join(found) == TEXT
    assert found[:4] == ["The", " dogs", " didn", "'t"]
    assert {" chase", " foxes", ",", "?", ":", " café", "'s"} <= set(found)
    assert " 12" in found


@pytest.mark.parametrize("kind", ["word", "wordpiece"])
def test_words_are_those_that_the_tokenizer_cuts(kind: Kind) -> None:
    found = words(made(kind), TEXT)
    assert "".join(found) == TEXT
    cut = made(kind)._engine.pre_tokenizer.pre_tokenize_str(TEXT)
    assert found == [piece for piece, _ in cut]


def test_the_table_covers_the_vocabulary_and_special_tokens_begin_words(tokenizer: Tokenizer) -> None:
    begins = begins_word(tokenizer)
    assert begins.shape == (tokenizer.vocabulary,)
    assert begins.dtype == bool
    assert begins[: len(tokenizer.special_tokens)].all()
    if tokenizer.kind != "word":
        assert not begins.all()


def test_characters_written_without_spaces_are_words_each() -> None:
    text = "日本語のカナ and 한국어"
    assert words(made("character", text), text) == [*"日本語のカナ", " and", " 한국어"]
    # A token that holds a part of a character continues what stands before it.
    assert "é" in "".join(words(made("bpe", "plain text only"), " caf\u00e9"))
    assert words(made("bpe", "plain text only"), " café") == [" café"]
