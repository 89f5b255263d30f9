from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as some

from groundup.reports.histogram import Histogram, Layer, describe, draw, spark

sys.path.insert(0, str(Path(__file__).parent))
from pages import Page

EDGES = some.lists(some.floats(-1e9, 1e9), min_size=2, max_size=12, unique=True).map(sorted)


@some.composite
def histograms(draw_: some.DrawFn) -> Histogram:
    edges = tuple(draw_(EDGES))
    counts = some.lists(some.integers(0, 10**9), min_size=len(edges) - 1, max_size=len(edges) - 1).map(tuple)
    layers = tuple(Layer(name, draw_(counts)) for name in ("kept", "dropped"))
    return Histogram("words", edges, layers, (("at least", draw_(some.floats(-1e9, 1e9))),))


@given(histograms())
def test_every_bin_that_is_not_empty_has_a_bar_within_the_picture(histogram: Histogram) -> None:
    page = Page(draw(histogram))
    assert page.misplaced == page.open == page.dangers() == []
    bars = [attributes for tag, attributes in page.elements if tag == "rect"]
    assert len(bars) == sum(bool(count) for layer in histogram.layers for count in layer.counts)
    for bar in bars:
        x, y, width, height = (float(bar[name] or "nan") for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + width <= 380
        assert 10 <= y <= y + height <= 150


@given(some.lists(some.integers(0, 10**6), max_size=30))
def test_a_line_of_signs_has_one_a_bin_and_nothing_for_nothing(counts: list[int]) -> None:
    shown = spark(counts)
    assert len(shown) == len(counts)
    assert [sign == " " for sign in shown] == [count == 0 for count in counts]
    if any(counts):
        assert shown[counts.index(max(counts))] == "█"


def test_a_histogram_in_a_sentence() -> None:
    told = describe(Histogram("words", (0.0, 50.0, 12_300.0), (Layer("kept", (1, 5)), Layer("dropped", (1, 0)))))
    assert told == "words: kept 6 documents, most from 50 to 12.3 k; dropped 1 document, from 0 to 50."
