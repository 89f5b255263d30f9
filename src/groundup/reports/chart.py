"""Line charts as inline SVG: one function, no dependency, colours by CSS variables of the page around it.

Not matplotlib: its import alone takes two seconds, and its pictures know nothing of dark pages and printing.
A figure that is not finite is never left out in silence: it breaks the line and is marked on the axis.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from groundup.reports import words

WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 128, 16, 48
# Beyond this the arithmetic of axes overflows, and no figure of a run that works is near it.
LARGEST = 1e30
TONES = 8

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Series:
    """A line: `points` are (x, y) in the order of x; `is_main` draws it strong, with a dot at each point.

    `tone` gives it a colour of its own, one of eight, where several lines are of one rank.
    """

    name: str
    points: Points
    is_main: bool = False
    tone: int | None = None


@dataclass(frozen=True)
class Chart:
    """Lines over one pair of axes: `log_x` spreads out the beginning, `from_zero` keeps noise in proportion."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    log_x: bool = False
    from_zero: bool = False


def is_drawable(value: float) -> bool:
    """Whether an axis can hold `value`: finite, and not beyond all measure."""
    return math.isfinite(value) and abs(value) <= LARGEST


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """About `wanted` round figures (1, 2 or 5 times a power of ten) within `low` and `high`, low < high."""
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    return [number * step for number in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten within `low` and `high`, 0 < low < high, with 2s and 5s between where they are few."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    stride = 1 + len(exponents) // 8
    between = (1, 2, 5) if len(exponents) <= 4 else (1,)
    marks = [times * 10.0**exponent for exponent in exponents[::stride] for times in between]
    return [mark for mark in marks if low * 0.999 <= mark <= high * 1.001]


def label(value: float, values: Sequence[float]) -> str:
    """A tick's figure, with as many decimals as tell it from its neighbours `values`."""
    gap = min((b - a for a, b in itertools.pairwise(values)), default=abs(value) or 1.0)
    largest = max(map(abs, values), default=0.0)
    if value == 0 and largest >= 10_000:
        return "0"
    # All ticks of an axis share the letter of the largest, so that they can be compared at a glance.
    scale, letter = next(((n, f" {sign}") for n, sign in words.SCALES if largest >= max(n, 10_000)), (1.0, ""))
    decimals = max(0, -math.floor(math.log10(gap / scale) + 1e-6))
    if largest >= 1e15 or decimals > 5:
        return f"{value:.6g}"
    return f"{value / scale + 0.0:,.{decimals}f}{letter}"


def draw(chart: Chart) -> str:
    """The chart as an `<svg>` element that carries its own title and description."""
    pairs = [point for series in chart.series for point in series.points if is_drawable(point[0])]
    good = [point for point in pairs if is_drawable(point[1])]
    bad = sorted({x for x, y in pairs if not is_drawable(y)})
    opening = (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(words.visible(describe(chart)))}">'
        f"<title>{escape(words.visible(chart.title))}</title>"
    )
    if not good:
        return f'{opening}<text class="axis" x="{LEFT}" y="{HEIGHT // 2}">No finite figure to draw.</text></svg>'
    positive = [x for x, _ in pairs if x > 0]
    is_log = chart.log_x and len(set(positive)) > 1
    # A logarithm has no place for step 0: it is drawn at the left edge.
    left = min(positive) if is_log else min(x for x, _ in pairs)

    def along(x: float) -> float:
        return math.log10(max(x, left)) if is_log else x

    low_x, high_x = _widened(along(left), along(max(x for x, _ in pairs)), 0)
    lowest, highest = min(y for _, y in good), max(y for _, y in good)
    low_y, high_y = _widened(min(lowest, 0.0) if chart.from_zero else lowest, highest, 0.06)
    if chart.from_zero and lowest >= 0:
        low_y = 0.0

    def place(x: float, y: float) -> tuple[float, float]:
        across = (along(x) - low_x) / (high_x - low_x)
        up = (y - low_y) / (high_y - low_y)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    parts = [opening]
    floor = HEIGHT - BOTTOM
    marks = ticks(low_y, high_y)
    for mark in marks:
        y = place(left, mark)[1]
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="axis end" x="{LEFT - 8}" y="{y + 4:.1f}">{label(mark, marks)}</text>')
    marks = log_ticks(10**low_x, 10**high_x) if is_log else ticks(low_x, high_x, 6)
    for mark in marks:
        x = place(mark, low_y)[0]
        figure = words.count(round(mark, 9)) if is_log else label(mark, marks)
        parts.append(f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{floor}" y2="{floor + 5}"/>')
        parts.append(f'<text class="axis middle" x="{x:.1f}" y="{floor + 19}">{figure}</text>')
    parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{floor}" y2="{floor}"/>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text class="axis middle" x="{middle}" y="{HEIGHT - 8}">{_text(chart.x_label)}</text>')
    upright = f"translate(14 {(TOP + floor) / 2}) rotate(-90)"
    parts.append(f'<text class="axis middle" transform="{upright}">{_text(chart.y_label)}</text>')
    ends: list[tuple[float, str, str]] = []
    for series in chart.series:
        kind = "main" if series.is_main else "plain"
        if series.tone is not None:
            kind = f"tone tone{series.tone % TONES}"
        for run in _unbroken(series.points):
            spots = [place(x, y) for x, y in run]
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
            parts.append(f'<polyline class="{kind}" points="{line}"/>')
            if series.is_main or len(run) == 1:
                parts += [
                    f'<circle class="{kind}" cx="{spot[0]:.1f}" cy="{spot[1]:.1f}" r="3">'
                    f"<title>{_text(_said(chart, series, point))}</title></circle>"
                    for spot, point in zip(spots, run, strict=True)
                ]
        finite = [point for point in series.points if all(map(is_drawable, point))]
        if finite:
            # The axis names a line that is alone.
            name = f"{series.name} " if len(chart.series) > 1 else ""
            ends.append((place(*finite[-1])[1], kind, name + _short(finite[-1][1])))
    parts += [
        f'<text class="series {kind}" x="{WIDTH - RIGHT + 8}" y="{y + 4:.1f}">{_text(name)}</text>'
        for y, kind, name in _apart(ends)
    ]
    for x_value in bad:
        x = place(x_value, low_y)[0]
        parts.append(
            f'<path class="bad" d="M{x - 4:.1f} {floor - 10}l8 8m0 -8l-8 8">'
            f"<title>not a finite number at {_text(chart.x_label)} {x_value:,g}</title></path>"
        )
    return "".join(parts) + "</svg>"


def describe(chart: Chart) -> str:
    """The chart in a sentence or two, for those who cannot see it and for the Markdown twin."""
    sentences = []
    for series in chart.series:
        finite = [point for point in series.points if all(map(is_drawable, point))]
        missing = len(series.points) - len(finite)
        if finite:
            low = min(finite, key=lambda point: point[1])
            sentences.append(
                f"{series.name}: from {_short(finite[0][1])} at {chart.x_label} "
                f"{finite[0][0]:,g} to {_short(finite[-1][1])} at {finite[-1][0]:,g}, "
                f"lowest {_short(low[1])} at {low[0]:,g}."
            )
        if missing:
            sentences.append(f"{series.name}: {words.plural(missing, 'point')} not finite.")
    return f"{chart.title}. {' '.join(sentences) or 'No figures.'}"


def _short(value: float) -> str:
    """Three figures: 1.50, 0.0004, 13.9 k."""
    return f"{value:#.3g}" if 1 <= abs(value) < 100 else words.count(float(f"{value:.3g}"))


def _said(chart: Chart, series: Series, point: tuple[float, float]) -> str:
    return f"{series.name} {point[1]:.4g} at {chart.x_label} {point[0]:,g}"


def _text(text: str) -> str:
    return escape(words.visible(text))


def _widened(low: float, high: float, margin: float) -> tuple[float, float]:
    """A range that is never empty, with a share of `margin` added on either side."""
    least = max(abs(low), abs(high), 1e-9) * 1e-6
    if high - low < least:
        room = max(abs(low), abs(high)) * 0.05 or 1.0
        return low - max(room, least), high + max(room, least)
    return low - (high - low) * margin, high + (high - low) * margin


def _unbroken(points: Points) -> list[list[tuple[float, float]]]:
    """The stretches of points between those that cannot be drawn."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if all(map(is_drawable, point)):
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _apart(ends: list[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """The lines' names at their ends, pushed down until none covers another."""
    placed: list[tuple[float, str, str]] = []
    for y, kind, name in sorted(ends):
        placed.append((max(y, placed[-1][0] + 16) if placed else y, kind, name))
    return placed
