"""A document as one self-contained HTML page: no script, no request, nothing run that a text may hold (S10).

Every text passes `text`, which escapes it; the page's policy forbids all else: even if a text got through, a
browser would neither run nor fetch anything.
"""

from __future__ import annotations

import html
import re
from importlib import resources
from typing import assert_never

from groundup.reports import attention_map, chart, diagram, document, histogram, words

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def render(report: document.Document) -> str:
    """The whole page."""
    style = resources.files("groundup.reports").joinpath("page.css").read_text(encoding="utf-8")
    links = "".join(f'<a href="#{slug(section.title)}">{text(section.title)}</a>' for section in report.sections)
    sections = "".join(
        f'<section aria-labelledby="{slug(section.title)}">\n'
        f'<h2 id="{slug(section.title)}">{text(section.title)}</h2>\n'
        f"{''.join(map(block, section.blocks))}</section>\n"
        for section in report.sections
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(report.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f'<header>\n<h1>{text(report.title)}</h1>\n<p class="subtitle">{text(report.subtitle)}</p>\n'
        f'<nav aria-label="Sections">{links}</nav>\n</header>\n<main>\n'
        f"{''.join(map(block, report.opening))}{sections}</main>\n"
        "<footer>Written by Groundup. This page is one file: it runs no script and fetches nothing.</footer>\n"
        "</body>\n</html>\n"
    )


def text(value: str) -> str:
    """Any text, safe between tags and inside quoted attributes."""
    return html.escape(words.visible(value), quote=True)


def slug(title: str) -> str:
    """A heading as the name of its anchor."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def block(item: document.Block) -> str:
    """One block as HTML."""
    match item:
        case document.Cards(cards):
            return f'<dl class="cards">\n{"".join(map(_card, cards))}</dl>\n'
        case document.Paragraph(words_):
            return f"<p>{text(words_)}</p>\n"
        case document.Alert(words_):
            return f'<p class="alert" role="note">{text(words_)}</p>\n'
        case document.Table():
            return _table(item)
        case document.Figure(drawing, caption):
            return f"<figure>{chart.draw(drawing)}<figcaption>{text(caption)}</figcaption></figure>\n"
        case document.Histograms(histograms, caption):
            drawn = "".join(
                f"<figure>{histogram.draw(one)}<figcaption>{text(_captioned(one))}</figcaption></figure>\n"
                for one in histograms
            )
            return f'<p>{text(caption)}</p>\n<div class="several">\n{drawn}</div>\n'
        case document.Drawing(model, title, caption):
            return f"<figure>{diagram.draw(model, title)}<figcaption>{text(caption)}</figcaption></figure>\n"
        case document.Looks(targets, sources, weights, caption):
            panel = attention_map.Panel("", weights)
            return (
                f"<figure>{attention_map.draw(targets, sources, (panel,))}"
                f"<figcaption>{text(caption)}</figcaption></figure>\n"
            )
        case document.Quotes(quotes):
            return "".join(map(_quote, quotes))
        case document.Chips(caption, pieces):
            chips = "".join(f"<code>{text(piece.replace(chr(10), '↵'))}</code>" for piece in pieces)
            return (
                f'<figure><div class="chips" dir="auto">{chips}</div>'
                f"<figcaption>{text(caption)}</figcaption></figure>\n"
            )
        case document.Commands(commands):
            return "".join(
                f'<div class="command"><p>{text(what)}</p><pre><code>{text(command)}</code></pre></div>\n'
                for what, command in commands
            )
        case document.Listing(caption, body):
            return f'<details class="listing"><summary>{text(caption)}</summary><pre>{text(body)}</pre></details>\n'
        case document.Definitions(terms):
            entries = "".join(f"<dt>{text(term)}</dt><dd>{text(said)}</dd>\n" for term, said in terms)
            return f'<dl class="terms">\n{entries}</dl>\n'
        case _:
            assert_never(item)


def _captioned(one: histogram.Histogram) -> str:
    return f"{one.title}: {one.note}" if one.note else one.title


def _card(card: document.Card) -> str:
    note = f'<dd class="note">{text(card.note)}</dd>' if card.note else ""
    value = f'<dd class="value">{text(card.value)}</dd>'
    return f'<div class="card"><dt>{text(card.label)}</dt>{value}{note}</div>\n'


def _quote(quote: document.Quote) -> str:
    # The prompt stands out from what the model added to it.
    prompt = f"<b>{text(quote.prompt)}</b>" if quote.prompt else ""
    # A newline straight after <pre> is not part of the text, so one is given.
    return f'<div class="quote"><p>{text(quote.label)}</p><pre dir="auto">\n{prompt}{text(quote.text)}</pre></div>\n'


def _table(table: document.Table) -> str:
    kinds = [' class="number"' if column in table.numbers else "" for column in range(len(table.header))]
    heads = "".join(f'<th scope="col"{kind}>{text(head)}</th>' for kind, head in zip(kinds, table.header, strict=True))
    rows = "".join(
        "<tr>" + "".join(f"<td{kind}>{_cell(cell)}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>\n"
        for row in table.rows
    )
    caption = "" if table.is_folded else f"<caption>{text(table.caption)}</caption>"
    body = (
        f'<div class="wide"><table>{caption}\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n'
    )
    if not table.is_folded:
        return body
    return f"<details><summary>{text(table.caption)}</summary>{body}</details>\n"


def _cell(cell: document.Cell) -> str:
    if isinstance(cell, document.Bar):
        return f'<span class="bar" aria-hidden="true"><i style="width:{filled(cell) * 100:.1f}%"></i></span>'
    return text(cell)


def filled(bar: document.Bar) -> float:
    """The share of a bar to fill, from 0 to 1; what is not a number fills nothing."""
    return min(max(bar.share, 0.0), 1.0) if bar.share == bar.share else 0.0
