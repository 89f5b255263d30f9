"""The readable text of an HTML page, by one pass over its tags.

Python's own html.parser takes quadratic time on unclosed comments and raises on long character references,
and pages come from strangers. This scanner never looks at a character twice for the same thing: once a
closing mark is not found it is not searched again. It takes all text that a browser would show; telling an
article from its menu is not its job.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

# Elements whose content is no text to read.
_SKIPPED = frozenset({"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "head", "textarea"})
# Their content is no markup: only their own end tag ends them.
_RAW = frozenset({"script", "style", "textarea", "title", "iframe"})
_BLOCK_NAMES = """
    address article aside blockquote body br caption center dd details dialog div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol option p pre section select summary table
    tbody td tfoot th thead title tr ul
"""
_BLOCK = frozenset(_BLOCK_NAMES.split())
_PARAGRAPH_NAMES = "article blockquote div dl figure h1 h2 h3 h4 h5 h6 ol p pre section table ul"
_PARAGRAPH = frozenset(_PARAGRAPH_NAMES.split())

_NAME = re.compile(r"/?[a-zA-Z][^\s/>]{0,64}")
# A quote matters only where an attribute's value begins.
_QUOTE_OR_END = re.compile(r"=\s{0,20}([\"'])|>")
# Bounded digits: int() of a long string of them takes quadratic time, and raises beyond 4,300.
_REFERENCE = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});?")
_SPACES = re.compile(r"[ \t\r\f\v\n]+")


@dataclass(frozen=True)
class Page:
    """What a page says: its title, and its text with a line for each block and an empty line between paragraphs."""

    title: str
    text: str


def readable(page: str, *, is_xml: bool = False) -> Page:
    """The text of an HTML page. Never raises: what is no markup is text.

    With `is_xml` it is XHTML, where `<script/>` is a whole element and not the beginning of one.
    """
    scanner = _Scanner(page, is_xml)
    scanner.scan()
    return Page(scanner.title, scanner.text())


class _Scanner:
    def __init__(self, page: str, is_xml: bool) -> None:
        self.page = page
        self.is_xml = is_xml
        self.title = ""
        self.lines: list[str] = [""]
        self.parts: list[str] = []
        self.skipping = ""
        self.missing: set[str] = set()

    def scan(self) -> None:
        """Go through the page once, from tag to tag."""
        place = 0
        while True:
            opening = self.page.find("<", place)
            if opening < 0:
                self._say(self.page[place:])
                break
            self._say(self.page[place:opening])
            place = self._markup(opening)
        self._end_line()

    def text(self) -> str:
        """The lines so far, never more than one empty one in a row."""
        kept: list[str] = []
        for line in self.lines:
            if line or (kept and kept[-1]):
                kept.append(line)
        return "\n".join(kept).strip("\n")

    def _markup(self, start: int) -> int:
        """Deal with what begins with `<` at `start`; returns where it ends."""
        page = self.page
        if page.startswith("<!--", start):
            return self._after("-->", start + 4)
        if self.is_xml and page.startswith("<![CDATA[", start):
            end = self._after("]]>", start + 9)
            self._say(html.escape(page[start + 9 : end].removesuffix("]]>"), quote=False))
            return end
        if page.startswith(("<!", "<?"), start):
            return self._after(">", start + 2)
        name = _NAME.match(page, start + 1)
        if name is None:
            self._say("<")
            return start + 1
        end = self._tag_end(name.end())
        word = name[0].lower()
        if self.is_xml and page.startswith("/>", end - 2):
            self._break(word)
            return end
        self._tag(word, end)
        if word in _RAW:
            return self._raw(word, end)
        return end

    def _tag(self, name: str, end: int) -> None:
        word = name.removeprefix("/")
        if self.skipping:
            # A page that never closes its head shows its body all the same.
            if name == "/" + self.skipping or (self.skipping == "head" and word == "body"):
                self.skipping = ""
        elif name in _SKIPPED and self._is_closed(name, end):
            self.skipping = name
        self._break(word)

    def _break(self, word: str) -> None:
        """Begin a new line, or a new paragraph, where an element does."""
        if word in _BLOCK:
            self._end_line()
            if word in _PARAGRAPH:
                self.lines.append("")

    def _is_closed(self, name: str, start: int) -> bool:
        """Whether an element that began ends too; one that does not must not swallow the rest of the page."""
        return self._closing(name, start) is not None or (
            name == "head" and re.compile("<body", re.IGNORECASE).search(self.page, start) is not None
        )

    def _closing(self, name: str, start: int) -> re.Match[str] | None:
        if name in self.missing:
            return None
        closing = re.compile(rf"</{name}[\s/>]", re.IGNORECASE).search(self.page, start)
        if closing is None:
            self.missing.add(name)
        return closing

    def _raw(self, name: str, start: int) -> int:
        """Pass over the content of an element that holds no markup; a title's is taken."""
        closing = self._closing(name, start)
        if closing is None:
            return start
        end = closing.start()
        if name == "title" and not self.title:
            self.title = _SPACES.sub(" ", _unescape(self.page[start : min(end, start + 1000)])).strip()
        return end

    def _tag_end(self, place: int) -> int:
        while True:
            mark = _QUOTE_OR_END.search(self.page, place)
            if mark is None:
                return len(self.page)
            if mark[0] == ">":
                return mark.end()
            quote = mark[1]
            closing = -1 if quote in self.missing else self.page.find(quote, mark.end())
            if closing < 0:
                self.missing.add(quote)
            place = mark.end() if closing < 0 else closing + 1

    def _after(self, mark: str, start: int) -> int:
        """Where `mark` ends; a comment that never ends is taken to end at the next `>`, and else at the page's end."""
        found = -1 if mark in self.missing else self.page.find(mark, start)
        if found >= 0:
            return found + len(mark)
        self.missing.add(mark)
        return len(self.page) if mark == ">" else self._after(">", start)

    def _say(self, words: str) -> None:
        if words and not self.skipping:
            self.parts.append(words)

    def _end_line(self) -> None:
        line = _SPACES.sub(" ", _unescape("".join(self.parts))).strip(" ")
        self.parts = []
        if line:
            self.lines.append(line)


def _unescape(text: str) -> str:
    return _REFERENCE.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text
