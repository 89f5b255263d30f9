from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.errors import GroundupError
from groundup.model.context import Memory, all_at_once
from groundup.model.heads import HeadSettings
from groundup.model.model import Model, build_model
from groundup.model.settings import ModelSettings
from groundup.model.warm_start import warm_start

MakeModel = Callable[..., Model]
READER: dict[str, Any] = {"encoder": ("attention", "glu"), "decoder": ()}
WRITER: dict[str, Any] = {"encoder": (), "decoder": ("attention", "glu")}
BOTH: dict[str, Any] = {"encoder": ("attention", "glu"), "decoder": ("attention", "cross", "glu")}


def new_model(vocabulary: int = 11, source_vocabulary: int | None = None, **values: Any) -> Model:
    chosen = {"depth": 2, "width": 16, "heads": 2, "context": 16} | BOTH | values
    return build_model(ModelSettings(**chosen), vocabulary, 7, source_vocabulary=source_vocabulary).eval()


def tokens_of(seed: int, rows: int, times: int) -> Tensor:
    return torch.randint(11, (rows, times), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def says(model: Model, tokens: Tensor, memory: Memory | None = None) -> Tensor:
    return model.score(model(tokens, all_at_once(tokens, memory=memory))[0])


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"positions": "learned", "tied": True, "norm": "layer", "norm_gain": True, "biases": True},
        {"positions": "relative", "head_transform": True, "head_bias": True, "embedding_skip": False},
        {"decoder": ("glu", "attention", "attention"), "key_value_heads": 1},
    ],
)
@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_with_cross_attention_that_begins_at_zero_it_writes_what_its_decoder_wrote(
    random_model: MakeModel, values: dict[str, Any], seed: int
) -> None:
    old = random_model(seed=seed, **(WRITER | values))
    mixers = old.settings.decoder
    new = new_model(**values | {"decoder": (*mixers[:1], "cross", *mixers[1:])})
    memory = Memory(torch.randn(3, 4, 16))
    tokens = tokens_of(seed, 3, 8)
    assert not torch.allclose(says(old, tokens), says(new, tokens, memory), atol=1e-3)
    account = warm_start(new, decoder=old)
    assert torch.equal(says(old, tokens), says(new, tokens, memory))
    assert {name.partition(": ")[2] for name in account.taken.values()} == {name for name, _ in old.named_parameters()}


@pytest.mark.parametrize("values", [{}, {"positions": "learned", "segments": 2}, {"positions": "relative"}])
def test_its_encoder_reads_what_the_encoder_read(random_model: MakeModel, values: dict[str, Any]) -> None:
    old, new = random_model(**(READER | values)), new_model(**values)
    account = warm_start(new, encoder=old)
    source = tokens_of(1, 2, 7)
    context = all_at_once(source, is_causal=False)
    with torch.no_grad():
        assert torch.equal(new.read(source, context).hidden, old(source, context)[0])
    assert all(name.startswith("encoder model: ") for name in account.taken.values())
    assert all(name.startswith("decoder.") for name in account.new)


def test_every_weight_is_taken_or_new_and_what_is_new_is_as_it_was(random_model: MakeModel) -> None:
    reader, writer, new = random_model(**READER, seed=1), random_model(**WRITER, seed=2), new_model()
    before = {name: weight.detach().clone() for name, weight in new.named_parameters()}
    account = warm_start(new, encoder=reader, decoder=writer)
    assert sorted([*account.taken, *account.new]) == sorted(before)
    assert {name.split(".")[5] for name in account.new} == {"query", "key", "value", "output"}
    assert all(name.startswith("decoder.layers.") and ".mixers.1." in name for name in account.new)
    weights = dict(new.named_parameters())
    donors = {"encoder model": dict(reader.named_parameters()), "decoder model": dict(writer.named_parameters())}
    for name, origin in account.taken.items():
        donor, _, there = origin.partition(": ")
        assert torch.equal(weights[name], donors[donor][there])
        assert not torch.equal(weights[name], before[name]), name
    assert all(torch.equal(weights[name], before[name]) for name in account.new)
    # The feed-forward stands third in the new decoder's layers, and second in the old one's.
    assert account.taken["decoder.layers.1.mixers.2.gate.weight"] == (
        "decoder model: decoder.layers.1.mixers.1.gate.weight"
    )
    assert account.taken["embedding.weight"] == "decoder model: embedding.weight"
    # A copy and not the same tensor.
    with torch.no_grad():
        weights["encoder.layers.0.mixers.0.query.weight"].zero_()
    assert reader.encoder is not None
    assert bool(reader.encoder.layers[0].mixers[0].query.weight.any())


