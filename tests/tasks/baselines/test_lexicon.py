"""VADER is tried where its word lists are here and the labels allow, and its score parts the two labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundup.tasks.baselines import lexicon
from groundup.tasks.baselines.baseline import NotFitting
from groundup.tasks.baselines.lexicon import vader
from groundup.tasks.examples import Labelled


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Word lists of two words: the score is how often `good` stands there, less how often `bad` does."""
    monkeypatch.setattr(lexicon, "local_path", lambda name: tmp_path)
    monkeypatch.setattr(lexicon, "read_lists", lambda folder: None)
    monkeypatch.setattr(lexicon, "compound", lambda text, lists: 0.1 * (text.count("good") - text.count("bad")))


def labelled(*labels: str) -> list[Labelled]:
    return [Labelled("1", "text", label) for label in labels]


@pytest.mark.usefixtures("lists")
@pytest.mark.parametrize(("negative", "positive"), [("neg", "pos"), ("0", "1"), ("Negative", "Positive ")])
def test_the_score_is_cut_where_it_serves_training_best(negative: str, positive: str) -> None:
    # People here call a single `good` faint praise.
    train = [Labelled("1", "bad", negative), Labelled("2", "good", negative), Labelled("3", "good good", positive)]
    test = [Labelled("1", "good", "?"), Labelled("2", "good", "?", "good")]
    assert vader(train).predict(test).texts == [negative, positive]


@pytest.mark.usefixtures("lists")
@pytest.mark.parametrize("labels", [("pos",), ("pos", "neg", "neutral"), ("spam", "ham"), ("pos", "Pos", "neg")])
def test_other_labels_are_a_reason(labels: tuple[str, ...]) -> None:
    with pytest.raises(NotFitting, match="two labels"):
        vader(labelled(*labels))


def test_missing_lists_are_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "local_path", lambda name: None)
    with pytest.raises(NotFitting, match="groundup data get vader-lexicon"):
        vader(labelled("pos", "neg"))
