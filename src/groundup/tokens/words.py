"""Where words begin, told from a token alone, so that a table over the vocabulary answers for any text."""

from __future__ import annotations

import unicodedata

import numpy as np
from numpy.typing import NDArray

from groundup.tokens.tokenizer import Tokenizer

# WordPiece's mark of a token that goes on with a word.
_CONTINUED = "##"
# Written without spaces between words: each character counts as one.
_UNSPACED = ("CJK ", "HIRAGANA ", "KATAKANA ")


def begins_word(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """[V] whether a token begins a word; a word is such a token and those behind it that do not begin one.

    Word tokenizers: every token. WordPiece: all but the `##` ones. Others: tokens that begin with anything but a
    letter, an accent or a digit, so a space begins the word behind it, a character tokenizer's word is a run of
    letters with what stands before it, and so is the first word behind a quotation mark or a line end. Chinese
    characters and Japanese letters are words of their own. A token that begins within a character begins none; special
    tokens each begin one.
    """
    special = len(tokenizer.special_tokens)
    if tokenizer.kind == "word":
        begins = [True] * tokenizer.vocabulary
    elif tokenizer.kind == "wordpiece":
        begins = [not tokenizer.name(token).startswith(_CONTINUED) for token in range(tokenizer.vocabulary)]
    else:
        begins = [_begins(tokenizer.text(token)) for token in range(tokenizer.vocabulary)]
    begins[:special] = [True] * special
    return np.array(begins)


def _begins(text: str) -> bool:
    # U+FFFD: the token holds only a part of a character, mostly of a letter beyond ASCII.
    first = text[:1]
    if first in ("", "\ufffd"):
        return False
    if unicodedata.category(first)[0] in "LMN":
        return unicodedata.name(first, "").startswith(_UNSPACED)
    return True