def test_an_encoder_may_start_both_sides_but_not_its_distances(random_model: MakeModel) -> None:
    old, new = random_model(**READER, positions="relative"), new_model(positions="relative")
    account = warm_start(new, encoder=old, decoder=old)
    assert account.taken["decoder.layers.0.mixers.0.query.weight"] == (
        "decoder model: encoder.layers.0.mixers.0.query.weight"
    )
    assert "encoder.relative.table.weight" in account.taken
    assert "decoder.relative.table.weight" in account.new


def test_a_deeper_model_takes_the_layers_that_there_are(random_model: MakeModel) -> None:
    old, new = random_model(**READER, depth=1), new_model(encoder_depth=3)
    account = warm_start(new, encoder=old)
    assert {int(name.split(".")[2]) for name in account.taken if name.startswith("encoder.layers")} == {0}


def test_a_source_vocabulary_of_its_own_takes_the_encoders_table(random_model: MakeModel) -> None:
    reader, writer = random_model(vocabulary=13, **READER), random_model(**WRITER)
    new = new_model(source_vocabulary=13)
    account = warm_start(new, encoder=reader, decoder=writer)
    assert account.taken["source_embedding.weight"] == "encoder model: embedding.weight"
    assert account.taken["embedding.weight"] == "decoder model: embedding.weight"
    assert account.taken["head.weight"] == "decoder model: head.weight"
    # And one that has two tables starts another that has two.
    again = warm_start(new_model(source_vocabulary=13), encoder=new, decoder=new)
    assert again.taken["source_embedding.weight"] == "encoder model: source_embedding.weight"
    assert again.new == ()


def test_masks_of_sentences_are_the_encoders(random_model: MakeModel) -> None:
    reading = {**READER, "decoder": ("cross",), "sentences": 3}
    old = random_model(**reading)
    account = warm_start(new_model(sentences=3), encoder=old, decoder=random_model(**WRITER))
    assert account.taken["sentences.masks.weight"] == "encoder model: sentences.masks.weight"
    assert "sentences.masks.weight" in warm_start(new_model(sentences=4), encoder=old).new
    told = warm_start(new_model(), encoder=old).differences
    assert "sentences: 0, was 3 in the encoder model" in told


def test_weights_that_are_used_otherwise_are_told(random_model: MakeModel) -> None:
    reader, writer = random_model(**READER, positions="none"), random_model(**WRITER)
    account = warm_start(new_model(norm="layer"), encoder=reader, decoder=writer)
    assert account.differences == (
        "positions: rotary, was none in the encoder model",
        "norm: layer, was rms in the encoder model",
        "norm: layer, was rms in the decoder model",
    )
    assert warm_start(new_model(), encoder=random_model(**READER)).differences == ()
    turned = warm_start(new_model(rotary_base=500_000.0, soft_cap=0.0), decoder=random_model(**WRITER))
    assert turned.differences == (
        "rotary_base: 500000.0, was 10000.0 in the decoder model",
        "soft_cap: 0.0, was 15.0 in the decoder model",
    )


