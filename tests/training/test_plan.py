"""A plan foretells what the run then does."""

from __future__ import annotations

import pytest
from tiny_runs import MODEL, SETTINGS, VOCABULARY, tiny_training

from groundup.objectives.settings import ObjectiveSettings
from groundup.training.duration import Duration
from groundup.training.plan import predict
from groundup.training.settings import TrainingSettings
from groundup.training.trainer import train


def plan(tokens: int | None = 864, **settings):
    return predict(MODEL, TrainingSettings(**(SETTINGS | settings)), VOCABULARY, tokens, seconds=0.25)


@pytest.mark.parametrize("budget", ["12 steps", "2 epochs", "1000 tokens"])
def test_steps_tokens_and_operations_are_those_of_the_run(tmp_path, budget):
    settings = {"budget": Duration.parse(budget), "accumulate": 2, "validations": 0, "sample_tokens": 0}
    foretold = plan(**settings)
    facts = train(tiny_training(tmp_path, **settings))
    for name in ("steps", "tokens", "parameters", "flops", "batch", "precision", "device"):
        assert getattr(foretold, name) == facts[name], name
    assert foretold.epochs == pytest.approx(facts["epochs"], abs=1e-4)
    assert vars(foretold.rates) == facts["rates"]


def test_a_second_pass_is_counted(tmp_path):
    """R-Drop puts every row through the model twice: twice the operations, and what the rows take."""
    more = {"objective": ObjectiveSettings(r_drop=1.0), "validations": 0, "sample_tokens": 0}
    once, twice = plan(), plan(**more)
    assert twice.flops == 2 * once.flops
    assert twice.memory > once.memory
    assert twice.disk == once.disk
    assert train(tiny_training(tmp_path, **more))["flops"] == twice.flops


def test_time_is_that_of_each_update():
    assert plan().seconds == 12 * 0.25
    foretold = plan(budget=Duration(10, "seconds"))
    assert (foretold.seconds, foretold.steps) == (10, 40)


def test_where_nobody_says_what_an_update_takes_some_are_tried(monkeypatch):
    tried = []
    monkeypatch.setattr("groundup.training.plan.seconds_of_update", lambda *given: tried.append(given) or 2.0)
    settings = TrainingSettings(**(SETTINGS | {"batch": None}))
    foretold = predict(MODEL, settings, VOCABULARY, 864)
    assert foretold.seconds == 24
    ((model, said, vocabulary),) = tried
    assert (model, said.batch, vocabulary) == (MODEL, foretold.batch, VOCABULARY)


def test_where_texts_are_read_and_written_a_row_stands_for_both():
    settings = TrainingSettings(**(SETTINGS | {"budget": Duration(2, "epochs")}))
    once, both = (predict(MODEL, settings, VOCABULARY, 9600, sides=sides, seconds=1.0) for sides in (1, 2))
    assert (once.steps, both.steps) == (2 * 9600 / (3 * 16), 9600 / (3 * 16))
    assert once.epochs == both.epochs == 2
    assert once.flops == 2 * both.flops


def test_a_text_of_unknown_size_has_no_number_of_epochs():
    assert plan(tokens=None, budget=Duration(2, "epochs")).epochs is None


def test_a_clock_too_short_for_one_update_is_one_update():
    assert plan(budget=Duration(1e-6, "seconds")).steps == 1
