"""The same document as Markdown, for terminals, mail and repositories.

Foreign text stands in fences longer than any run of backticks it holds, or with every sign that Markdown
could read escaped, so that it stays text there too.
"""

from __future__ import annotations

import re
from typing import assert_never

from groundup.reports import attention_map, chart, diagram, document, histogram, words
from groundup.reports.html import filled

# The first line of every report, by which we know a file of ours before it is replaced.
MARK = "<!-- A report by Groundup -->"
_MEANING = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$:@=^-])")
BAR_CHARACTERS = 20


def render(report: document.Document) -> str:
    """The whole report."""
    parts = [MARK, f"# {text(report.title)}", text(report.subtitle), *map(block, report.opening)]
    for section in report.sections:
        parts += [f"## {text(section.title)}", *map(block, section.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def text(value: str) -> str:
    """Any text on one line, without meaning to Markdown or HTML. Plain words stay as they are."""
    line = " ".join(words.visible(value).split())
    # Digits and dots are left alone inside a line; at its start "1." would begin a list.
    line = _MEANING.sub(_escaped, line)
    return re.sub(r"^(\d+)\.(?=\s|$)", r"\1\\.", line)


def _escaped(match: re.Match[str]) -> str:
    sign = match[0]
    before, after = match.string[: match.start()], match.string[match.end() :]
    # The commonest signs of plain prose and figures mean nothing between these neighbours.
    if sign in "-:()+=" and before and (sign != ":" or not after.startswith("/")):
        return sign
    return {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(sign, "\\" + sign)


def fenced(value: str, language: str = "text") -> str:
    """Any text as a block of code that it cannot leave."""
    value = words.visible(value).rstrip("\n")
    longest = max((len(run) for run in re.findall("`+", value)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{value}\n{fence}"


def block(item: document.Block) -> str:
    """One block as Markdown."""
    match item:
        case document.Cards(cards):
            rows = tuple((card.label, card.value, card.note) for card in cards)
            return _grid(("figure", "value", ""), rows, frozenset({1}))
        case document.Paragraph(words_):
            return text(words_)
        case document.Alert(words_):
            return f"> **Mind:** {text(words_)}"
        case document.Table():
            return f"{text(item.caption)}\n\n{_grid(item.header, item.rows, item.numbers)}"
        case document.Figure(drawing, caption):
            return f"{text(chart.describe(drawing))} {text(caption)}"
        case document.Histograms(histograms, caption):
            listed = "\n".join(f"- {text(histogram.describe(one))} {text(one.note)}".rstrip() for one in histograms)
            return f"{text(caption)}\n\n{listed}"
        case document.Drawing(model, title, caption):
            return f"{text(title)}: {text(diagram.describe(model))} {text(caption)}"
        case document.Looks(targets, sources, weights, caption):
            said = attention_map.describe(targets, sources, (attention_map.Panel("", weights),))
            return f"{text(said)} {text(caption)}"
        case document.Quotes(quotes):
            return "\n\n".join(f"**{text(quote.label)}**\n\n{fenced(quote.prompt + quote.text)}" for quote in quotes)
        case document.Chips(caption, pieces):
            return f"{fenced(' | '.join(piece.replace(chr(10), '↵') for piece in pieces))}\n\n{text(caption)}"
        case document.Commands(commands):
            return "\n\n".join(f"{text(what)}\n\n{fenced(command, 'sh')}" for what, command in commands)
        case document.Listing(caption, body):
            return f"{text(caption)}:\n\n{fenced(body, 'yaml')}"
        case document.Definitions(terms):
            return "\n".join(f"- **{text(term)}**: {text(said)}" for term, said in terms)
        case _:
            assert_never(item)


def _grid(header: tuple[str, ...], rows: tuple[tuple[document.Cell, ...], ...], numbers: frozenset[int]) -> str:
    rule = ("---:" if column in numbers else "---" for column in range(len(header)))
    lines = [header, *rows]
    return "\n".join(
        [_row(lines[0]), f"| {' | '.join(rule)} |", *(_row(line) for line in lines[1:])],
    )


def _row(cells: tuple[document.Cell, ...]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(cell: document.Cell) -> str:
    if isinstance(cell, document.Bar):
        return "█" * round(filled(cell) * BAR_CHARACTERS) or "·"
    return text(cell)
