"""The lines of a wiki's page once its markup is written out: quotes, lists, headings, holes, spaces.

What stands at the beginning of a line means something in wiki markup, and what was taken out of a sentence leaves
spaces, commas and brackets behind. Both are seen only when a line is whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from groundup.corpus.extraction.marks import (
    ASIDE,
    BULLET,
    CELL,
    END,
    HEADING,
    HOLE,
    HOLES,
    INDENT,
    LESS,
    REMOVED,
    RESERVED,
)
from groundup.corpus.extraction.wikitext_tags import EXTENSIONS, KNOWN

# Lines without any of these need nothing but their ends trimmed.
_SPECIAL = re.compile("[\ufdd0-\ufdef]|''|  |__|\\{\\{|\\}\\}|\\[\\[|\\]\\]|</?[A-Za-z]|^[ =|!{]")
_QUOTES = re.compile("'{2,}")
_MAGIC_WORD = re.compile(r"__([^\W_]{2,40})__")
_BROKEN = re.compile(
    r"\{\{|\}\}|\[\[|\]\]|^(?:\{\||\|[-}+]?|!)"
    rf"|[<{LESS}]/?(?:{'|'.join(sorted(KNOWN))})\b[^<>{LESS}]{{0,200}}>"
    rf"|[<{LESS}]/?(?:{'|'.join(sorted(EXTENSIONS))})\b",
    re.IGNORECASE,
)
_HOLE = f"(?:{HOLE}\\d{{1,9}}{END}|{REMOVED})"
# A bracket that held nothing but what went, and separators at the beginning of one: "( ; from Greek ...)".
_BRACKETS = re.compile(rf"[ \u00a0]?([(（])([\s\u00a0;,:]*{REMOVED}[\s\u00a0;,:{REMOVED}]*)([)）]?)")
_BEFORE_POINT = re.compile(rf"(?<! ) +({REMOVED}+)(?=[.,;:!?)])")
_AROUND = re.compile(rf" ?{REMOVED}[{REMOVED} ]* ?")
_SPACES = re.compile(" {2,}")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)]{0,3}(?=\s)|(?<=[。！？])|$")
_WORD = re.compile(r"\w")


@dataclass
class Lines:
    """The text, and what was found and taken out on the way to it."""

    text: str = ""
    broken: list[str] = field(default_factory=list)
    """Marks that the parser could make nothing of."""
    in_sentences: Counter[int] = field(default_factory=Counter)
    """The holes, by number, that stand beside words."""
    alone: Counter[int] = field(default_factory=Counter)
    """The holes, by number, that had a line to themselves."""
    headings: list[str] = field(default_factory=list)
    """Headings of sections that nothing is left of."""
    sentences: list[str] = field(default_factory=list)
    """Sentences that went because of a hole, without it."""


def write_lines(rough: str, *, drops_sentences: bool) -> Lines:
    """The lines of a page from what was written in place of its nodes, marks and all."""
    result = Lines()
    lines: list[tuple[int, str]] = []
    for raw in rough.split("\n"):
        if not _SPECIAL.search(raw):
            lines.append((0, raw.rstrip(" ")))
            continue
        level, line = _line(raw, result, drops_sentences=drops_sentences)
        if line is not None:
            lines.append((level, line.rstrip(" ")))
    result.text = _joined(_without_empty_sections(lines, result))
    return result


def _line(raw: str, result: Lines, *, drops_sentences: bool) -> tuple[int, str | None]:
    """A line's level if it is a heading, and its text; None where the line itself goes."""
    level, raw = _heading(raw)
    begins_with_space = raw.startswith(" ")
    is_row = CELL in raw
    depth, is_item, line = _list_marks(raw)
    line = _without_broken(line, result)
    if "''" in line:
        line = _without_quotes(line)
    if "__" in line:
        line = _MAGIC_WORD.sub(lambda found: found[0] if found[1] != found[1].upper() else REMOVED, line)
    line, hole_is_alone = _count_holes(line, result)
    if HOLE in line:
        line = _without_sentences(line, result, is_row=is_row) if drops_sentences else HOLES.sub(REMOVED, line)
    had_marks = REMOVED in line or hole_is_alone
    if REMOVED in line:
        begins_with_gap = line.lstrip(" ").startswith(REMOVED)
        line = _closed_up(line)
        # What is left of "* {{cite book|...}}, second edition."
        line = line.lstrip(" ,;:.") if begins_with_gap and is_item else line
    line = line.replace(LESS, "<")
    if is_row:
        cells = [_SPACES.sub(" ", cell).strip(" ") for cell in line.split(CELL)[1:]]
        line = "\t".join(cells).rstrip("\t")
        return 0, line if any(cells) else None
    if begins_with_space and not had_marks and not is_item:
        # A line that begins with a space is shown as it was typed: programs, verses.
        return level, line[1:]
    line = _SPACES.sub(" ", line).strip(" ")
    if is_item and depth:
        return 0, f"{'  ' * (depth - 1)}- {line}" if line else None
    return level, None if not line and (had_marks or is_item or level) else line


