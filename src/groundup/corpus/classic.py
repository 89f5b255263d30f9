"""The textbook recipe for word-level models: compatibility forms, no punctuation, perhaps no capitals.

It comes after everything that judges a text: without punctuation the usual quality rules drop every page, and
`we're` cannot be told from `were`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from groundup.corpus.document import Change, sample
from groundup.corpus.settings import ClassicSettings

_WORD_OR_SPACE = re.compile(r"\s+|\S+")
_SPACES = re.compile(r"[ \t]{2,}")
_APOSTROPHES = "'’"
_IN_NUMBERS = ".,:/"


def make_classic(text: str, settings: ClassicSettings) -> tuple[str, list[Change]]:
    """NFKC, punctuation and symbols (Unicode P and S) out, small letters if wanted; and the change that was."""
    removed: Counter[str] = Counter()
    after = unicodedata.normalize("NFKC", text) if settings.compatibility_forms else text
    if settings.punctuation:
        after = _without_punctuation(after, settings, removed)
    if settings.lowercase:
        after = after.lower()
    if after == text:
        return text, []
    shown = sample("".join(character for character, _ in removed.most_common(40)))
    count = float(removed.total())
    return after, [Change("finish", "classic", "edit", len(text), len(after), count, sample=shown, removed=removed)]


def _without_punctuation(text: str, settings: ClassicSettings, removed: Counter[str]) -> str:
    """The text without what `settings` do not keep, one space between words; what was removed is counted."""
    unwanted = {
        character
        for character in set(text)
        if unicodedata.category(character)[0] in "PS" and character not in settings.keep
    }
    words = [
        word if word.isalnum() or word.isspace() else _stripped(word, unwanted, settings.inside_words, removed)
        for word in _WORD_OR_SPACE.findall(text)
    ]
    return "\n".join(_SPACES.sub(" ", line).strip(" \t") for line in "".join(words).split("\n"))


def _stripped(word: str, unwanted: set[str], inside_words: bool, removed: Counter[str]) -> str:
    """A word between spaces without its punctuation; what was removed is counted, and leaves a space."""
    start, end = 0, len(word)
    while start < end and not word[start].isalnum():
        start += 1
    while end > start and not word[end - 1].isalnum():
        end -= 1
    keeps_inside = not inside_words and _is_address(word[start:end])
    kept = []
    for place, character in enumerate(word):
        if character not in unwanted or (
            start < place < end
            and (keeps_inside or (not inside_words and _joins(word[place - 1], character, word[place + 1])))
        ):
            kept.append(character)
        else:
            removed[character] += 1
            # An apostrophe joins what it stands between; anything else parts it.
            kept.append("" if character in _APOSTROPHES else " ")
    return "".join(kept)


def _is_address(core: str) -> bool:
    """Whether a word is a web or mail address."""
    name, at, host = core.partition("@")
    return "://" in core or core.lower().startswith("www.") or bool(name and at and "." in host)


def _joins(before: str, character: str, after: str) -> bool:
    """Whether a mark belongs to the number or the contraction around it: 10.1, 1,000, 12:30, we're."""
    if character in _IN_NUMBERS:
        return before.isdigit() and after.isdigit()
    return character in _APOSTROPHES and before.isalpha() and after.isalpha()
