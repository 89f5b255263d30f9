from __future__ import annotations

import pytest

from groundup.model.describe import parts_of
from groundup.model.model import build_model, parameter_count
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
