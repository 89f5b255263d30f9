"""A plan's updates are real ones: of every family, within bounds, and slower where layers are."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from tiny_families import FAMILIES
from tiny_runs import MODEL, SETTINGS

from groundup.model.model import parameter_count
from groundup.model.settings import ModelSettings
from groundup.objectives.settings import ObjectiveSettings
from groundup.training import trial
from groundup.training.cost import passes, sketch, training_flops
from groundup.training.settings import TrainingSettings
from groundup.training.trial import MOST_PARAMETERS, seconds_of_update

VOCABULARY = 40
SEQUENCE = ObjectiveSettings(kind="sequence")
BOTH = {"encoder": ("attention", "glu"), "decoder": ("attention", "cross", "glu")}


def settings_of(objective: ObjectiveSettings, **more: object) -> TrainingSettings:
    return TrainingSettings(**(SETTINGS | {"objective": objective} | more))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_model_of_every_family_is_tried(name: str) -> None:
    family = FAMILIES[name]
    model = replace(MODEL, **{"key_value_heads": 1, "expansion": 4.0} | family.model | family.noise)
    objective = ObjectiveSettings(**family.objective, r_drop=family.r_drop)
    assert 0 < seconds_of_update(model, settings_of(objective), VOCABULARY) < 60


@pytest.mark.parametrize(
    ("model", "objective", "more"),
    [
        (BOTH, SEQUENCE, {"pack": True}),
        ({"encoder": ("gru",), "decoder": ("gru", "additive")}, SEQUENCE, {"pack": True}),
        ({"encoder": ("attention",), "decoder": ()}, ObjectiveSettings(kind="labels"), {"optimizer": "adamw"}),
        ({"decoder": ("lstm",)}, ObjectiveSettings(kind="labels"), {}),
    ],
)
def test_what_tasks_learn_is_tried(model: dict[str, object], objective: ObjectiveSettings, more: dict[str, object]):
    assert 0 < seconds_of_update(replace(MODEL, **model), settings_of(objective, **more), VOCABULARY) < 60


def test_all_rows_and_their_pairs_take_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried is as large as what is planned: full rows on either side, pairs apart, sentences ended."""
    seen = []
    monkeypatch.setattr(trial, "gradients", lambda run, examples, step: seen.extend(examples))
    seconds_of_update(replace(MODEL, **BOTH, context=60), settings_of(SEQUENCE, pack=True), VOCABULARY)
    example = seen[0]
    assert example.inputs.shape == (3, 60)
    assert example.source.tokens.shape == (3, 60)
    assert example.documents[0].bincount().tolist() == [24, 24, 12]
    assert example.source.documents[0].tolist() == example.documents[0].tolist()
    assert (example.targets == -100).sum() == 3 * 2
    assert (example.source.tokens == trial.END).sum() == 3 * 6
    assert len(seen) == trial.TRIES + 1


@pytest.mark.parametrize(
    "model",
    [
        ModelSettings(size=12, context=1024),
        ModelSettings(size=24, width=2048, heads=16, context=4096),
        ModelSettings(size=64, width=8192, heads=64, key_value_heads=8, context=8192),
        ModelSettings(size=3, encoder=("gru", "glu"), decoder=("gru", "cross", "glu"), context=2048, sentences=8),
    ],
)
def test_what_is_too_large_is_tried_smaller(model: ModelSettings) -> None:
    settings = settings_of(SEQUENCE if model.encoder else ObjectiveSettings(), batch=64)
    smaller, rows = trial._smaller(model, settings, 32_000, 3e10)
    drawn = sketch(smaller, 32_000, settings.objective)
    assert parameter_count(drawn) <= MOST_PARAMETERS
    operations = training_flops(drawn, rows * smaller.context) * passes(settings.objective)
    assert operations <= 3e10
    assert (smaller.encoder, smaller.decoder) == (model.encoder, model.decoder)
    # Not smaller than need be, lest fixed costs count too much.
    assert operations > 3e9


def test_what_is_small_enough_is_tried_as_it_is() -> None:
    assert trial._smaller(MODEL, settings_of(ObjectiveSettings()), VOCABULARY, 3e10) == (MODEL, 3)


def test_seconds_are_scaled_up_from_what_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes through the layers by its operations, what moves the weights by their number."""
    monkeypatch.setattr(trial, "_tried", lambda run: (1.0, 0.5))
    settings = settings_of(ObjectiveSettings(), accumulate=4)
    assert seconds_of_update(MODEL, settings, VOCABULARY) == pytest.approx(4 * 1.0 + 0.5)
    monkeypatch.setitem(trial.MOST_OPERATIONS, "cpu", 1.0)
    operations = training_flops(sketch(MODEL, VOCABULARY), 3 * 16 * 4)
    expected = operations / training_flops(sketch(MODEL, VOCABULARY), 16) + 0.5
    assert seconds_of_update(MODEL, settings, VOCABULARY) == pytest.approx(expected)


def test_a_layer_that_takes_its_time_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few operations it has: no formula knows of it."""
    usual = trial.gradients

    def slow(*given: object) -> object:
        time.sleep(0.2)
        return usual(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(trial, "gradients", slow)
    assert seconds_of_update(MODEL, settings_of(ObjectiveSettings()), VOCABULARY) > 0.2
