"""Books: Project Gutenberg's headers and footers taken off, and title, author and date taken from them.

Fifty years of volunteers left several generations of marks. What stands before the last opening mark near the
top and after the first closing mark near the end is not the book; a book without marks stays as it is.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from groundup.corpus.document import Change, Reading, sample
from groundup.corpus.sources.decode import character_set
from groundup.corpus.sources.listing import InputFile

METADATA = "metadata.txt"

# The longest legal preambles (the "small print" of the 1990s, in English and again in Spanish) are shorter.
_HEADER_LINES = 800
_LARGEST_METADATA = 10_000_000

# Patterns are tried on single stripped lines of at most this many characters, so none can run long.
_LINE = 200

_OPENINGS = (
    # 2003 on: *** START OF THE PROJECT GUTENBERG EBOOK EMMA ***, also THIS, E-BOOK, ETEXT, and fewer stars.
    re.compile(r"\*{0,3} ?START OF (?:THE |THIS )?PROJECT GUTENBERG'?S? E-?(?:BOOK|TEXT)", re.IGNORECASE),
    # 1991 to 2003: *END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*
    re.compile(r"\*{1,3} ?END ?\*{0,3} ?THE SMALL PRINT", re.IGNORECASE),
    re.compile(r"\*{1,3} ?END OF THE SMALL PRINT", re.IGNORECASE),
)
_CLOSINGS = (
    re.compile(r"\*{0,3} ?END OF (?:THE |THIS )?PROJECT GUTENBERG'?S? E-?(?:BOOK|TEXT)", re.IGNORECASE),
    # 1991 to 2003: End of Project Gutenberg's Emma, by Jane Austen; End of The Project Gutenberg Etext of ...
    re.compile(r"\*{0,3} ?END OF (?:THE |THIS )?PROJECT GUTENBERG", re.IGNORECASE),
    re.compile(r"\*{3} ?START ?\*{0,3} ?THE SMALL PRINT", re.IGNORECASE),
    re.compile(r"\*{3} ?START: FULL LICENSE", re.IGNORECASE),
)
# Who typed, scanned and proofread: paragraphs that stand between the opening mark and the book.
_CREDITS = re.compile(
    r"(?:produced by |e-?text prepared by |transcribed (?:from|by) |scanned (?:and|by) |digitized by "
    r"|prepared by |this (?:e-?text|e-?book|file) was |html version by |credits: ?|note: project gutenberg )",
    re.IGNORECASE,
)
_NAMES_PROJECT = re.compile(
    r"\*{0,3} ?(?:this is )?(?:the )?project gutenberg(?:'s|\W{1,3}e-?text|\W{1,3}e-?book)", re.IGNORECASE
)
# Character set encoding: ISO-8859-1
_DECLARED = re.compile(rb"character set encoding: {0,10}([a-z][a-z0-9._-]{1,30})", re.IGNORECASE)
_DECLARED_WITHIN = 64 * 2**10
# What the project writes into its pages; others write its name alone.
_MARKED = re.compile(
    rb"(?:start|end) of (?:the |this )?project gutenberg|the project gutenberg'?s? e-?(?:book|text)", re.IGNORECASE
)
_FIELD = re.compile(r"(title|author|release date|posting date|creator): {0,20}(.{1,150})", re.IGNORECASE)
_FIRST_LINE = re.compile(
    r"\*{0,3} ?(?:the )?project gutenberg(?:'s)?(?: e-?(?:book|text))?(?: of| of,|,)? (.{1,120}?),? by (.{1,100})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Parts:
    """A book taken apart: `header` + `text` + `footer` is the file, to the character."""

    header: str
    text: str
    footer: str
    title: str = ""
    author: str = ""
    date: str = ""


def split_book(text: str) -> Parts:
    """Take off what Project Gutenberg put around a book. Without its marks all is text."""
    if "gutenberg" not in text.lower():
        return Parts("", text, "")
    lines = text.splitlines(keepends=True)
    shown = [line[:_LINE].strip() for line in lines]
    start = _start(shown)
    end = _end(shown, start)
    # The empty lines at either edge belong to the marks, where there are any.
    while 0 < start < end and not shown[start]:
        start += 1
    while end < len(lines) and end > start and not shown[end - 1]:
        end -= 1
    header, body, footer = ("".join(part) for part in (lines[:start], lines[start:end], lines[end:]))
    title, author, date = _described(shown[:start])
    return Parts(header, body, footer, title, author, date)


def book(reading: Reading, file: InputFile) -> Reading:
    """A text's reading as a book, if its source says it is one or its marks do."""
    if file.settings.kind == "files":
        return reading
    parts = split_book(reading.document.text)
    known = metadata(file.root).get(file.path.name.split(".")[0], {})
    title = titled(known.get("title") or parts.title, known.get("creator") or parts.author)
    title = title or reading.document.title
    if file.settings.kind == "books" and not title:
        title = file.path.name.split(".")[0].replace("_", " ")
    document = replace(
        reading.document,
        text=parts.text,
        title=title,
        date=parts.date or known.get("date", "") or reading.document.date,
        address=known.get("url") or reading.document.address,
    )
    length = len(reading.document.text)
    changes = []
    for rule, part in (("Gutenberg header", parts.header), ("Gutenberg footer", parts.footer)):
        if part:
            changes.append(Change("read", rule, "cut", length, length - len(part), sample=sample(part.strip())))
            length -= len(part)
    return Reading(document, reading.characters, (*reading.changes, *changes))


