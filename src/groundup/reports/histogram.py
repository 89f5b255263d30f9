"""Histograms of documents that stay and that go, as inline SVG and as a line of signs: one figure, drawn twice.

The bars of the parts stand on one another. Bins are drawn equally wide, whatever numbers they span: the axis names
their edges.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from groundup.reports import words

WIDTH, HEIGHT = 380, 150
LEFT, RIGHT, TOP, BOTTOM = 44, 22, 14, 30
_SIGNS = "▁▂▃▄▅▆▇█"
_MOST_MARKS = 5


@dataclass(frozen=True)
class Layer:
    """Some of the documents: how many of them lie in each bin."""

    name: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Histogram:
    """How a number is spread. `edges` has one more than each layer has counts; `bounds` are (what is asked, where)."""

    title: str
    edges: tuple[float, ...]
    layers: tuple[Layer, ...]
    bounds: tuple[tuple[str, float], ...] = ()
    note: str = ""


def draw(histogram: Histogram) -> str:
    """The histogram as an `<svg>` element that carries its own title and description."""
    edges, layers = histogram.edges, histogram.layers
    bins = len(edges) - 1
    sums = [sum(layer.counts[number] for layer in layers) for number in range(bins)]
    highest = max(sums, default=0) or 1
    wide, floor = (WIDTH - LEFT - RIGHT) / max(bins, 1), HEIGHT - BOTTOM
    tall = floor - TOP
    parts = [
        f'<svg class="chart small" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{_text(describe(histogram))}">'
        f"<title>{_text(histogram.title)}</title>",
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{TOP}" y2="{TOP}"/>',
        f'<text class="axis end" x="{LEFT - 6}" y="{TOP + 4}">{words.count(highest)}</text>',
        f'<text class="axis end" x="{LEFT - 6}" y="{floor + 4}">0</text>',
    ]
    for number in range(bins):
        foot = float(floor)
        for tone, layer in enumerate(layers):
            high = tall * layer.counts[number] / highest
            if not high:
                continue
            # One document among many thousands is still to be seen.
            high = max(high, 1.0)
            foot -= high
            said = f"{layer.name}: {words.plural(layer.counts[number], 'document')} {_span(histogram, number)}"
            parts.append(
                f'<rect class="layer{tone % 2}" x="{LEFT + number * wide + 0.5:.1f}" y="{foot:.1f}" '
                f'width="{max(wide - 1, 0.5):.1f}" height="{high:.1f}"><title>{_text(said)}</title></rect>'
            )
    parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{floor}" y2="{floor}"/>')
    step = max(1, math.ceil(bins / _MOST_MARKS))
    for number in range(0, bins + 1, step):
        x = LEFT + number * wide
        parts.append(f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{floor}" y2="{floor + 4}"/>')
        parts.append(f'<text class="axis middle" x="{x:.1f}" y="{floor + 17}">{_figure(edges[number])}</text>')
    for what, bound in histogram.bounds:
        if edges and edges[0] <= bound <= edges[-1]:
            x = LEFT + _place(edges, bound) * wide
            parts.append(
                f'<g class="bound"><title>{_text(what)}</title>'
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{floor}"/></g>'
            )
    return "".join(parts) + "</svg>"


def describe(histogram: Histogram) -> str:
    """The histogram in a sentence, for those who cannot see it."""
    told = []
    for layer in histogram.layers:
        whole = sum(layer.counts)
        if whole:
            fullest = max(range(len(layer.counts)), key=lambda number: layer.counts[number])
            said = f"most {_span(histogram, fullest)}" if whole > 1 else _span(histogram, fullest)
            told.append(f"{layer.name} {words.plural(whole, 'document')}, {said}")
    return f"{histogram.title}: {'; '.join(told) or 'no documents'}."


def spark(counts: Sequence[int], highest: int = 0) -> str:
    """Counts as a line of signs as high as they are; one for each bin, a blank where there is nothing."""
    highest = max(highest, *counts, 1)
    return "".join(
        " " if not count else _SIGNS[min(len(_SIGNS) - 1, count * len(_SIGNS) // highest)] for count in counts
    )


def _span(histogram: Histogram, number: int) -> str:
    return f"from {_figure(histogram.edges[number])} to {_figure(histogram.edges[number + 1])}"


def _place(edges: Sequence[float], value: float) -> float:
    """Where a value lies, in bins from the first edge."""
    for number, (low, high) in enumerate(pairwise(edges)):
        if value <= high:
            return number + ((value - low) / (high - low) if high > low else 0.0)
    return len(edges) - 1.0


def _figure(value: float) -> str:
    """Three figures at most: 0.05, 3.14, 12.3 k."""
    return words.count(float(f"{value:.3g}")) if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _text(text: str) -> str:
    return escape(words.visible(text))
