"""What objectives know of a vocabulary, read off a tokenizer."""

from __future__ import annotations

from groundup.objectives.rows import Symbols
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.words import begins_word


def symbols_of(tokenizer: Tokenizer) -> Symbols:
    """The ids that objectives need."""
    return Symbols(
        vocabulary=tokenizer.vocabulary,
        padding=tokenizer.padding,
        mask=tokenizer.mask,
        separator=tokenizer.separator,
        end=tokenizer.end,
        sentinels=tokenizer.sentinels,
        special=len(tokenizer.special_tokens),
        begins_word=begins_word(tokenizer),
    )
