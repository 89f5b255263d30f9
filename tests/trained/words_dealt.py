"""The law of words that change places: within their lists, alike in all texts of a pair, and nothing else changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+|\W", text)


def check_dealt(before: Iterable[str], after: Iterable[str], lists: Mapping[str, int]) -> None:
    """AssertionError where texts did not become others by the law; `lists` has the number of each small word's list."""
    became: dict[str, str] = {}
    for old_text, new_text in zip(before, after, strict=True):
        for word, new in zip(words_of(old_text), words_of(new_text), strict=True):
            if word.lower() not in lists:
                assert new == word
                continue
            assert lists[new.lower()] == lists[word.lower()]
            assert new[0].isupper() == word[0].isupper()
            assert became.setdefault(word.lower(), new.lower()) == new.lower()
    # Who was told apart stays so.
    assert len(set(became.values())) == len(became)
