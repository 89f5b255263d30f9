"""Symbols are those of the tokenizer, for every kind of it."""

from __future__ import annotations

import pytest

from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.train import train_tokenizer
from groundup.tokens.words import begins_word
from groundup.training.symbols import symbols_of

TEXT = "The quick brown fox didn't jump over 12 lazy dogs; and the night was long. " * 20


@pytest.mark.parametrize("kind", ["character", "word", "bpe", "wordpiece", "unigram"])
@pytest.mark.parametrize("sentinels", [0, 3])
def test_symbols_name_special_tokens_by_what_they_are(kind, sentinels):
    tokenizer = train_tokenizer([TEXT], TokenizerSettings(kind=kind, vocabulary=300, sentinels=sentinels))
    symbols = symbols_of(tokenizer)
    assert symbols.vocabulary == tokenizer.vocabulary
    special = tokenizer.special_tokens
    assert symbols.padding == special["<pad>"]
    assert symbols.mask == special["<mask>"]
    assert symbols.separator == special["<sep>"]
    assert symbols.end == special["<end>"]
    assert symbols.sentinels == tuple(special[f"<extra_{i}>"] for i in range(sentinels))
    # All ids below are special, and none of those above, which are what a text is made of.
    assert symbols.special == len(tokenizer.special_tokens) == 5 + sentinels
    assert all(token >= symbols.special for token in tokenizer.encode(TEXT))
    assert (symbols.begins_word == begins_word(tokenizer)).all()
    assert 0 < symbols.begins_word.sum() <= symbols.vocabulary
