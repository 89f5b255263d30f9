"""Predictions are judged beside baselines that learned from the same examples."""

from __future__ import annotations

import pytest

from groundup.tasks.examples import Labelled
from groundup.tasks.judgement import judged
from groundup.tasks.prediction import Prediction
from groundup.tasks.settings import TaskSettings

TASK = TaskSettings("classification", "a.csv")
TRAIN = [Labelled(str(n), f"{'fine' if n % 2 else 'poor'} film {n}", "good" if n % 2 else "bad") for n in range(20)]


class Half:
    """Says that all is good, and is sure by half; a third label is known to it."""

    def predict(self, examples, progress=None) -> list[Prediction]:
        return [Prediction("good", 0.5, {"probabilities": {"good": 0.5, "bad": 0.3, "odd": 0.2}}) for _ in examples]


def test_the_figures_stand_beside_those_of_baselines() -> None:
    found = judged(TASK, Half(), TRAIN, TRAIN[:10])
    assert found.facts["figures"]["accuracy"] == 50
    assert found.facts["examples"] == len(found.predictions) == 10
    names = {baseline["name"]: baseline for baseline in found.facts["baselines"]}
    assert "majority" in names
    assert max(each["figures"]["accuracy"] for each in names.values()) > 50


def test_without_examples_to_learn_from_there_are_no_baselines() -> None:
    assert "baselines" not in judged(TASK, Half(), [], TRAIN[:4]).facts


def test_a_label_that_no_test_example_has_still_has_its_share_of_the_probability() -> None:
    facts = judged(TASK, Half(), [], TRAIN[:10]).facts
    assert facts["figures"]["calibration_error"] == 0
    assert facts["details"]["classes"] == ["bad", "good"]


def test_every_baseline_is_held_against_the_model_whatever_labels_either_says() -> None:
    class Odd:
        """Says what no training example is called."""

        def predict(self, examples, progress=None) -> list[Prediction]:
            return [Prediction("odd")] * len(examples)

    for baseline in judged(TASK, Odd(), TRAIN, TRAIN[:10]).facts["baselines"]:
        assert baseline["difference"]["difference"]["score"] == pytest.approx(-baseline["figures"]["accuracy"])
