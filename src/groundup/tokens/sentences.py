"""Where sentences begin in a stream of tokens, told from the ids alone, so that any shards will do.

A sentence begins where a document does; behind a paragraph's end (two line ends with nothing but space between them);
and behind a token that closes with . ! ? or an ellipsis, quotation marks and brackets aside, where space follows and
the next letter is no small one. Titles (Mr, Dr) and initials are no ends where they are tokens of their own. Chinese
and Japanese full stops need no space behind them. The rules read tokens, not characters, so that a table over the
vocabulary holds all that is to know of a text; only tokens that may end a sentence, a few in a hundred, are looked at.

It holds for all kinds of tokenizer. With `character`, whose tokens know nothing of the word they are in, titles and
initials are taken for ends; with `lower_case` no capital is asked for. A token that holds a part of a character counts
as a capital letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundup.tokens.shards import TokenStream
from groundup.tokens.tokenizer import Tokenizer

_STOPS = ".!?…。！？"
_UNSPACED_STOPS = "。！？"
# Stand between a stop and what follows, and tell nothing of either.
_MARKS = "\"'“”‘’«»„()[]{}*_`「」『』（）"
_CLOSING = "\"'”’»)]}」』）"
# Go on with a sentence, as small letters do.
_GOES_ON = ",;:" + _STOPS
_TITLES = {"Mr", "Mrs", "Ms", "Mme", "Mlle", "Messrs", "Dr", "Prof", "Rev", "Hon", "St", "Mt", "Jr", "Sr"}
_TITLES |= {"Capt", "Col", "Gen", "Lt", "Sgt"}

# How far behind a stop the next sentence may begin, and its first letter stand behind that.
_REACH = 32
# Tokens looked at in one go: bounded memory on any stream.
_AT_ONCE = 1 << 24


@dataclass(frozen=True)
class SentenceRules:
    """What each token of a vocabulary (V) says of the sentences around it."""

    stops: NDArray[np.bool_]
    """[V] a sentence may end with it."""
    stops_unspaced: NDArray[np.bool_]
    """[V] the next one then needs no space before it."""
    period: NDArray[np.bool_]
    """[V] it is a full stop alone, which may belong to a title or an initial before it."""
    shortened: NDArray[np.bool_]
    """[V] it is a title or an initial."""
    lines: NDArray[np.int8]
    """[V] number of line ends in a token of nothing but space, at most 2."""
    blank: NDArray[np.bool_]
    """[V] it is nothing but space."""
    opens: NDArray[np.bool_]
    """[V] a sentence may begin with it: it is neither blank nor a special token."""
    closing: NDArray[np.bool_]
    """[V] it is nothing but closing marks."""
    spaced: NDArray[np.bool_]
    """[V] it begins with space."""
    closes_spaced: NDArray[np.bool_]
    """[V] it ends with space."""
    telling: NDArray[np.bool_]
    """[V] it holds something other than space and marks."""
    small: NDArray[np.bool_]
    """[V] the first such thing is a small letter, or goes on with a sentence as one does."""


def sentence_rules(tokenizer: Tokenizer) -> SentenceRules:
    """The rules for what `tokenizer` writes."""
    texts = [tokenizer.text(token) for token in range(tokenizer.vocabulary)]
    special = len(tokenizer.special_tokens)
    # Special tokens are no text: nothing ends or begins at them, but at a word that is not known it may.
    texts[:special] = ["<>"] * special
    if tokenizer.kind in ("word", "wordpiece"):
        texts[tokenizer.unknown] = " <>"
    bare = [text.strip().strip(_MARKS) for text in texts]
    first = [text.strip().strip(_MARKS)[:1] for text in texts]
    # Ours normalise nothing but capitals.
    has_capitals = tokenizer._engine.normalizer is None
    ends = [text.rstrip().rstrip(_MARKS)[-1:] for text in texts]

    def table(values: Any) -> NDArray[np.bool_]:
        return np.fromiter(values, dtype=bool, count=len(texts))

    return SentenceRules(
        stops=table(end != "" and end in _STOPS for end in ends),
        stops_unspaced=table(end != "" and end in _UNSPACED_STOPS for end in ends),
        period=table(text == "." for text in texts),
        shortened=table(map(_is_shortened, texts)),
        lines=np.array([min(text.count("\n"), 2) if text.isspace() else 0 for text in texts], dtype=np.int8),
        blank=table(text.isspace() for text in texts),
        opens=table(token >= special and not text.isspace() for token, text in enumerate(texts))
        | (np.arange(len(texts)) == tokenizer.unknown),
        closing=table(text != "" and not text.strip(_CLOSING) for text in texts),
        spaced=table(text[:1].isspace() for text in texts),
        closes_spaced=table(text[-1:].isspace() for text in texts),
        telling=table(text != "" for text in bare),
        small=table((has_capitals and letter.islower()) or letter in tuple(_GOES_ON) for letter in first),
    )


def sentence_ends(tokenizer: Tokenizer) -> tuple[int, ...]:
    """The ids that may end a sentence or a line, whatever stands around them, the end of a text among them.

    For who looks at single tokens: a full stop in a number ends one too, and so does the one behind a title.
    """
    rules = sentence_rules(tokenizer)
    return (tokenizer.end, *np.flatnonzero(rules.stops | (rules.lines > 0)).tolist())


def sentence_starts(stream: TokenStream, rules: SentenceRules) -> NDArray[np.int64]:
    """[sentences] where each begins in `stream.tokens`, rising; documents' starts are among them.

    The space before a word belongs to the sentence behind it where it is part of the word's token, and to the one
    before it where it is a token of its own.
    """
    found = [np.asarray(stream.starts, dtype=np.int64)]
    for begin in range(0, len(stream.tokens), _AT_ONCE):
        # What a sentence's end is told from may stand before the part, and the next beginning behind it.
        low = max(0, begin - 1)
        part = np.asarray(stream.tokens[low : begin + _AT_ONCE + 3 * _REACH])
        found.append(_within(part, rules, begin - low, begin - low + _AT_ONCE) + low)
    return np.unique(np.concatenate(found))


def starts_in(tokens: NDArray[Any], rules: SentenceRules) -> NDArray[np.int64]:
    """[sentences] where each begins in the `tokens` [T] of one short text, rising from 0."""
    return np.unique(np.append(_within(tokens, rules, 0, len(tokens)), 0))


def _within(tokens: NDArray[Any], rules: SentenceRules, begin: int, end: int) -> NDArray[np.int64]:
    """Beginnings of the sentences that follow from ends at `begin` to `end` of `tokens`."""
    is_end = rules.stops | (rules.lines > 0)
    places = np.flatnonzero(is_end[tokens[begin:end]]) + begin
    ids = tokens[places]
    is_stop = rules.stops[ids]
    before = tokens[np.maximum(places - 1, 0)]
    is_stop &= ~(rules.period[ids] & (places > 0) & rules.shortened[before])
    lines = rules.lines[ids].copy()
    may_begin, is_unspaced = rules.closes_spaced[ids], rules.stops_unspaced[ids]
    found = []
    for _ in range(_REACH):
        if not len(places):
            break
        places = places + 1
        inside = places < len(tokens)
        places, is_stop, is_unspaced, lines, may_begin = (
            values[inside] for values in (places, is_stop, is_unspaced, lines, may_begin)
        )
        ids = tokens[places]
        is_blank = rules.blank[ids]
        may_begin = may_begin | rules.spaced[ids] | (is_unspaced & ~rules.closing[ids])
        lines = np.minimum(lines + rules.lines[ids], 2)
        is_next = may_begin & rules.opens[ids]
        is_paragraph = lines >= 2
        found.append(places[is_next & is_paragraph])
        asked = places[is_next & is_stop & ~is_paragraph]
        found.append(asked[~_small_letter(tokens, asked, rules)])
        # Space, and marks that close what has ended, leave the question open; a word without a space, as in 3.14, and
        # what has been asked about settle it.
        is_open = is_blank | ~(may_begin | rules.telling[ids])
        places, is_stop, is_unspaced, lines, may_begin = (
            values[is_open] for values in (places, is_stop, is_unspaced, lines, may_begin | rules.closes_spaced[ids])
        )
    return np.concatenate([np.empty(0, dtype=np.int64), *found])


def _small_letter(tokens: NDArray[Any], places: NDArray[np.int64], rules: SentenceRules) -> NDArray[np.bool_]:
    """Whether the first telling token from each place on begins with a small letter."""
    small = np.zeros(len(places), dtype=bool)
    waiting = np.arange(len(places))
    for ahead in range(_REACH):
        at = places[waiting] + ahead
        waiting, at = waiting[at < len(tokens)], at[at < len(tokens)]
        ids = tokens[at]
        is_telling = rules.telling[ids]
        small[waiting[is_telling]] = rules.small[ids[is_telling]]
        waiting = waiting[~is_telling]
        if not len(waiting):
            break
    return small


def _is_shortened(text: str) -> bool:
    word = text.strip().strip(_MARKS)
    is_initial = len(word) == 1 and word.isupper() and word != "I" and text[:1].isspace()
    return is_initial or word.capitalize() in _TITLES