def _heading(raw: str) -> tuple[int, str]:
    if raw.startswith(HEADING):
        return int(raw[1]), raw[2:].strip(" ")
    # The parser leaves some as they stand: with a comment behind them, or a tag across them.
    if raw.startswith("=") and raw.rstrip(" ").endswith("="):
        bare = raw.strip(" =")
        if bare:
            return max(1, min(6, (len(raw.strip(" ")) - len(bare)) // 2)), bare
    return 0, raw


def _list_marks(line: str) -> tuple[int, bool, str]:
    """How deep a list's item lies (0 where it has no bullet), whether it is one, and the rest."""
    place = 0
    while place < len(line) and line[place] in (BULLET, INDENT):
        place += 1
    if not place:
        # In mid-line the mark stands between a term and its definition.
        return 0, False, line.replace(INDENT, ":").replace(BULLET, "*")
    depth = place if line[place - 1] == BULLET else 0
    return depth, True, line[place:].replace(INDENT, ":").replace(BULLET, "*").lstrip(" ")


def _without_broken(line: str, result: Lines) -> str:
    found = [match[0] for match in _BROKEN.finditer(line)]
    if not found:
        return line
    result.broken += found
    return _BROKEN.sub("", line)


def _without_quotes(line: str) -> str:
    """Without the quotes that make letters slanted or bold: of four one is shown, of six two, as in MediaWiki.

    Where bold and slanted letters both do not end, one of three quotes is an apostrophe: L'''Avventura''.
    """
    runs = [len(run) for run in _QUOTES.findall(line)]
    bold = sum(run == 3 or run >= 5 or run == 4 for run in runs)
    slanted = sum(run == 2 or run >= 5 for run in runs)
    spare = bold % 2 == 1 and slanted % 2 == 1

    def instead(found: re.Match[str]) -> str:
        nonlocal spare
        length = len(found[0])
        if length == 3 and spare and line[max(0, found.start() - 1) : found.start()].isalpha():
            spare = False
            return "'"
        return "'" if length == 4 else "'" * max(0, length - 5)

    return _QUOTES.sub(instead, line)


def _count_holes(line: str, result: Lines) -> tuple[str, bool]:
    """The line without the holes that have it to themselves, and whether it had such."""
    if HOLE not in line:
        return line, False
    numbers = Counter(map(int, HOLES.findall(line)))
    rest = RESERVED.sub("", HOLES.sub("", line.replace(END, END + " ") if ASIDE.search(line) else line))
    if _WORD.search(rest):
        result.in_sentences.update(numbers)
        return line, False
    result.alone.update(numbers)
    return HOLES.sub(REMOVED, line), True


def _without_sentences(line: str, result: Lines, *, is_row: bool) -> str:
    """The line without the sentences that have a hole; a table's row goes whole."""
    if is_row:
        result.sentences.append(HOLES.sub("", line))
        return CELL
    kept, start = [], 0
    for found in _SENTENCE_END.finditer(line):
        sentence = line[start : found.end()]
        start = found.end()
        if HOLE in sentence:
            result.sentences.append(HOLES.sub("", sentence).strip())
        else:
            kept.append(sentence)
    return "".join(kept) or REMOVED


def _closed_up(line: str) -> str:
    """The line without the spaces, commas and brackets that stood around what went."""
    line = _BRACKETS.sub(lambda found: REMOVED if found[3] else _opened(found), line)
    line = _BEFORE_POINT.sub(r"\1", line)
    return _AROUND.sub(lambda found: " " if found[0][0] == " " or found[0][-1] == " " else "", line)


def _opened(found: re.Match[str]) -> str:
    before = found[0][: found[0].index(found[1])]
    return before + found[1]


def _without_empty_sections(lines: Sequence[tuple[int, str]], result: Lines) -> list[tuple[int, str]]:
    """The lines without headings that nothing follows before the next one of the same rank or a higher."""
    kept: list[tuple[int, str]] = []
    # By level: whether a heading of that level would have something under it.
    filled = [False] * 7
    for level, line in reversed(lines):
        if level:
            if not filled[level]:
                result.headings.append(line)
                continue
            filled[level:] = [False] * (7 - level)
        elif line:
            filled = [True] * 7
        kept.append((level, line))
    result.headings.reverse()
    kept.reverse()
    return kept


def _joined(lines: Sequence[tuple[int, str]]) -> str:
    """The lines with one empty line at most between two, and one around each heading."""
    shown: list[str] = []
    for level, line in lines:
        if (level or not line) and shown and shown[-1]:
            shown.append("")
        if line:
            shown.append(line)
            if level:
                shown.append("")
    return "\n".join(shown).strip("\n")
