"""A small text with everything that tokenizers stumble over, and tokenizers trained on it."""

from __future__ import annotations

import pytest

from groundup.tokens.settings import Kind, TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

KINDS: tuple[Kind, ...] = ("character", "word", "bpe", "wordpiece", "unigram")

TEXTS = [
    "The quick brown fox didn't jump over 12 lazy dogs; it's 1984 today!!!\n\n    Indented, isn't it?\r\n",
    "Zażółć gęślą jaźń. ประเทศไทย हिन्दी भाषा 日本語の文章 😀👩‍👩‍👧 ##hash ###  \t tabs \u00a0nbsp\u2028line",
    "<pad> <unk> <mask> <sep> <end> <extra_0> are words of this text, no tokens. ",
    "and the fox said that the dogs were lazy and the night was long " * 20,
]


@pytest.fixture(scope="session")
def texts() -> list[str]:
    return TEXTS


@pytest.fixture(scope="session", params=KINDS)
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    """Each kind in turn."""
    return small_tokenizer(request.param)


@pytest.fixture(scope="session")
def character_tokenizer() -> Tokenizer:
    return small_tokenizer("character")


def small_tokenizer(kind: Kind) -> Tokenizer:
    return train_tokenizer(TEXTS, TokenizerSettings(kind=kind, vocabulary=600, sentinels=3))
