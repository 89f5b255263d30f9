"""Where a decoder looked, as a picture: one square a pair of tokens, the darker the more attention it got.

One self-contained SVG: colours are variables that follow the reader's screen, text stays text, and nothing is fetched.
Rows are what was written, columns what was looked at; the place looked at most in each row has a frame, so that the
picture can be read without judging shades.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from groundup.reports import words

# Squares are as large as lets the longer side be about SIDE pixels, or SMALL where pictures stand side by side.
SIDE, SMALL = 520, 260
LARGEST, LEAST = 44, 15
WIDE = 1080
MARGIN, GAP, KEY = 20, 28, 44
# What the key needs from side to side.
LEGEND = 580
# Characters of a token that are shown, and the width of one in pixels.
LONGEST, LETTER = 16, 6.9
# Squares of this size have room for their figure.
ROOMY = 30
# What gets less than this share of the largest weight is left blank.
FAINT = 0.005
# From this share of the largest weight on a square is darker than ink.
DARK = 0.55

Weights = tuple[tuple[float, ...], ...]
By = Literal["average", "layers", "heads"]

STYLE = """
.attention-map {
  --paper: #fbfaf7; --ink: #25241f; --muted: #68665e; --ground: #f1eee6; --mark: #176a72; --over: #ffffff;
  font: 12px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Helvetica, Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  .attention-map {
    --paper: #17181b; --ink: #e8e5dd; --muted: #a9a69c; --ground: #222327; --mark: #74c5c6; --over: #17181b;
  }
}
.attention-map .paper { fill: var(--paper); }
.attention-map .ground { fill: var(--ground); }
.attention-map text { fill: var(--ink); }
.attention-map .muted { fill: var(--muted); }
.attention-map .title { font-size: 16px; font-weight: 600; }
.attention-map .name { font-weight: 600; }
.attention-map .end { text-anchor: end; }
.attention-map .middle { text-anchor: middle; }
.attention-map .figure { font-size: 10px; text-anchor: middle; pointer-events: none; }
.attention-map .over { fill: var(--over); }
.attention-map .cell { fill: var(--mark); }
.attention-map .most { fill: none; stroke: var(--ink); stroke-width: 1.5; pointer-events: none; }
""".lstrip()


@dataclass(frozen=True)
class Panel:
    """One grid of squares."""

    name: str
    weights: Weights
    """[T][S] how much of what target t made came from source s; each row adds up to 1."""


def panels(weights: Sequence[Sequence[Sequence[Sequence[float]]]], by: By = "average") -> tuple[Panel, ...]:
    """Weights [layers][heads][T][S] as one panel, the mean of all; one for each layer; or one for each head.

    Slice them for less: `weights[-1:]` is the last layer alone. At least one layer and head must be there.
    """
    if by == "heads":
        return tuple(
            Panel(f"layer {layer}, head {head}", _mean([grid]))
            for layer, grids in enumerate(weights, 1)
            for head, grid in enumerate(grids, 1)
        )
    if by == "layers":
        return tuple(
            Panel(f"layer {layer}, mean of {words.plural(len(grids), 'head')}", _mean(grids))
            for layer, grids in enumerate(weights, 1)
        )
    grids = [grid for layer in weights for grid in layer]
    heads = words.plural(len(weights[0]), "head")
    return (Panel(f"mean of {words.plural(len(weights), 'layer')} of {heads}", _mean(grids)),)


def draw(targets: Sequence[str], sources: Sequence[str], grids: Sequence[Panel], title: str = "") -> str:
    """One or more panels [T][S] of the same tokens as one `<svg>` that carries its own style, title and description.

    `targets` [T] names what was decided in each row, `sources` [S] what each column is. All panels share one scale,
    whose darkest shade is the largest weight in the picture.
    """
    assert grids, "a picture shows at least one panel"
    for grid in grids:
        assert len(grid.weights) == len(targets), "one row for each target token"
        assert all(len(row) == len(sources) for row in grid.weights), "one column for each source token"
    cell = _cell(max(len(targets), len(sources)), is_alone=len(grids) == 1)
    rows, columns = [_named(text) for text in targets], [_named(text) for text in sources]
    left = max(map(_width, rows), default=0) + 26
    # Names of columns lean to the right by 55 degrees: their height, and what the last of them needs at the side.
    above = max(map(_width, columns), default=0) * 0.82 + 44
    lean = max(
        (_width(name) * 0.58 - (len(columns) - 1 - place) * cell for place, name in enumerate(columns)), default=0
    )
    across, down = left + cell * len(columns) + max(lean, 8), above + cell * len(rows)
    in_row = min(len(grids), max(1, int((WIDE - 2 * MARGIN + GAP) // (across + GAP))))
    top = 48 if title else MARGIN
    largest = max((weight for grid in grids for row in grid.weights for weight in row), default=0.0)
    parts = []
    for place, grid in enumerate(grids):
        x = MARGIN + place % in_row * (across + GAP) + left
        y = top + place // in_row * (down + GAP) + above
        parts += [_words(x - left, y - above + 12, "name", grid.name)]
        parts += _grid(grid, rows, columns, x, y, cell, largest)
    lines = -(-len(grids) // in_row)
    width = max(2 * MARGIN + in_row * (across + GAP) - GAP, LEGEND)
    height = top + lines * (down + GAP) - GAP + KEY + MARGIN
    parts += _key(height - MARGIN - 12, largest)
    heading = title or "Where the decoder looked"
    return (
        f'<svg class="attention-map" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'role="img" aria-label="{_text(describe(targets, sources, grids))}"><title>{_text(heading)}</title>'
        f'<style>{STYLE}</style><rect class="paper" width="{width:.0f}" height="{height:.0f}"/>'
        f"{_words(MARGIN, 30, 'title', title) if title else ''}{''.join(parts)}</svg>\n"
    )


def draw_file(targets: Sequence[str], sources: Sequence[str], grids: Sequence[Panel], title: str = "") -> str:
    """The picture as a file of its own, which must say what language it is in."""
    return draw(targets, sources, grids, title).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def describe(targets: Sequence[str], sources: Sequence[str], grids: Sequence[Panel]) -> str:
    """For each target token where it looked most in the mean of all panels, for those who cannot see the picture."""
    mean = _mean([grid.weights for grid in grids])
    said = []
    for target, row in zip(targets, mean, strict=True):
        most = _most(row)
        if most is not None:
            said.append(f"{_named(target)} at {_named(sources[most])} ({words.percent(row[most])})")
    many = f", in the mean of {len(grids)} pictures" if len(grids) > 1 else ""
    return f"Looked most{many}: {', '.join(said) or 'nowhere'}."


def _mean(grids: Sequence[Sequence[Sequence[float]]]) -> Weights:
    return tuple(
        tuple(sum(map(float, cells)) / len(grids) for cells in zip(*rows, strict=True))
        for rows in zip(*grids, strict=True)
    )


def _cell(tokens: int, *, is_alone: bool) -> int:
    """Side of a square in pixels."""
    side = (SIDE if is_alone else SMALL) // max(tokens, 1)
    return max(LEAST, min(LARGEST if is_alone else LARGEST // 2, side))


def _grid(
    grid: Panel, rows: Sequence[str], columns: Sequence[str], x: float, y: float, cell: int, largest: float
) -> list[str]:
    parts = [
        f'<rect class="ground" x="{x:.1f}" y="{y:.1f}" width="{cell * len(columns)}" height="{cell * len(rows)}"/>'
    ]
    for place, name in enumerate(columns):
        at = f"translate({x + (place + 0.5) * cell:.1f} {y - 6:.1f}) rotate(-55)"
        parts.append(f'<text transform="{at}">{escape(name)}</text>')
    for number, (name, row) in enumerate(zip(rows, grid.weights, strict=True)):
        above = y + number * cell
        parts.append(_words(x - 8, above + cell / 2 + 4, "end", name))
        most = _most(row)
        for place, weight in enumerate(row):
            share = weight / largest if largest > 0 else 0.0
            # What is not a number is above no bound, and stays blank.
            if share >= FAINT:
                parts.append(_square(x + place * cell, above, cell, weight, share, f"{name} at {columns[place]}"))
        if most is not None:
            parts.append(
                f'<rect class="most" x="{x + most * cell + 1.5:.1f}" y="{above + 1.5:.1f}" width="{cell - 3}" '
                f'height="{cell - 3}"/>'
            )
    return parts


def _square(x: float, y: float, cell: int, weight: float, share: float, said: str) -> str:
    square = (
        f'<rect class="cell" x="{x + 0.5:.1f}" y="{y + 0.5:.1f}" width="{cell - 1}" height="{cell - 1}" '
        f'fill-opacity="{share:.3f}"><title>{escape(said)}: {words.percent(weight)}</title></rect>'
    )
    if cell < ROOMY or weight < 0.005:
        return square
    kind = "figure over" if share >= DARK else "figure"
    return square + _words(x + cell / 2, y + cell / 2 + 4, kind, f"{weight * 100:.0f}")


def _key(y: float, largest: float) -> list[str]:
    """The scale, from nothing to the largest weight, and what the frame means."""
    steps, width = 6, 18
    parts = [_words(MARGIN, y + 11, "muted", "0 %")]
    x = MARGIN + 28.0
    for step in range(steps):
        place = f'x="{x + step * width:.1f}" y="{y:.1f}" width="{width}" height="14"'
        parts.append(
            f'<rect class="ground" {place}/><rect class="cell" {place} fill-opacity="{step / (steps - 1):.2f}"/>'
        )
    x += steps * width + 6
    said = words.percent(largest)
    parts.append(_words(x, y + 11, "muted", said))
    x += _width(said) + 20
    parts.append(f'<rect class="most" x="{x:.1f}" y="{y:.1f}" width="14" height="14"/>')
    parts.append(_words(x + 21, y + 11, "muted", "most of its row (rows: written, columns: looked at)"))
    return parts


def _most(row: Sequence[float]) -> int | None:
    """The place of the largest weight; None where there is none."""
    return max(range(len(row)), key=lambda place: row[place]) if any(weight > 0 for weight in row) else None


def _named(token: str) -> str:
    """A token as it is written beside the squares."""
    shown = words.visible(token).replace("\n", "\u23ce").replace("\t", "\u21e5")
    return words.shortened(shown.strip() or ("\u2423" if shown else "\u2205"), LONGEST)


def _width(name: str) -> float:
    """About how many pixels a name takes; letters of East Asia take twice as many."""
    return sum(LETTER if ord(letter) < 0x1100 else 2 * LETTER for letter in name)


def _words(x: float, y: float, kind: str, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{_text(text)}</text>'


def _text(text: str) -> str:
    return escape(words.visible(text))
