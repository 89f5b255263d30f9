from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from groundup.model.describe import outline, parts_of
from groundup.model.heads import HeadSettings
from groundup.model.model import Model, build_model, parameter_count
from groundup.model.presets import PRESETS
from groundup.model.settings import ModelSettings


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("depth", [1, 2, 11])
def test_the_parts_are_the_whole(depth: int, tied: bool) -> None:
    model = build_model(ModelSettings(depth=depth, width=16, heads=2, tied=tied), 11, seed=1)
    parts = parts_of(model)
    assert sum(part.parameters for part in parts) == parameter_count(model)
    assert len({part.name for part in parts}) == len(parts)
    assert all(part.count == depth for part in parts if "layers" in part.name)


def test_alike_layers_are_told_once_and_in_order() -> None:
    model = build_model(ModelSettings(depth=3, width=16, heads=2, key_value_heads=1, decoder=("attention",)), 11, 1)
    assert [(part.name, part.shape, part.count) for part in parts_of(model)] == [
        ("embedding.weight", (11, 16), 1),
        ("decoder.layers.*.shares", (2,), 3),
        ("decoder.layers.*.mixers.0.query.weight", (16, 16), 3),
        ("decoder.layers.*.mixers.0.key.weight", (8, 16), 3),
        ("decoder.layers.*.mixers.0.value.weight", (8, 16), 3),
        ("decoder.layers.*.mixers.0.output.weight", (16, 16), 3),
        ("head.weight", (11, 16), 1),
    ]
    assert parts_of(model)[2].parameters == 3 * 16 * 16


SMALL: dict[str, Any] = {"depth": 3, "width": 32, "heads": 2, "context": 16}


def counted(model: Model) -> int:
    told = outline(model)
    around = sum(piece.parameters for piece in (*told.embeddings, *told.outputs, *told.heads))
    return around + sum(stack.parameters for stack in told.stacks)


@pytest.mark.parametrize("preset", [None, *PRESETS])
def test_an_outline_counts_every_parameter_once(preset: str | None) -> None:
    model = build_model(ModelSettings(**{**SMALL, **(PRESETS[preset] if preset else {})}), 11, seed=1)
    told = outline(model)
    assert counted(model) == told.parameters == parameter_count(model)
    for stack in told.stacks:
        names = getattr(model.settings, stack.name)
        assert [block.count for block in stack.blocks] == [stack.depth] == [3]
        assert tuple(piece.name for piece in stack.blocks[0].mixers) == names


def test_an_outline_says_how_often_layers_are_gone_through() -> None:
    settings = ModelSettings(**SMALL, encoder=("attention", "glu"), decoder=("cross",), repeats=4)
    model = build_model(settings, 11, seed=1)
    assert [(stack.depth, stack.repeats) for stack in outline(model).stacks] == [(3, 4), (3, 4)]
    assert counted(model) == parameter_count(model)


def test_a_generator_is_counted_too() -> None:
    settings = ModelSettings(**SMALL, encoder=("attention", "glu"), decoder=())
    model = build_model(settings, 11, seed=1, generator=0.5)
    assert counted(model) == parameter_count(model)
    assert [piece.name for piece in outline(model).outputs] == ["head", "generator"]


def test_heads_and_a_second_vocabulary_are_counted_too() -> None:
    heads = {"next_sentence": HeadSettings("sequence"), "tags": HeadSettings("token", labels=5)}
    encoder = {"encoder": ("attention", "glu"), "decoder": ("attention", "cross", "glu")}
    model = build_model(ModelSettings(**SMALL, **encoder), 11, seed=1, heads=heads, source_vocabulary=13)
    told = outline(model)
    assert counted(model) == parameter_count(model)
    assert [piece.name for piece in told.heads] == ["next_sentence", "tags"]
    assert [piece.tensors[0].shape for piece in told.embeddings] == [(11, 32), (13, 32)]
    assert [piece.name for piece in told.stacks[1].blocks[0].mixers if piece.attends_memory] == ["cross"]


def test_what_a_head_hears_beside_vectors_is_told_and_is_looked_up() -> None:
    settings = ModelSettings(**SMALL, encoder=("attention",), decoder=(), segments=99)
    told = outline(build_model(settings, 11, seed=1, heads={"span": HeadSettings("span")}))
    assert {shape.names: shape.shape for shape in told.heads[0].tensors}[("wide.table",)] == (3 * 99 * 99, 2)
    assert told.heads[0].parameters == 2 * 32 + 2 + 6 * 99 * 99
    assert told.parameters - told.without_embeddings == (11 + 99) * 32 + 6 * 99 * 99


def test_without_embeddings_is_without_what_is_looked_up() -> None:
    settings = ModelSettings(**SMALL, positions="learned", segments=2, tied=True)
    told = outline(build_model(settings, 11, seed=1))
    assert told.parameters - told.without_embeddings == (11 + 16 + 2) * 32


def test_layers_that_differ_are_told_apart() -> None:
    model = build_model(ModelSettings(**SMALL), 11, seed=1)
    assert model.decoder is not None
    model.decoder.layers[1].mixers[0].register_parameter("gate", nn.Parameter(model.embedding.weight[0].clone()))
    blocks = outline(model).stacks[0].blocks
    assert [block.count for block in blocks] == [1, 1, 1]
    assert blocks[0] == blocks[2] != blocks[1]
