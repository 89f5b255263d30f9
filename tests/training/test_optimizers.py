"""Every parameter belongs to one optimizer, and their state can be written down and taken up."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some
from tiny_runs import MODEL, VOCABULARY, tiny_training

from groundup.model.heads import HeadSettings
from groundup.model.model import build_model
from groundup.model.settings import ModelSettings
from groundup.training.levels import levels_of
from groundup.training.muon import Muon
from groundup.training.optimizers import Optimizers
from groundup.training.rates import Rates
from groundup.training.settings import TrainingSettings

RATES = Rates(matrix=0.02, embedding=0.03, head=0.04, label=0.06, scalar=0.05)
MODELS = {
    "plain": MODEL,
    "tied": replace(MODEL, tied=True),
    "gated, no skip": replace(MODEL, decoder=("attention", "glu"), embedding_skip=False),
    "no matrices": replace(MODEL, depth=1, tied=True, decoder=("relu_squared",)),
}


def optimizers(model_settings=MODEL, **settings) -> Optimizers:
    return Optimizers(build_model(model_settings, VOCABULARY, 1), TrainingSettings(**settings), RATES)


def groups_of(made: Optimizers) -> list[dict]:
    return [group for part in made.parts for group in part.param_groups]


def walk(made: Optimizers, steps: int, seed: int = 0) -> None:
    noise = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        for parameter in made.names:
            parameter.grad = torch.randn(parameter.shape, generator=noise)
        made.step(0.5)


def weights(made: Optimizers) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for parameter, name in made.names.items()}


@pytest.mark.parametrize("kind", ["muon", "adamw"])
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_parameter_is_in_exactly_one_group(model, kind):
    made = optimizers(model, optimizer=kind)
    grouped = [parameter for group in groups_of(made) for parameter in group["params"]]
    assert sorted(map(id, grouped)) == sorted(map(id, made.names))


@pytest.mark.parametrize("kind", ["muon", "adamw"])
def test_each_kind_of_parameter_has_its_rate_and_only_matrices_decay(kind):
    made = optimizers(optimizer=kind, weight_decay=0.3)
    rate = {made.names[p]: group["lr"] for group in groups_of(made) for p in group["params"]}
    decay = {made.names[p]: group["weight_decay"] for group in groups_of(made) for p in group["params"]}
    assert rate.pop("embedding.weight") == RATES.embedding
    assert rate.pop("head.weight") == RATES.head
    scalars = {name: rate.pop(name) for name in list(rate) if name.endswith("shares")}
    assert scalars
    assert set(scalars.values()) == {RATES.scalar}
    assert set(rate.values()) == {RATES.matrix}
    assert {name for name, value in decay.items() if value} == set(rate)
    assert {decay[name] for name in rate} == {0.3}


def test_muon_has_the_matrices_and_nothing_else():
    adamw, muon = optimizers(optimizer="muon").parts
    assert isinstance(muon, Muon)
    assert all(parameter.ndim == 2 for parameter in muon.param_groups[0]["params"])
    assert isinstance(adamw, torch.optim.AdamW)


@pytest.mark.parametrize("kind", ["muon", "adamw"])
def test_state_that_was_written_and_taken_up_goes_on_to_the_bit(kind):
    whole, first, second = (optimizers(optimizer=kind) for _ in range(3))
    walk(whole, 3)
    walk(whole, 3, seed=1)
    walk(first, 3)
    written = {name: tensor.clone() for name, tensor in first.tensors().items()}
    with torch.no_grad():
        for parameter, name in second.names.items():
            parameter.copy_(weights(first)[name])
    walk(second, 2, seed=9)  # what it remembers of this is to be forgotten
    with torch.no_grad():
        for parameter, name in second.names.items():
            parameter.copy_(weights(first)[name])
    second.load(written)
    walk(second, 3, seed=1)
    # What was read is left alone.
    assert all(torch.equal(tensor, written[name]) for name, tensor in first.tensors().items())
    ours, expected = weights(second), weights(whole)
    assert all(torch.equal(ours[name], expected[name]) for name in expected)


def test_the_state_is_named_by_parameter_and_quantity():
    made = optimizers()
    assert made.tensors() == {}
    walk(made, 1)
    names = made.tensors()
    assert {"embedding.weight/exp_avg", "embedding.weight/exp_avg_sq", "embedding.weight/step"} <= names.keys()
    assert "decoder.layers.0.mixers.0.query.weight/momentum" in names
    made.forget_history()
    assert made.tensors() == {}


def test_a_step_follows_the_factor_and_clears_the_gradients():
    made = optimizers()
    walk(made, 1)
    assert [group["lr"] for group in groups_of(made)] == [rate / 2 for peaks in made.peaks for rate in peaks]
    assert all(parameter.grad is None for parameter in made.names)


def test_a_step_at_rate_zero_changes_no_weight(tmp_path):
    made = optimizers()
    before = weights(made)
    for parameter in made.names:
        parameter.grad = torch.ones_like(parameter)
    made.step(0.0)
    assert all(torch.equal(before[name], weight) for name, weight in weights(made).items())


def test_a_tiny_training_states_every_rate(tmp_path):
    """Or the golden losses would move with the defaults."""
    stated = tiny_training(tmp_path).settings
    rates = {name: value for name, value in vars(stated).items() if name.endswith("_rate")}
    assert len(rates) == 6
    assert None not in rates.values()


def test_heads_of_labels_and_what_has_one_row_are_no_matrices():
    settings = ModelSettings(
        encoder=("gru",), decoder=("gru", "additive"), positions="none", depth=1, width=16, heads=2, context=8
    )
    model = build_model(settings, 11, 1, heads={"tags": HeadSettings("pair")})
    made = Optimizers(model, TrainingSettings(), RATES)
    rate = {made.names[p]: group["lr"] for group in groups_of(made) for p in group["params"]}
    assert {value for name, value in rate.items() if name.startswith("heads.")} == {RATES.label}
    assert rate["decoder.layers.0.mixers.1.score.weight"] == RATES.scalar


def test_what_a_head_hears_beside_its_vectors_is_looked_up_and_learns_as_tables_do():
    settings = ModelSettings(encoder=("attention",), decoder=(), depth=1, width=16, heads=2, segments=99)
    model = build_model(settings, 11, 1, heads={"span": HeadSettings("span")})
    made = Optimizers(model, TrainingSettings(layer_decay=0.5), RATES)
    rate = {made.names[p]: group["lr"] for group in groups_of(made) for p in group["params"]}
    assert rate["heads.span.wide.table.weight"] == RATES.embedding
    assert rate["heads.span.output.weight"] == RATES.label


@pytest.mark.parametrize("kind", ["muon", "adamw"])
@given(decay=some.floats(0.1, 1.0), depth=some.integers(1, 4), encoder_depth=some.integers(1, 4))
@hypothesis_settings(max_examples=15, deadline=None)
def test_each_layer_has_the_rates_of_the_one_above_times_the_decay_and_heads_keep_theirs(
    kind, decay, depth, encoder_depth
):
    shape = ModelSettings(
        encoder=("attention", "glu"),
        decoder=("attention", "cross", "glu"),
        depth=depth,
        encoder_depth=encoder_depth,
        width=8,
        heads=1,
        context=8,
    )
    model = build_model(shape, VOCABULARY, 1, heads={"tags": HeadSettings("sequence")})
    plain, made = (
        Optimizers(model, TrainingSettings(optimizer=kind, layer_decay=share, weight_decay=0.3), RATES)
        for share in (1.0, decay)
    )
    usual, rates = ({o.names[p]: g["lr"] for g in groups_of(o) for p in g["params"]} for o in (plain, made))
    assert usual.keys() == rates.keys() == set(made.names.values())
    for name, level in levels_of(model).items():
        above = max(0, level - 1)
        assert rates[name] == pytest.approx(usual[name] * decay**above)
        if name.startswith("head"):
            assert rates[name] == usual[name]
    assert rates["embedding.weight"] / usual["embedding.weight"] <= min(rates[n] / usual[n] for n in rates) * (1 + 1e-9)
    decays = [{o.names[p]: g["weight_decay"] for g in groups_of(o) for p in g["params"]} for o in (plain, made)]
    assert decays[0] == decays[1]


@pytest.mark.parametrize("kind", ["muon", "adamw"])
def test_what_has_no_gradient_keeps_its_weights_and_its_state(kind):
    made = optimizers(optimizer=kind, weight_decay=0.5, layer_decay=0.7)
    walk(made, 3)
    for levels in range(1, len(made.levels)):
        learning = {made.names[parameter] for parameter in made.learning(levels)}
        before, state = weights(made), {name: value.clone() for name, value in made.tensors().items()}
        for parameter in made.learning(levels):
            parameter.grad = torch.ones_like(parameter)
        made.step(1.0)
        assert {name for name, value in weights(made).items() if not torch.equal(value, before[name])} == learning
        moved = {name for name, value in made.tensors().items() if not torch.equal(value, state[name])}
        assert {name.rsplit("/", 1)[0] for name in moved} == learning


def test_levels_from_the_heads_down_hold_every_parameter_once():
    made = optimizers()
    names = [made.names[parameter] for level in made.levels for parameter in level]
    assert sorted(names) == sorted(made.names.values())
    assert names[0] == "head.weight"
    assert names[-1] == "embedding.weight"
    assert made.learning(len(made.levels)) is None
    assert [len(made.learning(count)) for count in range(1, len(made.levels))] == [
        sum(map(len, made.levels[:count])) for count in range(1, len(made.levels))
    ]