def test_layers_that_are_left_behind_are_told(random_model: MakeModel) -> None:
    shallow = warm_start(new_model(depth=2), decoder=random_model(**READER, depth=3))
    assert shallow.differences == ("layers: 2, was 3 in the decoder model",)


@pytest.mark.parametrize("side", ["encoder", "decoder"])
def test_other_vocabularies_other_widths_and_missing_stacks_are_errors(random_model: MakeModel, side: str) -> None:
    values = READER if side == "encoder" else WRITER
    new = new_model()
    before = {name: weight.detach().clone() for name, weight in new.named_parameters()}
    for match, donor in (
        ("13 tokens", random_model(vocabulary=13, **values)),
        ("Nothing of the given", random_model(**values, width=32, heads=4)),
        ("Nothing of the given", random_model(**values, width=16, heads=4)),
        ("Nothing of the given", random_model(**{name: mixers and ("relu",) for name, mixers in values.items()})),
    ):
        with pytest.raises(GroundupError, match=match) as caught:
            warm_start(new, **{side: donor})
        assert caught.value.exit_code == 2
    lacking, donor = new_model(**(WRITER if side == "encoder" else READER)), random_model(**values)
    with pytest.raises(GroundupError, match=f"no {side}"):
        warm_start(lacking, **{side: donor})
    assert all(torch.equal(weight, before[name]) for name, weight in new.named_parameters())


def test_an_error_on_the_second_side_leaves_the_first_as_it_was_too(random_model: MakeModel) -> None:
    new = new_model()
    before = {name: weight.detach().clone() for name, weight in new.named_parameters()}
    with pytest.raises(GroundupError, match="decoder model knows 13 tokens"):
        warm_start(new, encoder=random_model(**READER), decoder=random_model(vocabulary=13, **WRITER))
    assert all(torch.equal(weight, before[name]) for name, weight in new.named_parameters())


@pytest.mark.parametrize("labels", [2, 3])
def test_heads_are_taken_on_demand_where_they_are_made_alike(labels: int) -> None:
    shape = ModelSettings(**{"depth": 2, "width": 16, "heads": 2, "context": 16} | READER)
    old = build_model(shape, 11, 1, heads={"label": HeadSettings("sequence", 2), "span": HeadSettings("span")}).eval()
    new = build_model(shape, 11, 7, heads={"label": HeadSettings("sequence", labels)}).eval()
    for weight in old.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    names = {name for name, _ in new.named_parameters() if name.startswith("heads.")}
    assert names <= set(warm_start(new, encoder=old).new)
    account = warm_start(new, encoder=old, heads=["encoder"])
    assert names <= set(account.taken if labels == 2 else account.new)
    if labels == 2:
        source = tokens_of(1, 2, 7)
        context = all_at_once(source, is_causal=False)
        with torch.no_grad():
            ours, theirs = (model.label("label", model(source, context)[0], context) for model in (new, old))
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("segments", [99, 34])
def test_what_a_head_learned_of_words_that_are_told_is_taken_too(segments: int) -> None:
    shape = {"depth": 2, "width": 16, "heads": 2, "context": 16} | READER
    old, new = (
        build_model(ModelSettings(segments=number, **shape), 11, seed, heads={"span": HeadSettings("span")}).eval()
        for seed, number in ((1, segments), (7, 99))
    )
    for weight in old.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    account = warm_start(new, encoder=old, heads=["encoder"])
    tables = {"heads.span.wide.table.weight", "encoder.segments.weight"}
    # Numbers of another model mean something else.
    assert tables <= set(account.taken if segments == 99 else account.new)
    assert {"heads.span.output.weight", "heads.span.output.bias"} <= set(account.taken)
    if segments == 99:
        source, told = tokens_of(1, 2, 7), torch.randint(99, (2, 7, 4))
        context = all_at_once(source, is_causal=False, segments=told)
        with torch.no_grad():
            ours, theirs = (model.label("span", model(source, context)[0], context) for model in (new, old))
        assert torch.equal(ours, theirs)
