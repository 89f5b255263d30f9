"""One call tries every baseline of a task, times each, and says why one is left out."""

from __future__ import annotations

import sys

import pytest

from groundup.tasks.baselines.table import BASELINES, try_baselines
from groundup.tasks.examples import Answer, Example, Labelled, Pair, Question

EXAMPLES: dict[str, list[list[Example]]] = {
    "classification": [[Labelled("1", "a fine day", "pos"), Labelled("2", "a dull day", "neg")] * 2],
    "translation": [[Pair("1", "ein Hund", "a dog"), Pair("2", "", "")]],
    "questions": [
        [
            Question("1", "Ada was born in York.", "Where was Ada born?", (Answer("York", 16),)),
            Question("2", "", "", ()),
        ],
    ],
}


@pytest.mark.parametrize(("kind", "examples"), [(kind, one) for kind, sets in EXAMPLES.items() for one in sets])
def test_every_baseline_guesses_every_example_in_its_time(kind: str, examples: list[Example]) -> None:
    heard: list[tuple[float, float | None]] = []
    outcomes = try_baselines(kind, examples, examples, lambda what, done=0, total=None: heard.append((done, total)))
    assert len(outcomes.tried) + len(outcomes.left_out) == len(BASELINES[kind])
    assert len({outcome.name for outcome in outcomes.tried}) == len(outcomes.tried) >= 1
    for outcome in outcomes.tried:
        assert len(outcome.guesses.texts) == len(examples)
        assert outcome.what.endswith(".")
        assert min(outcome.learning_seconds, outcome.predicting_seconds) >= 0
    assert heard[-1] == (len(BASELINES[kind]),) * 2


def test_what_is_missing_is_said_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    monkeypatch.setattr("groundup.tasks.baselines.lexicon.local_path", lambda name: None)
    (examples,) = EXAMPLES["classification"]
    outcomes = try_baselines("classification", examples, examples)
    assert [outcome.name for outcome in outcomes.tried] == ["majority"]
    lexicon, package = outcomes.left_out
    assert "groundup data get vader-lexicon" in lexicon
    assert "pip install" in package
