r"""Characters that stand for something while a wiki's page is written out, and for nothing before and after.

Unicode keeps U+FDD0 to U+FDEF for a program's own use and promises that no text has them; what has them is made free
of them first. `\ufdd0 7 \ufdd1` is the seventh thing set aside, `\ufdd2 7 \ufdd1` the hole of the seventh template.
"""

from __future__ import annotations

import re

SET_ASIDE = "\ufdd0"
END = "\ufdd1"
HOLE = "\ufdd2"
REMOVED = "\ufdd3"
"""Something went here that left no hole in a sentence: a note, a citation."""
BULLET = "\ufdd4"
INDENT = "\ufdd5"
HEADING = "\ufdd6"
"""Begins the line of a heading; its level follows, one digit."""
CELL = "\ufdd7"
"""Between two cells of a row; a row begins with it too."""
LESS = "\ufdd8"
"""A `<` that begins no tag, or a tag that never ends."""

RESERVED = re.compile("[\0\ufdd0-\ufdef]")
"""The zero is mwparserfromhell's own sign for the end of a page."""
ASIDE = re.compile(f"{SET_ASIDE}(\\d{{1,9}}){END}")
HOLES = re.compile(f"{HOLE}(\\d{{1,9}}){END}")
