from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import pytest

from groundup.model.describe import outline
from groundup.model.heads import HeadSettings
from groundup.model.model import Model, build_model
from groundup.model.presets import PRESETS
from groundup.model.settings import ModelSettings
from groundup.reports.diagram import describe, draw_file

SPACE = "{http://www.w3.org/2000/svg}"
BOTH = {"encoder": ("attention", "gelu"), "decoder": ("attention", "cross", "gelu", "cross")}
MakeModel = Callable[..., Model]


def read(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in read(svg).iter(f"{SPACE}text")]


def of_kind(svg: str, tag: str, kind: str) -> list[ElementTree.Element]:
    return [element for element in read(svg).iter(SPACE + tag) if element.get("class") == kind]


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_is_drawn_whole_and_within_its_frame(name: str) -> None:
    settings = ModelSettings(**{"width": 32, "heads": 2, "depth": 3, "context": 16, **PRESETS[name]})
    model = build_model(settings, 11, 1)
    svg = draw_file(outline(model), name)
    mixers = len(of_kind(svg, "rect", "mixer")) + len(of_kind(svg, "rect", "memory"))
    assert mixers == len(settings.encoder) + len(settings.decoder)
    assert len(of_kind(svg, "circle", "sum")) == (mixers if settings.residual else 0)
    assert texts(svg).count("\u00d7 3") == bool(settings.encoder) + bool(settings.decoder)
    left, top, width, height = map(float, read(svg).attrib["viewBox"].split())
    for box in read(svg).iter(f"{SPACE}rect"):
        x, y, w, h = (float(box.attrib[key]) for key in ("x", "y", "width", "height"))
        assert left <= x <= x + w <= left + width
        assert top <= y <= y + h <= top + height
    for word in read(svg).iter(f"{SPACE}text"):
        assert left <= float(word.attrib["x"]) <= left + width
        assert top <= float(word.attrib["y"]) <= top + height


def test_boxes_never_cover_each_other(random_model: MakeModel) -> None:
    for settings in (BOTH, {"norm_place": "post", **BOTH}, {"positions": "learned", "segments": 2}):
        svg = draw_file(outline(random_model(**settings)))
        found = [
            tuple(float(box.attrib[key]) for key in ("x", "y", "width", "height"))
            for kind in ("mixer", "memory", "box", "norm")
            for box in of_kind(svg, "rect", kind)
        ]
        for number, (x, y, w, h) in enumerate(found):
            for other_x, other_y, other_w, other_h in found[:number]:
                assert x + w <= other_x or other_x + other_w <= x or y + h <= other_y or other_y + other_h <= y


def test_the_memory_reaches_every_mixer_that_looks_at_it(random_model: MakeModel) -> None:
    svg = draw_file(outline(random_model(**BOTH)))
    boxes = of_kind(svg, "rect", "memory")
    assert len(boxes) == len(of_kind(svg, "path", "seen")) == 2
    for box, line in zip(boxes, of_kind(svg, "path", "seen"), strict=True):
        middle = float(box.attrib["y"]) + float(box.attrib["height"]) / 2
        assert f" {middle:.1f}H" in line.attrib["d"]
    assert not of_kind(draw_file(outline(random_model())), "path", "seen")


def test_it_is_text_that_fetches_and_runs_nothing(random_model: MakeModel) -> None:
    svg = draw_file(outline(random_model()), "<script>alert(1)</script> & \u0000")
    assert "<script" not in svg
    assert "<script>alert(1)</script> & \u2400" in texts(svg)
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert all(word not in svg for word in ("url(", "@import", "href", "<image", "foreignObject"))
    assert "prefers-color-scheme: dark" in svg


def test_shapes_heads_and_parameters_stand_in_the_boxes(random_model: MakeModel) -> None:
    model = random_model(vocabulary=5000, width=128, heads=4, depth=2, tied=True, head_bias=True)
    said = texts(draw_file(outline(model)))
    assert "4 heads of 32 \u00b7 4 of 128 \u00d7 128" in said
    assert "65.5 k" in said
    assert "512 \u00d7 128, 128 \u00d7 512" in said
    assert "the embedding table, with a bias" in said
    assert any(text.startswith(f"{sum(w.numel() for w in model.parameters()):,} parameters") for text in said)


def test_what_stands_beside_the_output_layer_is_told() -> None:
    heads = {"next_sentence": HeadSettings("sequence")}
    settings: dict[str, Any] = {"width": 32, "heads": 2, "depth": 1, "encoder": ("attention", "gelu"), "decoder": ()}
    model = build_model(ModelSettings(**settings), 11, 1, heads=heads, generator=0.5)
    said = texts(draw_file(outline(model)))
    assert any("head next sentence" in text for text in said)
    assert any("generator" in text for text in said)


def test_two_vocabularies_are_two_tables() -> None:
    model = build_model(ModelSettings(width=32, heads=2, depth=1, **BOTH), 11, 1, source_vocabulary=17)
    said = texts(draw_file(outline(model)))
    assert "17 \u00d7 32" in said
    assert "11 \u00d7 32" in said
    assert "shared" not in said


def test_an_encoder_that_reads_sentences_says_so(random_model: MakeModel) -> None:
    said = texts(draw_file(outline(random_model(**BOTH, sentences=5))))
    assert "sum of each sentence" in said
    assert "sum of each sentence" not in texts(draw_file(outline(random_model(**BOTH))))


def test_those_who_cannot_see_it_are_told(random_model: MakeModel) -> None:
    model = outline(random_model(**BOTH))
    told = describe(model)
    assert "Encoder: 2 layers of attention, gelu" in told
    assert "Decoder: 2 layers of attention, cross, gelu, cross" in told
    assert read(draw_file(model)).attrib["aria-label"] == told


def test_layers_that_are_gone_through_again_say_how_often(random_model: MakeModel) -> None:
    model = outline(random_model(depth=3, repeats=4))
    assert "\u00d7 3 \u00d7 4" in texts(draw_file(model))
    assert "Decoder: 3 layers of attention, relu squared, gone through 4 times;" in describe(model)
