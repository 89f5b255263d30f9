"""The key that was probably meant: the near word of the same section, or the same word of another section."""

from __future__ import annotations

import difflib

from groundup.errors import did_you_mean
from groundup.recipe.fields import fields_of, keys_of

# How like two words are (0 to 1): a slip of the fingers, and a word that is only half remembered.
A_SLIP = 0.75
A_GUESS = 0.5
MOST_SHOWN = 3


def suggest_key(name: str, section: str, section_class: type, root_class: type, dashes: str = "") -> str:
    """A sentence that suggests full dotted keys for the unknown `name` of `section`, or lists what is known.

    `dashes` goes before each key: "--" where it was written on the command line.
    """
    prefix = f"{section}." if section else ""
    siblings = {sibling: prefix + sibling for sibling in fields_of(section_class)}
    keys = [key.dotted for key in keys_of(root_class)]
    if name in keys:
        *sections, last = name.split(".")
        return f"In a file, sections are nested: write {last!r} below {' and '.join(map(repr, sections))}."
    word = name.replace("-", "_")
    last = word.rsplit(".", 1)[-1]
    # Reversed, so that of several keys with the same last word the first is suggested.
    everywhere = {key.rsplit(".", 1)[-1]: key for key in reversed(keys)}
    likely = (
        _near(word, siblings, A_SLIP)
        or [key for key in keys if key.rsplit(".", 1)[-1] == last][:MOST_SHOWN]
        or _near(word, siblings, A_GUESS)
        or _near(last, everywhere, A_SLIP)
    )
    if likely:
        return f"Did you mean {' or '.join(repr(dashes + key) for key in likely)}?"
    return did_you_mean(word, siblings)


def _near(word: str, keys: dict[str, str], likeness: float) -> list[str]:
    return [keys[near] for near in difflib.get_close_matches(word, keys, n=1, cutoff=likeness)]
