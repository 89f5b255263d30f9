"""How well a tokenizer fits a text: the figures and examples that the report shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from groundup.tokens.tokenizer import Tokenizer, batched, whole_characters

_AT_ONCE = 1_000_000
_SHOWN = 20


def tokenizer_facts(tokenizer: Tokenizer, texts: Iterable[str], *, characters: int = 5_000_000) -> dict[str, Any]:
    """Figures over the first so many `characters` of `texts`: sizes, ratios, and the tokens worth a look.

    `unknown_rate` is the share of tokens that are the unknown one; `vocabulary_used` counts the different
    tokens met; `longest_tokens` are the longest of the vocabulary, by characters, and `frequent_tokens` the
    most frequent of the text with their counts.
    """
    counts: Counter[int] = Counter()
    read = text_bytes = 0
    for batch in batched(_first(texts, characters), _AT_ONCE):
        for ids in tokenizer.encode_batch(batch):
            counts.update(ids)
        read += sum(map(len, batch))
        text_bytes += sum(len(text.encode()) for text in batch)
    tokens = counts.total()
    return {
        **vocabulary_facts(tokenizer),
        "vocabulary_used": len(counts),
        "characters": read,
        "bytes": text_bytes,
        "tokens": tokens,
        "characters_per_token": read / tokens if tokens else 0.0,
        "bytes_per_token": text_bytes / tokens if tokens else 0.0,
        "unknown_rate": counts[tokenizer.unknown] / tokens if tokens else 0.0,
        "frequent_tokens": [
            {"token": tokenizer.text(token), "count": count}
            for token, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
        ],
    }


def vocabulary_facts(tokenizer: Tokenizer) -> dict[str, Any]:
    """What is to be said of a tokenizer without any text."""
    return {
        "kind": tokenizer.kind,
        "vocabulary": tokenizer.vocabulary,
        "special_tokens": tokenizer.special_tokens,
        "longest_tokens": longest_tokens(tokenizer),
    }


def longest_tokens(tokenizer: Tokenizer, shown: int = _SHOWN) -> list[str]:
    """The longest tokens of the vocabulary; those of one length by id."""
    special = set(tokenizer.special_tokens.values())
    texts = [tokenizer.text(token) for token in range(tokenizer.vocabulary) if token not in special]
    return sorted(texts, key=len, reverse=True)[:shown]


def _first(texts: Iterable[str], characters: int) -> Iterator[str]:
    for text in texts:
        text = whole_characters(text)[:characters]
        characters -= len(text)
        yield text
        if not characters:
            return
