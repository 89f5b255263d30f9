from __future__ import annotations

import itertools
import math
import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as some

from groundup.reports.chart import (
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    Chart,
    Points,
    Series,
    describe,
    draw,
    label,
    log_ticks,
    ticks,
)

NAN = float("nan")


def drawn(*lines: Points, log_x: bool = False, from_zero: bool = False) -> ElementTree.Element:
    series = tuple(Series(f"line {n}", line, is_main=n == 1) for n, line in enumerate(lines))
    return ElementTree.fromstring(draw(Chart("A chart", "step", "loss", series, log_x, from_zero)))


def coordinates(svg: ElementTree.Element) -> list[tuple[float, float]]:
    return [
        (float(x), float(y))
        for line in svg.iter("polyline")
        for x, y in (pair.split(",") for pair in line.attrib["points"].split())
    ]


points = some.lists(some.tuples(some.floats(), some.floats()), max_size=12).map(tuple)


@given(points, points, some.booleans(), some.booleans())
def test_any_points_make_a_well_formed_chart_within_its_frame(
    first: Points, second: Points, log_x: bool, from_zero: bool
):
    svg = drawn(first, second, log_x=log_x, from_zero=from_zero)
    for x, y in coordinates(svg):
        assert LEFT - 1 <= x <= WIDTH - RIGHT + 1
        assert 0 <= y <= HEIGHT
    assert "nan" not in re.sub(r"<title>.*?</title>", "", ElementTree.tostring(svg, encoding="unicode"))


def test_no_points_are_said_to_be_none():
    assert "No finite figure" in draw(Chart("A chart", "step", "loss", (Series("line", ()),)))
    assert "No figures" in describe(Chart("A chart", "step", "loss", ()))


def test_one_point_is_a_dot():
    (dot,) = drawn(((5.0, 2.0),)).iter("circle")
    assert "line 0 2 at step 5" in "".join(dot.itertext())


def test_two_points_are_a_line_that_falls_on_paper_as_the_figures_do():
    (x1, y1), (x2, y2) = coordinates(drawn(((0.0, 3.0), (10.0, 1.0))))
    assert x1 < x2
    assert y1 < y2  # down the page


def test_a_constant_is_a_level_line_in_the_middle():
    ys = {y for _, y in coordinates(drawn(((1.0, 2.0), (2.0, 2.0), (3.0, 2.0))))}
    assert len(ys) == 1
    assert 50 < ys.pop() < HEIGHT - 50


@pytest.mark.parametrize("bad", [NAN, math.inf, -math.inf, 1e300])
def test_a_figure_that_is_none_breaks_the_line_and_is_marked(bad: float):
    svg = drawn(((1.0, 3.0), (2.0, 2.0), (3.0, bad), (4.0, 2.0), (5.0, 1.0)))
    assert len(list(svg.iter("polyline"))) == 2
    (mark,) = svg.iter("path")
    assert "not a finite number at step 3" in "".join(mark.itertext())


def test_step_nought_has_a_place_on_a_logarithmic_axis():
    places = coordinates(drawn(((0.0, 4.0), (10.0, 3.0), (100.0, 2.0), (1000.0, 1.0)), log_x=True))
    assert places[0][0] == places[1][0] == pytest.approx(LEFT)
    assert places[2][0] - places[1][0] == pytest.approx(places[3][0] - places[2][0], abs=0.2)


def test_an_axis_from_nought_keeps_noise_in_proportion():
    line = ((1.0, 14_000.0), (2.0, 13_900.0))
    (_, high), (_, low) = coordinates(drawn(line, from_zero=True))
    assert abs(high - low) < 5


def test_names_at_the_ends_do_not_cover_each_other():
    svg = drawn(*(((0.0, 1.0), (1.0, 1.0 + n / 1000)) for n in range(4)))
    heights = sorted(float(text.attrib["y"]) for text in svg.iter("text") if "series" in text.attrib["class"])
    assert all(b - a >= 15 for a, b in itertools.pairwise(heights))


@given(some.floats(-1e9, 1e9), some.floats(1e-6, 1e9))
def test_ticks_are_round_few_and_within(low: float, width: float):
    high = low + width
    if high - low < 1e-9 * max(abs(low), abs(high)):
        return
    marks = ticks(low, high)
    assert 2 <= len(marks) <= 8
    assert all(low - width * 1e-5 <= mark <= high + width * 1e-5 for mark in marks)
    said = [label(mark, marks) for mark in marks]
    if width > 1e-2 * max(abs(low), abs(high)):
        assert len(set(said)) == len(said), said


@given(some.floats(1e-3, 1e9), some.floats(2.5, 1e9))
def test_logarithmic_ticks_are_few_and_within(low: float, times: float):
    marks = log_ticks(low, low * times)
    assert 1 <= len(marks) <= 12
    assert all(low * 0.99 <= mark <= low * times * 1.01 for mark in marks)
    assert marks == sorted(marks)


def test_ticks_are_what_a_person_would_choose():
    assert ticks(0, 5) == [0, 1, 2, 3, 4, 5]
    assert log_ticks(10, 1000) == [10, 20, 50, 100, 200, 500, 1000]
    assert [label(mark, [0.0, 0.005, 0.01]) for mark in (0.0, 0.005, 0.01)] == ["0.000", "0.005", "0.010"]
    assert label(-0.0, [-0.0, 1.0]) == "0"
    assert label(20_000.0, [0.0, 20_000.0, 40_000.0]) == "20 k"


def test_the_chart_says_itself_in_words():
    chart = Chart("Loss", "step", "nats", (Series("validation", ((1.0, 4.0), (9.0, 1.5), (10.0, NAN)), True),))
    told = describe(chart)
    assert (
        told == "Loss. validation: from 4.00 at step 1 to 1.50 at 9, lowest 1.50 at 9. validation: 1 point not finite."
    )
    svg = ElementTree.fromstring(draw(chart))
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-label"] == told


@given(some.text(some.characters() | some.sampled_from("<>&\"'")))
def test_names_are_text(name: str):
    svg = draw(Chart(name, name, name, (Series(name, ((1.0, 1.0),)), Series(name, ((NAN, NAN),)))))
    allowed = {"svg", "title", "line", "text", "polyline", "circle", "path"}
    assert {element.tag for element in ElementTree.fromstring(svg).iter()} <= allowed