def is_marked(data: bytes) -> bool:
    """Whether a page of HTML, whose lines are its markup's, is a book of Project Gutenberg's."""
    return _MARKED.search(data) is not None


def declared_encoding(data: bytes) -> str | None:
    """The encoding that Project Gutenberg's header names, for texts that are not UTF-8; None where it is no help."""
    declared = _DECLARED.search(data, 0, _DECLARED_WITHIN)
    return character_set(declared[1].decode()) if declared else None


@lru_cache(maxsize=64)
def metadata(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """What `metadata.txt` says of the books beside it, by file name up to the first dot.

    Its sections have the keys title, creator, url and date. Empty where there is none, or some other text.
    """
    path = folder / METADATA
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        if path.stat().st_size > _LARGEST_METADATA:
            return {}
        parser.read_string(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, configparser.Error):
        return {}
    return {section: dict(parser[section]) for section in parser.sections()}


def _start(shown: list[str]) -> int:
    """The line where the book begins."""
    marks = [
        number for number, line in enumerate(shown[:_HEADER_LINES]) if any(pattern.match(line) for pattern in _OPENINGS)
    ]
    if marks:
        # A mark may go on over the next line: *** START OF ... EBOOK A LONG TITLE / WITH A SECOND LINE ***
        start = marks[-1] + 1
        while start < len(shown) and shown[start] and not shown[start - 1].endswith("*"):
            start += 1
        return _after_credits(shown, start)
    start = _after_preamble(shown)
    # "Produced by" at the top of a text that carries no mark is the text's own.
    return _after_credits(shown, start) if start else 0


def _after_preamble(shown: list[str]) -> int:
    """Without an opening mark, only paragraphs at the very top that begin with the project's name are no book."""
    start = 0
    while True:
        first = start
        while first < len(shown) and not shown[first]:
            first += 1
        if first == len(shown) or not _NAMES_PROJECT.match(shown[first]):
            return start
        start = _paragraph_end(shown, first)


def _after_credits(shown: list[str], start: int) -> int:
    while True:
        first = start
        while first < len(shown) and not shown[first]:
            first += 1
        if first == len(shown) or not _CREDITS.match(shown[first].lstrip("[")):
            return start
        start = _paragraph_end(shown, first)


def _paragraph_end(shown: list[str], line: int) -> int:
    while line < len(shown) and shown[line]:
        line += 1
    return line


def _end(shown: list[str], start: int) -> int:
    """The line where the book has ended."""
    # Only the last mark's neighbourhood counts: a book may quote the words in its middle, and the licence,
    # which is up to 400 lines long, follows the first of the closing lines at once.
    marks = [
        number for number in range(start, len(shown)) if any(pattern.match(shown[number]) for pattern in _CLOSINGS)
    ]
    if not marks:
        return len(shown)
    near = [number for number in marks if marks[-1] - number <= _HEADER_LINES]
    return near[0] if len(shown) - marks[-1] <= _HEADER_LINES else len(shown)


def _described(header: list[str]) -> tuple[str, str, str]:
    """Title, author and date as the header gives them."""
    found: dict[str, str] = {}
    for line in header:
        field = _FIELD.match(line)
        if field:
            found.setdefault(field[1].lower(), field[2].strip())
    first = next((match for line in header[:10] if (match := _FIRST_LINE.match(line))), None)
    title = found.get("title") or (first[1].strip() if first else "")
    author = found.get("author") or found.get("creator") or (first[2].strip(" *") if first else "")
    date = found.get("release date") or found.get("posting date") or ""
    return title, author, date.split("[")[0].strip()


def titled(title: str, author: str) -> str:
    """`Emma, by Jane Austen`; an author given as `Austen, Jane` is turned round."""
    if author.count(",") == 1:
        last, first = author.split(",")
        author = f"{first.strip()} {last.strip()}"
    return f"{title}, by {author}" if title and author else title
