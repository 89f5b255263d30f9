from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from groundup.reports.attention_map import Panel, describe, draw, draw_file, panels

SPACE = "{http://www.w3.org/2000/svg}"
# Two layers of two heads, two tokens written while looking at three.
WEIGHTS = [
    [[[0.7, 0.2, 0.1], [0.0, 0.5, 0.5]], [[0.5, 0.4, 0.1], [0.2, 0.1, 0.7]]],
    [[[0.1, 0.8, 0.1], [0.0, 0.0, 1.0]], [[0.3, 0.6, 0.1], [0.6, 0.2, 0.2]]],
]
TARGETS, SOURCES = ("a", " house"), ("ein", " Haus", "\n")


def read(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in read(svg).iter(f"{SPACE}text")]


def of_kind(svg: str, kind: str) -> list[ElementTree.Element]:
    return [element for element in read(svg).iter(f"{SPACE}rect") if element.get("class") == kind]


def even(targets: int, sources: int) -> Panel:
    return Panel("even", ((1 / sources,) * sources,) * targets)


def test_heads_and_layers_are_averaged_or_stand_side_by_side() -> None:
    (mean,) = panels(WEIGHTS)
    assert mean.weights[0] == pytest.approx((0.4, 0.5, 0.1))
    assert mean.name == "mean of 2 layers of 2 heads"
    layers = panels(WEIGHTS, "layers")
    assert [panel.name for panel in layers] == ["layer 1, mean of 2 heads", "layer 2, mean of 2 heads"]
    assert layers[1].weights[1] == pytest.approx((0.3, 0.1, 0.6))
    heads = panels(WEIGHTS, "heads")
    assert [panel.name for panel in heads][2:] == ["layer 2, head 1", "layer 2, head 2"]
    assert heads[3].weights == tuple(map(tuple, WEIGHTS[1][1]))


def test_each_square_is_as_dark_as_its_weight_and_says_it() -> None:
    svg = draw_file(TARGETS, SOURCES, panels(WEIGHTS[:1])[:1])
    said = {cell[0].text: float(cell.attrib["fill-opacity"]) for cell in of_kind(svg, "cell") if len(cell)}
    assert said == pytest.approx(
        {
            "a at ein: 60 %": 1.0, "a at Haus: 30 %": 0.5, "a at \u23ce: 10 %": 0.167,
            "house at ein: 10 %": 0.167, "house at Haus: 30 %": 0.5, "house at \u23ce: 60 %": 1.0,
        },
        abs=0.001,
    )  # fmt: skip


def test_the_place_looked_at_most_has_a_frame_and_is_told() -> None:
    grids = panels(WEIGHTS)
    svg = draw_file(TARGETS, SOURCES, grids, "A title")
    cells = {cell[0].text: cell for cell in of_kind(svg, "cell") if len(cell)}
    wanted = [cells["a at Haus: 50 %"], cells["house at \u23ce: 60 %"]]
    # The last frame is the one that the key explains.
    for frame, cell in zip(of_kind(svg, "most")[:-1], wanted, strict=True):
        for side in ("x", "y"):
            assert float(frame.attrib[side]) == pytest.approx(float(cell.attrib[side]) + 1)
    told = describe(TARGETS, SOURCES, grids)
    assert told == "Looked most: a at Haus (50 %), house at \u23ce (60 %)."
    assert read(svg).attrib["aria-label"] == told
    assert {"A title", "ein", "Haus", "\u23ce", "a", "house"} <= set(texts(svg))


@settings(max_examples=15, deadline=None)
@given(some.integers(1, 40), some.integers(1, 40), some.integers(1, 4), some.integers(1, 20))
def test_any_number_of_tokens_lies_within_the_picture_and_covers_nothing(
    targets: int, sources: int, count: int, letters: int
) -> None:
    svg = draw_file(["W" * letters] * targets, ["W" * letters] * sources, [even(targets, sources)] * count, "title")
    _, _, width, height = map(float, read(svg).attrib["viewBox"].split())
    boxes = [[float(box.attrib[key]) for key in ("x", "y", "width", "height")] for box in of_kind(svg, "ground")]
    for number, (x, y, w, h) in enumerate(boxes):
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
        for other_x, other_y, other_w, other_h in boxes[:number]:
            assert x + w <= other_x or other_x + other_w <= x or y + h <= other_y or other_y + other_h <= y
        assert (w, h) == (0, 0) or min(w / sources, h / targets) >= 15 or (w, h) == (18, 14)
    assert len([cell for cell in of_kind(svg, "cell") if len(cell)]) == targets * sources * count


def test_few_tokens_have_their_figures_in_the_squares_and_many_do_not() -> None:
    assert texts(draw_file(("t",) * 5, ("s",) * 4, [even(5, 4)])).count("25") == 20
    assert "3" not in texts(draw_file(("t",) * 40, ("s",) * 40, [even(40, 40)]))


@settings(max_examples=60, deadline=None)
@given(some.lists(some.text(some.characters() | some.characters(categories=["Cs", "Cc"])), min_size=1, max_size=3))
def test_any_token_is_text_that_fetches_and_runs_nothing(tokens: list[str]) -> None:
    tokens = [*tokens, "<script>", "\x00&\"'"]
    svg = draw_file(tokens, tokens, [even(len(tokens), len(tokens))], "".join(tokens))
    svg.encode()
    assert "<script>" in texts(svg)
    assert "<script" not in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "") or any("http" in token for token in tokens)
    assert all(word not in svg for word in ("url(", "@import", "href", "<image", "foreignObject"))
    assert "prefers-color-scheme: dark" in draw(tokens, tokens, [even(len(tokens), len(tokens))])


def test_weights_that_are_nothing_or_no_number_are_left_blank() -> None:
    grid = Panel("causal", ((1.0, 0.0), (math.nan, 0.0)))
    svg = draw_file(("a", "b"), ("a", "b"), [grid])
    assert [cell[0].text for cell in of_kind(svg, "cell") if len(cell)] == ["a at a: 100 %"]
    nothing = draw_file(("a",), ("b",), [Panel("", ((0.0,),))])
    assert "Looked most: nowhere." in nothing


def test_tokens_and_weights_must_fit() -> None:
    with pytest.raises(AssertionError, match="source"):
        draw(("a",), ("b", "c"), [Panel("", ((1.0,),))])
    with pytest.raises(AssertionError, match="target"):
        draw(("a", "b"), ("b",), [Panel("", ((1.0,),))])
