"""The key that was probably meant: the near word of the same section, or the same word of another section."""

from __future__ import annotations

import difflib

from groundup.errors import did_you_mean
from groundup.recipe.fields import fields_of, keys_of

# Closer than `did_you_mean` asks: a sibling this like is a slip of the fingers, and no other is looked at.
A_SLIP = 0.75


def suggest_key(name: str, section: str, section_class: type, root_class: type) -> str:
    """A sentence that suggests a full dotted key for the unknown `name` of `section`, or lists the known."""
    prefix = f"{section}." if section else ""
    siblings = list(fields_of(section_class))
    word = name.replace("-", "_")
    if near := difflib.get_close_matches(word, siblings, n=1, cutoff=A_SLIP):
        return f"Did you mean {prefix + near[0]!r}?"
    keys = [key.dotted for key in keys_of(root_class)]
    if name in keys:
        *sections, last = name.split(".")
        return f"In a file, sections are nested: write {last!r} below {' and '.join(map(repr, sections))}."
    last = word.rsplit(".", 1)[-1]
    elsewhere = [key for key in keys if key.rsplit(".", 1)[-1] == last]
    if elsewhere:
        return f"Did you mean {' or '.join(map(repr, elsewhere[:3]))}?"
    if difflib.get_close_matches(word, siblings, n=1, cutoff=0.5):
        return did_you_mean(word, [prefix + sibling for sibling in siblings])
    # Reversed, so that of several keys with the same last word the first is suggested.
    lasts = {key.rsplit(".", 1)[-1]: key for key in reversed(keys)}
    if near := difflib.get_close_matches(last, list(lasts), n=1, cutoff=A_SLIP):
        return f"Did you mean {lasts[near[0]]!r}?"
    return did_you_mean(word, siblings)
