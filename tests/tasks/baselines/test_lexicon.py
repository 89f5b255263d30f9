"""VADER is tried where its package and the labels allow, and its score's sign is the label."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from groundup.tasks.baselines.baseline import MissingPackage, NotFitting
from groundup.tasks.baselines.lexicon import vader
from groundup.tasks.examples import Labelled


class Analyzer:
    """Counts `good` and `bad`."""

    def polarity_scores(self, text: str) -> dict[str, float]:
        return {"compound": 0.1 * (text.count("good") - text.count("bad"))}


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("vaderSentiment.vaderSentiment")
    module.SentimentIntensityAnalyzer = Analyzer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vaderSentiment", ModuleType("vaderSentiment"))
    monkeypatch.setitem(sys.modules, "vaderSentiment.vaderSentiment", module)


def labelled(*labels: str) -> list[Labelled]:
    return [Labelled("1", "text", label) for label in labels]


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(("negative", "positive"), [("neg", "pos"), ("0", "1"), ("Negative", "Positive ")])
def test_the_sign_is_the_label_as_it_is_written(negative: str, positive: str) -> None:
    test = [Labelled("1", "bad, bad", "?"), Labelled("2", "", "?", "good")]
    assert vader(labelled(positive, negative)).predict(test).texts == [negative, positive]


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("labels", [("pos",), ("pos", "neg", "neutral"), ("spam", "ham"), ("pos", "Pos", "neg")])
def test_other_labels_are_a_reason(labels: tuple[str, ...]) -> None:
    with pytest.raises(NotFitting, match="two labels"):
        vader(labelled(*labels))


def test_a_missing_package_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vaderSentiment", None)
    with pytest.raises(MissingPackage, match="pip install vaderSentiment"):
        vader(labelled("pos", "neg"))
