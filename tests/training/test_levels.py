"""Every parameter has its level, and on the way down a stack the levels only grow."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from groundup.model.heads import HeadSettings
from groundup.model.model import build_model
from groundup.model.settings import ModelSettings
from groundup.training.levels import levels_of

STACKS = [
    {"encoder": (), "decoder": ("attention", "glu")},
    {"encoder": ("attention", "glu"), "decoder": ()},
    {"encoder": ("gru", "glu"), "decoder": ("gru", "additive")},
    {"encoder": ("attention",), "decoder": ("attention", "cross", "glu")},
]
POSITIONS = some.sampled_from(["learned", "none"])


@settings(max_examples=60, deadline=None)
@given(
    some.sampled_from(STACKS),
    some.integers(1, 5),
    some.integers(1, 5),
    some.booleans(),
    some.booleans(),
    POSITIONS,
    some.sampled_from([None, 7]),
    some.booleans(),
)
def test_levels_count_the_layers_above(
    stacks, depth, encoder_depth, is_tied, has_gains, positions, source, is_labelled
):
    has_both = bool(stacks["encoder"] and stacks["decoder"])
    model = build_model(
        ModelSettings(
            depth=depth,
            encoder_depth=encoder_depth,
            width=8,
            heads=1,
            context=8,
            tied=is_tied,
            norm_gain=has_gains,
            positions=positions,
            segments=2 if not stacks["decoder"] else 0,
            sentences=3 if has_both and is_labelled else 0,
            **stacks,
        ),
        11,
        1,
        source_vocabulary=source if has_both else None,
        heads={"tags": HeadSettings("sequence")} if is_labelled else {},
    )
    levels = levels_of(model)
    assert levels.keys() == {name for name, _ in model.named_parameters()}
    depths = {side: len(getattr(model, side).layers) for side in ("encoder", "decoder") if stacks[side]}
    for name, level in levels.items():
        part, *rest = name.split(".")
        if part in ("head", "head_bias", "heads"):
            assert level == 0
        elif part in depths and rest[0] == "layers":
            # Told by the layers that lie above it.
            assert level == 1 + len(range(int(rest[1]) + 1, depths[part]))
        elif part in depths and rest[0] == "output_norm":
            assert level == 1
        elif part in depths:
            assert level == depths[part] + 1
    if model.source_embedding is None:
        assert levels["embedding.weight"] == max(levels.values()) == max(depths.values()) + 1
    else:
        assert levels["embedding.weight"] == depths["decoder"] + 1
        assert levels["source_embedding.weight"] == depths["encoder"] + 1


def test_a_generator_stands_beside_the_stacks():
    settings = ModelSettings(encoder=("attention",), decoder=(), depth=2, width=8, heads=1, context=8)
    levels = levels_of(build_model(settings, 11, 1, generator=0.5))
    assert {level for name, level in levels.items() if name.startswith("generator.")} == {0}
