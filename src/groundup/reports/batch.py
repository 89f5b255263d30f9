"""A batch as people can read it: what goes in, what is scored, and what each position may see.

The data is plain, so that the terminal and the page show the same; whoever knows models and objectives makes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from groundup.reports import words

# Pixels of one position in the picture of what is seen.
CELL = 4


@dataclass(frozen=True)
class Spot:
    """One position: the text of the token that goes in, and of the one to be predicted there ("" where none is)."""

    text: str
    target: str = ""
    is_changed: bool = False
    """The token that goes in is not the text's own: a mask, a sentinel, or another one in its place."""
    is_padding: bool = False
    document: int = 0
    segment: int = 0


@dataclass(frozen=True)
class Line:
    """One row of a batch on one side: what an encoder reads, or what `forward` is given."""

    name: str
    spots: tuple[Spot, ...]
    sees: tuple[tuple[tuple[int, int], ...], ...] = ()
    """For each position the ranges (first, behind the last) that it sees of its own side."""
    reads: tuple[tuple[tuple[int, int], ...], ...] = ()
    """The same of the source, where there is one."""
    labels: tuple[str, ...] = ()
    """What labelled heads are to say of the row."""


def length(spots: Sequence[Spot]) -> int:
    """How many positions there are up to the last that is no padding."""
    return max((place + 1 for place, spot in enumerate(spots) if not spot.is_padding), default=0)


def folded(line: Line) -> tuple[tuple[Spot, ...], str]:
    """The spots up to where padding fills the row, and that padding in few words ("" where there is none)."""
    left = len(line.spots) - length(line.spots)
    if not left:
        return line.spots, ""
    kept = line.spots[:-left]
    return kept, f"{line.spots[-1].text} \u00d7 {left}"


def ranges(row: Sequence[bool]) -> tuple[tuple[int, int], ...]:
    """The stretches of True in `row`, each as (first, behind the last)."""
    found, place = [], 0
    for is_seen, group in groupby(row):
        length = len(list(group))
        if is_seen:
            found.append((place, place + length))
        place += length
    return tuple(found)


def told(line: Line) -> str:
    """How much is scored, in a sentence."""
    real = [spot for spot in line.spots if not spot.is_padding]
    scored = sum(bool(spot.target) for spot in line.spots)
    changed = sum(spot.is_changed for spot in real)
    parts = [f"{words.plural(len(real), 'token')} of {len(line.spots)}"]
    parts += [f"{scored} scored"] if scored else ["none scored"]
    parts += [f"{changed} hidden or replaced"] if changed else []
    documents = len({spot.document for spot in real})
    parts += [f"{documents} documents"] if documents > 1 else []
    return ", ".join([*parts, *line.labels])


def seen(text: str) -> str:
    """A token with what has no picture shown as a sign."""
    return words.visible(text).replace("\n", "\u23ce").replace("\t", "\u21e5") or "\u2205"


def positions(row: Sequence[tuple[int, int]]) -> str:
    """Ranges in words."""
    return " and ".join(f"{first} to {last - 1}" for first, last in row) or "nothing"


def is_next(line: Line) -> bool:
    """Whether every target is simply the next token: then writing it out would only repeat the text."""
    pairs = zip(line.spots, line.spots[1:], strict=False)
    return all(not spot.target or after.is_padding or spot.target == after.text for spot, after in pairs)


def page(title: str, lines: Sequence[Line]) -> str:
    """The batch as an HTML page that needs nothing around it."""
    body = "".join(part for line in lines for part in _line(line))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{_KEY}{body}</body></html>\n"
    )


def _line(line: Line) -> Iterator[str]:
    yield f"<h2>{escape(line.name)}</h2><p class=told>{escape(told(line))}</p><p class=row>"
    repeats = is_next(line)
    spots, padding = folded(line)
    for place, spot in enumerate(spots):
        kinds = ["t", f"s{spot.segment % 2}", "odd" if place % 2 else "even"]
        kinds += [name for name, on in (("changed", spot.is_changed), ("pad", spot.is_padding)) if on]
        kinds += ["scored"] if spot.target else []
        if place and spot.document != line.spots[place - 1].document and not spot.is_padding:
            yield "<span class=edge title='another document begins'></span>"
        wanted = f"<b>{escape(seen(spot.target))}</b>" if spot.target and not repeats else ""
        said = f"position {place}" + (f", to be predicted: {seen(spot.target)}" if spot.target else ", not scored")
        yield f'<span class="{" ".join(kinds)}" title="{escape(said)}">{escape(seen(spot.text))}{wanted}</span>'
    yield f"<span class='t pad'>{escape(padding)}</span></p>" if padding else "</p>"
    for name, matrix in (("sees", line.sees), ("sees of the source", line.reads)):
        if matrix and len(set(matrix)) == 1:
            yield f"<p class=told>each position {name}: {positions(matrix[0])}</p>"
        elif matrix:
            caption = f"what each position {name}: a row for each position, from above"
            yield f"<figure>{picture(matrix)}<figcaption>{caption}</figcaption></figure>"


def picture(matrix: Sequence[Sequence[tuple[int, int]]]) -> str:
    """Ranges a row -> a picture in which what is seen is dark."""
    width = max((last for row in matrix for _, last in row), default=1)
    bars = "".join(
        f'<rect x="{first * CELL}" y="{place * CELL}" width="{(last - first) * CELL}" height="{CELL}"/>'
        for place, row in enumerate(matrix)
        for first, last in row
    )
    wide, high = width * CELL, len(matrix) * CELL
    return (
        f'<svg class=sees viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" role="img" '
        f'aria-label="{len(matrix)} positions"><rect class=ground width="{wide}" height="{high}"/>{bars}</svg>'
    )


_KEY = (
    "<p class=key><span class='t even scored'>scored</span> <span class='t odd'>not scored</span> "
    "<span class='t even changed scored'>hidden or replaced<b>to be predicted</b></span> "
    "<span class='t odd pad'>padding</span> <span class='t s1 even'>second text</span> "
    "<span class=edge></span>another document</p>"
)
_STYLE = """
:root{color-scheme:light dark;--paper:#fbfaf7;--ink:#25241f;--muted:#68665e;--even:#ece9e0;--odd:#f6f4ee;--one:#dcebe9;
--hidden:#f6d9c9;--target:#176a72;--ground:#efece4;--bar:#176a72}
@media (prefers-color-scheme:dark){:root{--paper:#17181b;--ink:#e5e2da;--muted:#a19e95;--even:#2a2b30;--odd:#222327;
--one:#233a3c;--hidden:#54341f;--target:#74c5c6;--ground:#222327;--bar:#74c5c6}}
body{background:var(--paper);color:var(--ink);font:15px/1.9 ui-sans-serif,system-ui,sans-serif;max-width:60rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:2rem 0 0}.told,.key,figcaption{color:var(--muted);font-size:.85rem}
.t{font-family:ui-monospace,monospace;font-size:.85rem;padding:.12rem .05rem;border-radius:.15rem;white-space:pre-wrap;
opacity:.6}.even{background:var(--even)}.odd{background:var(--odd)}.s1{background:var(--one)}.scored{opacity:1;
border-bottom:2px solid var(--target)}.changed{background:var(--hidden)}.pad{opacity:.25}
.t b{color:var(--target);margin-left:.2rem}.edge{border-left:3px solid var(--ink);margin:0 .3rem}
.sees{max-width:100%;height:auto}.sees rect{fill:var(--bar)}.sees rect.ground{fill:var(--ground)}
"""
