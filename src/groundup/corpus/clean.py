"""Cleaning that says what it did: mended encoding faults, control characters, lines of mere symbols.

Text that is in order comes back byte for byte. ftfy's own defaults changed 321 of 499 good pages; with the
settings below it changed none and mended the same mojibake.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from groundup.corpus.document import Change, sample
from groundup.corpus.settings import RepairSettings

Profile: TypeAlias = Literal["faithful", "standard", "classic"]

_USUAL = RepairSettings()

# All of Unicode's Cc but tab and line feed, the byte order mark in mid-text, and two code points that are no
# characters.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
# Form feeds and vertical tabs end lines; joining the words beside them would make new ones.
_LINE_ENDING_CONTROLS = str.maketrans("\f\v", "\n\n")
_CARRIAGE_RETURN = re.compile("\r\n?")
# What rules and ornaments are drawn with. Full stops and brackets alone on a line mean something in prose and
# in code.
_SYMBOLS = "*_=~#+|/\\<>^•·–—─━═-"
_SYMBOL_LINE = re.compile(rf"(?m)^[ \t]*[{re.escape(_SYMBOLS)}][ \t]*(?:[{re.escape(_SYMBOLS)}][ \t]*){{2,}}$\n?")

# ftfy looks at this many characters at most at a time; prose has shorter lines.
_LONGEST_PIECE = 100_000


def clean(text: str, profile: Profile, repair: RepairSettings = _USUAL) -> tuple[str, list[Change]]:
    """The text as the profile's steps before the filters leave it, and the changes they made.

    What makes it classic comes after the filters, in `classic.py`.
    """
    changes: list[Change] = []
    for step in _steps(profile, repair):
        text, change = step(text)
        if change is not None:
            changes.append(change)
    return text, changes


def mend_lines(text: str) -> tuple[str, Change | None]:
    """Every line ends in a line feed alone."""
    if "\r" not in text:
        return text, None
    after, count = _CARRIAGE_RETURN.subn("\n", text)
    return after, Change("clean", "line endings", "edit", len(text), len(after), value=float(count))


def mend_encoding(text: str) -> tuple[str, Change | None]:
    """Text that was decoded wrongly once (mojibake) becomes what it was meant to be."""
    if text.isascii():
        return text, None
    mended: list[str] = []
    shown = ""
    count = 0
    # Not splitlines: U+0085 and its like are a letter's second half in text read as Latin-1 by mistake.
    for line in text.split("\n"):
        after = line if line.isascii() else _mend_line(line)
        if after != line:
            count += 1
            shown = shown or f"{line[:100].strip()} → {after[:100].strip()}"
        mended.append(after)
    if not count:
        return text, None
    after = "\n".join(mended)
    return after, Change("clean", "mojibake", "edit", len(text), len(after), value=float(count), sample=sample(shown))


def remove_controls(text: str) -> tuple[str, Change | None]:
    """Control characters go, but for tabs and line ends."""
    if not _CONTROLS.search(text):
        return text, None
    lines_kept = text.translate(_LINE_ENDING_CONTROLS)
    removed = Counter(_CONTROLS.findall(lines_kept))
    after = _CONTROLS.sub("", lines_kept)
    shown = around(text, _CONTROLS)
    count = float(removed.total() + text.count("\f") + text.count("\v"))
    change = Change("clean", "control characters", "edit", len(text), len(after), count, sample=shown, removed=removed)
    return after, change


def drop_symbol_lines(text: str) -> tuple[str, Change | None]:
    """Lines of three or more symbols and nothing else go: rules, rows of asterisks, ASCII ornaments."""
    found = _SYMBOL_LINE.findall(text)
    if not found:
        return text, None
    after = _SYMBOL_LINE.sub("", text)
    shown = sample(" ⏎ ".join(line.strip() for line in found[:5]))
    return after, Change("clean", "symbol lines", "drop line", len(text), len(after), float(len(found)), sample=shown)


def _steps(profile: Profile, repair: RepairSettings) -> Iterator[Callable[[str], tuple[str, Change | None]]]:
    yield mend_lines
    if repair.mojibake:
        yield mend_encoding
    if repair.control_characters:
        yield remove_controls
    if profile != "faithful" if repair.symbol_lines is None else repair.symbol_lines:
        yield drop_symbol_lines


def around(text: str, pattern: re.Pattern[str]) -> str:
    """The first place where a pattern is found, with a little of the text on both sides."""
    found = pattern.search(text)
    assert found is not None, "there is something to show"
    return text[max(0, found.start() - 30) : found.end() + 30]


def _mend_line(line: str) -> str:
    import ftfy

    if len(line) <= _LONGEST_PIECE:
        return ftfy.fix_text(line, _ftfy_settings())
    pieces = (line[at : at + _LONGEST_PIECE] for at in range(0, len(line), _LONGEST_PIECE))
    return "".join(ftfy.fix_text(piece, _ftfy_settings()) for piece in pieces)


@lru_cache(maxsize=1)
def _ftfy_settings() -> Any:
    import ftfy

    return ftfy.TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )
