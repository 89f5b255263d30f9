"""The same document for a terminal, by way of rich.

Foreign text is never markup, and no control or direction character of it reaches the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.containers import Lines
from rich.measure import Measurement
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from groundup.reports import attention_map, chart, diagram, document, words
from groundup.reports.histogram import Histogram, spark
from groundup.reports.html import filled

BAR_CHARACTERS = 16
_WORD, _PIECE = re.compile(r"\S+"), re.compile(r"[^/-]*[/-]|[^/-]+")


def render(report: document.Document) -> RenderableType:
    """The whole report."""
    drawn: list[RenderableType] = [text(report.title, "bold"), text(report.subtitle, "dim")]
    drawn += [shown for item in report.opening for shown in block(item)]
    for section in report.sections:
        drawn += [Text(""), Rule(text(section.title, "bold"), align="left", characters="─", style="dim")]
        drawn += [shown for item in section.blocks for shown in block(item)]
    return Group(*drawn)


def text(value: str, style: str = "") -> Text:
    """Any text, as it is but for what cannot be seen: an instruction of rich's in it is none."""
    return Text(words.visible(value).replace("\t", " "), style, overflow="fold")


def block(item: document.Block) -> Iterator[RenderableType]:
    """One block, an empty line before it."""
    yield Text("")
    match item:
        case document.Cards(cards):
            yield _grid(("", "", ""), [(card.label, card.value, card.note) for card in cards], frozenset({1}))
        case document.Paragraph(words_):
            yield text(words_)
        case document.Alert(words_):
            yield text(f"Mind: {words_}", "bold red")
        case document.Table():
            yield text(item.caption, "dim")
            yield _grid(item.header, item.rows, item.numbers)
        case document.Figure(drawing, caption):
            yield text(f"{chart.describe(drawing)} {caption}")
        case document.Histograms(histograms, caption):
            yield text(caption, "dim")
            yield _histograms(histograms)
        case document.Drawing(model, title, caption):
            yield text(f"{title}: {diagram.describe(model)} {caption}")
        case document.Looks(targets, sources, weights, caption):
            said = attention_map.describe(targets, sources, (attention_map.Panel("", weights),))
            yield text(f"{said} {caption}")
        case document.Quotes(quotes):
            for quote in quotes:
                yield text(quote.label, "dim")
                if told := quote.prompt + quote.text:
                    yield Padding(text(told), (0, 0, 1, 4))
        case document.Chips(caption, pieces):
            yield text(" | ".join(piece.replace("\n", "↵") for piece in pieces))
            yield text(caption, "dim")
        case document.Commands(commands):
            for what, command in commands:
                yield text(what)
                yield Padding(text(command), (0, 0, 0, 4))
        case document.Listing(caption, body):
            yield text(caption, "dim")
            yield text(body)
        case document.Definitions(terms):
            yield _grid(("", ""), list(terms), frozenset())
        case _:
            assert_never(item)


def _grid(
    header: tuple[str, ...],
    rows: tuple[tuple[document.Cell, ...], ...] | list[tuple[str, ...]],
    numbers: frozenset[int],
) -> RenderableType:
    bars = {column for row in rows for column, cell in enumerate(row) if isinstance(cell, document.Bar)}
    columns = range(len(header))
    whole = _table(header, rows, numbers, columns)
    return _Fitting(whole, _table(header, rows, numbers, [n for n in columns if n not in bars])) if bars else whole


@dataclass(frozen=True)
class _Fitting:
    """A table, and the same without its bars, which only repeat a number, for where names would be broken for them."""

    whole: Table
    without_bars: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        fits = Measurement.get(console, options.update(max_width=10_000), self.whole).maximum <= options.max_width
        yield self.whole if fits else self.without_bars


def _table(
    header: tuple[str, ...],
    rows: tuple[tuple[document.Cell, ...], ...] | list[tuple[str, ...]],
    numbers: frozenset[int],
    columns: Sequence[int],
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_header=any(header), pad_edge=False)
    for column in columns:
        is_number = column in numbers
        table.add_column(
            text(header[column]),
            justify="right" if is_number else "left",
            no_wrap=is_number,
            overflow="fold",
            min_width=1,
        )
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    return table


def _cell(cell: document.Cell) -> Text:
    if isinstance(cell, document.Bar):
        return Text("█" * round(filled(cell) * BAR_CHARACTERS) or "·", no_wrap=True)
    return _Name(words.visible(cell).replace("\t", " "), overflow="fold")


class _Name(Text):
    """Text whose words, where one is too long for its column, are broken behind `/` and `-` if they have any."""

    def wrap(self, console: Console, width: int, **options: Any) -> Lines:
        """As rich wraps, which knows white space only."""
        if options.get("no_wrap") or all(cell_len(word) <= width for word in self.plain.split()):
            return super().wrap(console, width, **options)
        broken = _WORD.sub(lambda word: _broken(word[0], width), self.plain)
        return Text(broken, self.style, overflow=self.overflow).wrap(console, width, **options)


def _broken(word: str, width: int) -> str:
    lines = [""]
    for piece in _PIECE.findall(word):
        if lines[-1] and cell_len(lines[-1] + piece) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(lines)


def _histograms(histograms: tuple[Histogram, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("signal", "", "from", "", "to"):
        is_number = head == "from"
        table.add_column(head, justify="right" if is_number else "left", no_wrap=head != "signal", overflow="fold")
    for histogram in histograms:
        highest = max((max(layer.counts, default=0) for layer in histogram.layers), default=0)
        first, last = (f"{edge:,.3g}" for edge in (histogram.edges[0], histogram.edges[-1]))
        for number, layer in enumerate(histogram.layers):
            title = text(histogram.title) if not number else text(histogram.note, "dim")
            table.add_row(title, text(layer.name), first, Text(spark(layer.counts, highest)), last)
    return table
