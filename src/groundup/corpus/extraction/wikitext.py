"""The text of a wiki's page, out of its markup.

mwparserfromhell (Earwig, MIT) takes the markup apart; what becomes of each part is decided here:

| part | what becomes of it |
|---|---|
| paragraphs, bold, italics, links, HTML tags | their text; what a link shows, not where it leads |
| headings | a line between empty lines; without its section where nothing of that is left |
| lists | a line an item behind "- ", two spaces deeper a level, numbered or not; indents and terms a plain line |
| tables | a line a row, tabs between cells (`tables`) |
| templates | written where we have a rule, else taken out and counted by name (`templates`) |
| files, galleries | taken out with their captions, which stand in mid-paragraph |
| categories, interlanguage links, comments, magic words such as __NOTOC__ | taken out |
| references, notes | taken out |
| formulas | their source between dollar signs (`mathematics`) |
| programs, `<nowiki>`, `<pre>` | as they stand, to the letter |
| raised and lowered digits | Unicode's: 10³ is not 103 |
| external links | their text; a bare address stays, one that shows as [1] goes |
| broken markup | the marks go, the words stay |

A file or category is known by the names that the wiki itself gives them, as its dump says, beside MediaWiki's own
English ones; a file also by its ending, for a dump does not tell aliases. The sign | and the run == may stand in a
text where the page shows them: in formulas, in programs, in |x|.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from groundup.corpus.document import Change, Page, Reading, sample
from groundup.corpus.extraction import wikitext_tags as tags
from groundup.corpus.extraction.marks import (
    ASIDE,
    BULLET,
    CELL,
    END,
    HEADING,
    HOLE,
    INDENT,
    LESS,
    REMOVED,
    RESERVED,
    SET_ASIDE,
)
from groundup.corpus.extraction.templates import FUNCTIONS, Arguments, is_apparatus, rule_for
from groundup.corpus.extraction.templates.script import lowered, raised
from groundup.corpus.extraction.wikitext_balance import balance
from groundup.corpus.extraction.wikitext_lines import Lines, write_lines
from groundup.corpus.extraction.wikitext_losses import Losses
from groundup.corpus.extraction.wikitext_settings import WikitextSettings

# MediaWiki's numbers of namespaces, and its own names for them, which hold in every language beside the local ones.
FILE, CATEGORY = 6, 14
_NAMES = {"file": FILE, "image": FILE, "category": CATEGORY}

_FILE_NAME = re.compile(
    r"\.(?:jpe?g|png|svg|gif|tiff?|xcf|webp|pdf|djvu|ogg|og[av]|webm|mp3|wav|flac|midi?|stl)$", re.IGNORECASE
)
# `[[de:Titel]]`, `[[zh-yue:...]]`. These prefixes lead elsewhere and do show.
_LANGUAGE = re.compile(r"(?:[a-z]{2,3}(?:-[a-z]{2,12}){0,2}|simple)")
_NO_LANGUAGES = frozenset({"wp", "mw", "doi", "rfc", "voy", "bug", "git", "gov", "wmf"})
_DISAMBIGUATION = re.compile(r"\s?[(（][^()（）]{0,200}[)）]$")
_WHITE = re.compile(f"[ \\t\\n{BULLET}{INDENT}{CELL}]+")
_LONGEST_NAME = 60


def wikitext(page: Page, settings: WikitextSettings) -> Reading:
    """The text of a page of type `text/x-wiki`, with everything that was taken out named and counted.

    The ledger's rows for templates have their names in `removed`, as `{{convert}}`. A page that is too large, that is
    no UTF-8 or that has no text left is dropped.
    """
    try:
        source = page.content.decode()
    except UnicodeDecodeError as error:
        reason = f"it is not UTF-8 (byte {page.content[error.start]:#04x} at {error.start:,})"
        return Reading(page.document, 0, (Change("extract", "not text", "drop", 0, 0, sample=reason),))
    if len(source) > settings.largest_page:
        limit = float(settings.largest_page)
        change = Change("extract", "too large", "drop", len(source), 0, float(len(source)), limit, sample(source))
        return Reading(page.document, len(source), (change,))
    text, changes = _Writer(page, settings).write(source)
    if not text:
        left = changes[-1].after if changes else len(source)
        changes.append(Change("extract", "no text", "drop", left, 0, sample=sample(source.strip())))
    return Reading(replace(page.document, text=text), len(source), tuple(changes))


class _Writer:
    """Writes one page, node by node, and counts what goes."""

    def __init__(self, page: Page, settings: WikitextSettings) -> None:
        import mwparserfromhell
        from mwparserfromhell import nodes

        self.parse: Callable[..., Any] = mwparserfromhell.parse
        self.page = page
        self.settings = settings
        self.namespaces = {**_NAMES, **page.namespaces}
        self.is_english = page.namespaces.get("category", CATEGORY if not page.namespaces else None) == CATEGORY
        self.losses = Losses()
        self.aside: list[str] = []
        self.holes: list[tuple[str, str]] = []
        self.writers: Mapping[type, Callable[[Any], str]] = {
            nodes.Text: lambda node: node.value,
            nodes.Wikilink: self.link,
            nodes.Template: self.template,
            nodes.Tag: self.tag,
            nodes.HTMLEntity: self.entity,
            nodes.Heading: self.heading,
            nodes.ExternalLink: self.external_link,
            nodes.Comment: lambda node: self.gone("comments", node),
            nodes.Argument: lambda node: self.text(node.default) if node.default is not None else "",
        }

    def write(self, source: str) -> tuple[str, list[Change]]:
        """The text, and the changes that led to it."""
        clear = RESERVED.sub("", source)
        balanced = balance(clear)
        for comment in balanced.comments:
            self.losses.add("comments", comment)
        # Quotes are no nodes: those that never end would make the parser slow, and lines tell them apart better.
        rough = self.text(self.parse(balanced.text, skip_style_tags=True))
        lines = write_lines(rough, drops_sentences=self.settings.templates == "drop sentence")
        text = self.restored(lines.text).strip()
        for broken in (*balanced.broken, *lines.broken):
            self.losses.add("broken markup", broken)
        for heading in lines.headings:
            self.losses.add("empty sections", heading)
        for sentence in lines.sentences:
            self.losses.add("sentences with a hole", self.restored(sentence))
        self._count_holes(lines, clear)
        if len(clear) < len(source):
            self.losses.add("noncharacters", "", len(source) - len(clear))
        return text, self.losses.changes(len(source), len(text))

    def text(self, code: Any) -> str:
        """What stands for the nodes of a piece of markup."""
        writers = self.writers
        return "".join([writers[type(node)](node) for node in code.nodes])

    def flat(self, code: Any) -> str:
        """The same on one line."""
        return _WHITE.sub(" ", self.text(code)).strip(" ")

    def verbatim(self, text: str, *, is_block: bool = False) -> str:
        """Set a text aside that nothing more may happen to."""
        self.aside.append(text)
        mark = f"{SET_ASIDE}{len(self.aside) - 1}{END}"
        return f"\n\n{mark}\n\n" if is_block else mark

    def restored(self, text: str) -> str:
        """With what was set aside back in its place, and no marks."""
        text = ASIDE.sub(lambda found: self.aside[int(found[1])], text)
        return RESERVED.sub("", text.replace(LESS, "<").replace(CELL, "\t"))

    def gone(self, rule: str, node: Any) -> str:
        """Take a node out; it leaves no hole in a sentence."""
        self.losses.add(rule, str(node))
        return REMOVED

    def entity(self, node: Any) -> str:
        """`&nbsp;` and its like as the character; what names none stays as it is."""
        return RESERVED.sub("", html.unescape(str(node)))

    def heading(self, node: Any) -> str:
        """A heading on a line of its own."""
        return f"\n{HEADING}{node.level}{self.flat(node.title)}\n"

    def external_link(self, node: Any) -> str:
        """What an address shows as."""
        if node.title is not None and (shown := self.text(node.title).strip()):
            return shown
        return self.gone("unnamed links", node) if node.brackets else self.text(node.url)

    def link(self, node: Any) -> str:
        """What a link shows, unless it is none but a file, a category or the same page in another language."""
        target = self.flat(node.title)
        name, colon, rest = target.partition(":")
        if colon and name:
            number = self.namespaces.get(name.strip(" ").replace("_", " ").lower())
            if number == FILE or (number is None and node.text is not None and _FILE_NAME.search(rest)):
                return self.gone("files", node)
            if number == CATEGORY:
                return self.gone("categories", node)
            if number is None and node.text is None and _LANGUAGE.fullmatch(name) and name not in _NO_LANGUAGES:
                return self.gone("interlanguage links", node)
        target = target.lstrip(":")
        if node.text is None:
            return target
        if shown := self.text(node.text):
            return shown
        # The pipe trick, [[Plato (philosopher)|]], which MediaWiki itself writes out when a page is saved.
        return _DISAMBIGUATION.sub("", rest if colon and name else target)

    def template(self, node: Any) -> str:
        """What a template shows, by its rule; else a hole, or nothing where it belongs to the apparatus."""
        name = " ".join(str(node.name).replace("_", " ").split()).lower()
        name = name.removeprefix("template:").removeprefix("subst:")
        head, colon, _ = name.partition(":")
        shown = f"{{{{{(head if colon else name)[:_LONGEST_NAME].strip()}}}}}"
        if self.settings.templates != "remove":
            function = FUNCTIONS.get(head) if colon else None
            rule = function or rule_for(name)
            if rule is not None:
                first = (lambda: self.text(node.name).partition(":")[2].strip()) if function else None
                written = rule(self._arguments(node, first))
                if written is not None:
                    source = str(node)
                    self.losses.add("templates written", source, len(source) - len(written), name=shown)
                    return written
        if is_apparatus(name):
            self.losses.add("apparatus templates", str(node), name=shown)
            return REMOVED
        self.holes.append((shown, str(node)))
        return f"{HOLE}{len(self.holes) - 1}{END}"

    def _arguments(self, node: Any, first: Callable[[], str] | None) -> Arguments:
        # Written once, however often a rule asks: else each level of nesting would double the work.
        values: dict[str, Callable[[], str]] = {}
        for parameter in node.params:
            value = parameter.value
            values[str(parameter.name).strip()] = cache(partial(self._argument, value))
        if first is not None:
            values = {"1": first, **{str(int(name) + 1): value for name, value in values.items() if name.isdecimal()}}
        document = self.page.document
        return Arguments(values, document.title, document.date, self.is_english)

    def _argument(self, value: Any) -> str:
        return self.text(value).strip()

    def tag(self, node: Any) -> str:
        """What an HTML tag, an extension's tag, a list's mark or a table shows."""
        if node.wiki_markup in ("*", "#"):
            return BULLET
        if node.wiki_markup in (":", ";"):
            return INDENT
        name = str(node.tag).strip().lower()
        if name == "table":
            return self.table(node)
        writer = _TAGS.get(name)
        if writer is not None:
            return writer(self, node, name)
        shown = self.text(node.contents) if node.contents is not None else ""
        if name in tags.BLOCKS or name == "br":
            return f"\n{shown}\n" if shown else "\n"
        return shown

    def table(self, node: Any) -> str:
        """A line a row, with tabs between its cells."""
        if self.settings.tables == "drop":
            return self.gone("tables", node)
        rows: list[str] = []
        self._rows(node.contents, rows)
        return "\n\n" + "\n".join(rows) + "\n\n"

    def _rows(self, code: Any, rows: list[str]) -> None:
        cells: list[str] = []
        for node in code.nodes if code is not None else ():
            name = str(node.tag).strip().lower() if hasattr(node, "tag") else ""
            if name in ("td", "th"):
                cell = self.flat(node.contents) if node.contents is not None else ""
                # The parser takes a caption, `|+ TEXT`, for a cell.
                if cells or node.wiki_markup != "|" or not cell.startswith("+"):
                    cells.append(cell)
                else:
                    rows.append(cell[1:].lstrip(" "))
                continue
            if cells:
                rows.append(CELL + CELL.join(cells))
                cells = []
            if name in ("tr", "tbody", "thead", "tfoot"):
                self._rows(node.contents, rows)
            elif other := self.flat(_Nodes([node])):
                # A caption, or whatever else stands between rows.
                rows.append(other)
        if cells:
            rows.append(CELL + CELL.join(cells))

    def formula(self, node: Any, name: str) -> str:
        """A formula as it was typed."""
        source = str(node.contents or "").strip()
        if self.settings.mathematics == "drop" or not source:
            return self.gone("formulas", node)
        return self.verbatim(f"${source.replace(LESS, '<')}$")

    def code(self, node: Any, name: str) -> str:
        """A program, or what its author did not want to be taken for markup."""
        if node.contents is None:
            return ""
        if name == "code":
            # The one of them whose content is markup all the same.
            return self.verbatim(self.restored(self.text(node.contents)).replace("''", ""))
        text = html.unescape(str(node.contents))
        is_block = name in tags.CODE_BLOCKS and not node.has("inline")
        return self.verbatim(RESERVED.sub("", text.strip("\n") if is_block else text), is_block=is_block)

    def raised(self, node: Any, name: str) -> str:
        """`10<sup>3</sup>`."""
        return raised(self.flat(node.contents)) if node.contents is not None else ""

    def lowered(self, node: Any, name: str) -> str:
        """`H<sub>2</sub>O`."""
        return lowered(self.flat(node.contents)) if node.contents is not None else ""

    def _count_holes(self, lines: Lines, source: str) -> None:
        for rule, holes in (
            ("templates in sentences", lines.in_sentences),
            ("templates on their own", lines.alone),
        ):
            shown = ""
            for number, count in sorted(holes.items()):
                name, markup = self.holes[number]
                shown = shown or _around(markup, source)
                for _ in range(count):
                    self.losses.add(rule, markup, name=name, shown=shown)


@dataclass(frozen=True)
class _Nodes:
    """A piece of markup of our own choice."""

    nodes: list[Any]


def _gone(rule: str) -> Callable[[_Writer, Any, str], str]:
    return lambda writer, node, name: writer.gone(rule, node)


_TAGS: Mapping[str, Callable[[_Writer, Any, str], str]] = {
    **dict.fromkeys(tags.DRAWINGS, _gone("drawings")),
    **dict.fromkeys(tags.REFERENCES, _gone("references")),
    **dict.fromkeys(tags.FILES, _gone("files")),
    **dict.fromkeys(tags.HIDDEN, _gone("apparatus templates")),
    **dict.fromkeys(tags.MATHEMATICS, _Writer.formula),
    **dict.fromkeys(tags.CODE, _Writer.code),
    "sup": _Writer.raised,
    "sub": _Writer.lowered,
}


def _around(markup: str, source: str) -> str:
    """A template with a little of the text on both sides, as far as it can be found."""
    place = source.find(markup)
    if place < 0:
        return markup
    return source[max(0, place - 60) : place + len(markup) + 60].replace("\n", " ")
