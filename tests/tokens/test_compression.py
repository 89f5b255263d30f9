from __future__ import annotations

import pytest

from groundup.tokens.compression import tokenizer_facts, vocabulary_facts
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer


def test_figures_of_a_known_text() -> None:
    tokenizer = train_tokenizer(["abé"], TokenizerSettings(kind="character"))
    facts = tokenizer_facts(tokenizer, ["aab", "éx"])
    assert (facts["characters"], facts["bytes"], facts["tokens"]) == (5, 6, 5)
    assert facts["characters_per_token"] == 1.0
    assert facts["bytes_per_token"] == 6 / 5
    assert facts["unknown_rate"] == 1 / 5
    assert facts["vocabulary_used"] == 4
    assert facts["frequent_tokens"][0] == {"token": "a", "count": 2}


def test_it_counts_what_encoding_gives(tokenizer: Tokenizer, texts: list[str]) -> None:
    facts = tokenizer_facts(tokenizer, texts)
    assert facts["tokens"] == sum(map(len, tokenizer.encode_batch(texts)))
    assert facts["bytes"] == sum(len(text.encode()) for text in texts)
    lengths = list(map(len, facts["longest_tokens"]))
    assert lengths == sorted(lengths, reverse=True)
    assert len(lengths) == 20


@pytest.mark.parametrize("characters", [1, 7, 100])
def test_no_more_characters_are_read_than_asked(tokenizer: Tokenizer, characters: int) -> None:
    facts = tokenizer_facts(
        tokenizer, iter(["abc def ", "the fox " * 9, "more", "and more " * 9]), characters=characters
    )
    assert facts["characters"] == characters


def test_no_text_gives_zeros(character_tokenizer: Tokenizer) -> None:
    facts = tokenizer_facts(character_tokenizer, [])
    assert facts["tokens"] == facts["characters_per_token"] == facts["unknown_rate"] == 0


def test_what_needs_no_text_is_said_of_a_vocabulary_alone(tokenizer: Tokenizer, texts: list[str]) -> None:
    known, measured = vocabulary_facts(tokenizer), tokenizer_facts(tokenizer, texts)
    assert known == {name: measured[name] for name in known}
    assert {"kind", "vocabulary", "longest_tokens"} <= known.keys()
    assert not known.keys() & {"unknown_rate", "bytes_per_token", "vocabulary_used", "frequent_tokens"}
