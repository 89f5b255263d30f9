"""Wiki markup made safe to parse: comments go, and what opens and never closes loses its mark.

mwparserfromhell tries each opening mark by reading on to the end of the page and back again, so 20 kB of `{{a|` cost it
10 seconds and twice as much costs four times that. With every mark closed its time grows with the page. One pass here
matches openings and endings as MediaWiki does: a template before a link, and an extension's tag, such as a reference,
before both. Words stay, but for the arguments of a template whose other end is missing, as far as the line goes and up
to the next mark: `{{cite web|title=` is no text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from groundup.corpus.extraction.marks import LESS
from groundup.corpus.extraction.wikitext_tags import BLOCKS, EXTENSIONS, KNOWN, RAW, SINGLE

_TOKEN = re.compile(
    r"<!--"
    r"|\{{2,}|\}{2,}|\[\[|\]\]"
    r"|\[(?=(?:[A-Za-z]{2,10}:)?//)|\]"
    r"|(?m:^[ :]{0,20}\{\||^[ ]{0,20}\|\}(?!\}))"
    r"|<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9]{0,30})\b[^<>]*?(?P<alone>/?)>"
    r"|<(?=/?[A-Za-z])"
)
_RAW_END = {name: re.compile(rf"</{name}\s{{0,20}}>", re.IGNORECASE) for name in sorted(RAW)}
# The parser gives up beyond 40 levels, and leaves the rest as it stands.
_DEEPEST = 30


@dataclass
class Balanced:
    """The text that is left, and what went."""

    text: str
    comments: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """The marks that went: openings without an end, ends without an opening."""


@dataclass
class _Opening:
    kind: str
    start: int
    end: int
    followed: int = 0
    """Where the next mark begins."""


def balance(text: str) -> Balanced:
    """`text` without comments and without unmatched marks, in time that grows with its length."""
    return _Balancer(text).run()


class _Balancer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.result = Balanced("")
        self.open: list[_Opening] = []
        self.counts: dict[str, int] = {}
        self.missing: set[str] = set()
        self.edits: list[tuple[int, int, str]] = []
        self.previous = 0
        # Links to other sites, [http://...], end on their line and hold no others.
        self.link = -1
        self.checked = 0

    def run(self) -> Balanced:
        """Go through the page once, from mark to mark."""
        place = 0
        while found := _TOKEN.search(self.text, place):
            self._check_link(found.start())
            if self.open and not self.open[-1].followed:
                self.open[-1].followed = found.start()
            place = self.previous = self._meet(found)
        self._check_link(len(self.text))
        self._unclosed_link()
        while self.open:
            self._unclosed(self.open.pop())
        self.edits.sort()
        parts, done = [], 0
        for start, end, instead in self.edits:
            parts += [self.text[done:start], instead]
            done = max(done, end)
        self.result.text = "".join([*parts, self.text[done:]])
        return self.result

    def _meet(self, found: re.Match[str]) -> int:
        """Deal with one mark; returns where to go on."""
        mark, start, end = found[0], found.start(), found.end()
        if mark == "<!--":
            return self._comment(start)
        if mark[0] in "{}" and mark[-1] == mark[0]:
            for place in range(start, end - 1, 2):
                if mark[0] == "{":
                    self._opens("{{", place, place + 2)
                else:
                    self._closes("{{", place, place + 2)
        elif mark == "[[":
            self._opens("[[", start, end)
        elif mark == "[":
            self._unclosed_link()
            self.link = self.checked = start
        elif mark == "]" or (mark == "]]" and self.link >= 0 and not self.counts.get("[[")):
            self.link = -1
            return start + 1
        elif mark == "]]":
            self._closes("[[", start, end)
        elif mark.endswith("{|"):
            self._opens("{|", end - 2, end)
        elif mark.endswith("|}"):
            self._closes("{|", end - 2, end)
        else:
            return self._tag(found)
        return end

    def _tag(self, found: re.Match[str]) -> int:
        start, end = found.span()
        name = (found["name"] or "").lower()
        if name not in KNOWN:
            # "a <b and c>d", vector<int>: no tag of MediaWiki's, so it is shown as it stands.
            self.edits.append((start, start + 1, LESS))
            return start + 1
        if found["alone"] or name in SINGLE:
            return end
        if found["end"]:
            self._closes(name, start, end)
        elif name in RAW:
            return self._raw(name, start, end)
        else:
            self._opens(name, start, end)
        return end

    def _comment(self, start: int) -> int:
        end = self._find("-->", start + 4)
        if end < 0:
            self._remove(start, start + 4)
            return start + 4
        end += 3
        # A comment that has its lines to itself goes with them, as in MediaWiki, or it would cut a paragraph in two.
        line = self.text.rfind("\n", max(0, start - 100), start)
        if end < len(self.text) and self.text[end] == "\n" and line >= 0 and not self.text[line:start].strip():
            start = line
        self.result.comments.append(self.text[start:end])
        self.edits.append((start, end, ""))
        return end

    def _raw(self, name: str, start: int, end: int) -> int:
        """Pass over what is no wiki markup."""
        closing = None if name in self.missing else _RAW_END[name].search(self.text, end)
        if closing is None:
            self.missing.add(name)
            self._remove(start, end)
            return end
        return closing.end()

    def _check_link(self, end: int) -> None:
        """Notice that the line of a link ended before it did."""
        if self.link >= 0:
            if self.text.find("\n", self.checked, end) >= 0:
                self._unclosed_link()
            self.checked = end

    def _unclosed_link(self) -> None:
        if self.link >= 0:
            self._remove(self.link, self.link + 1)
            self.link = -1

    def _find(self, mark: str, start: int) -> int:
        """Where `mark` is next; what was not found once is not looked for again."""
        place = -1 if mark in self.missing else self.text.find(mark, start)
        if place < 0:
            self.missing.add(mark)
        return place

    def _opens(self, kind: str, start: int, end: int) -> None:
        if len(self.open) >= _DEEPEST:
            self._remove(start, end)
            return
        self.open.append(_Opening(kind, start, end))
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def _closes(self, kind: str, start: int, end: int) -> None:
        if not self.counts.get(kind):
            if kind == "{{":
                start = self._arguments_before(start)
            self._remove(start, end)
            return
        # A template is taken apart before anything but references and their like is looked at.
        if kind != "{{" and kind not in EXTENSIONS and not self._is_before_template(kind):
            return
        while True:
            opening = self.open.pop()
            self.counts[opening.kind] -= 1
            if opening.kind == kind:
                return
            self._unclosed(opening)

    def _is_before_template(self, kind: str) -> bool:
        """Whether the innermost opening of that kind lies inside the innermost template."""
        return next(opening.kind for opening in reversed(self.open) if opening.kind in (kind, "{{")) == kind

    def _arguments_before(self, start: int) -> int:
        """Where the arguments begin that an ending at `start` ends, if the line has any since the last mark."""
        line = self.text.rfind("\n", self.previous, start) + 1
        argument = self.text.find("|", max(line, self.previous), start)
        return start if argument < 0 else argument

    def _unclosed(self, opening: _Opening) -> None:
        end = opening.end
        if opening.kind in ("{{", "[["):
            stop = opening.followed or len(self.text)
            line = self.text.find("\n", end, stop)
            stop = stop if line < 0 else line
            last = self.text.rfind("|", end, stop)
            if last >= 0:
                end = stop if opening.kind == "{{" else last + 1
        # A paragraph that never ends still began a new line.
        self._remove(opening.start, end, "\n" if opening.kind in BLOCKS else "")

    def _remove(self, start: int, end: int, instead: str = "") -> None:
        self.edits.append((start, end, instead))
        self.result.broken.append(self.text[start:end])
