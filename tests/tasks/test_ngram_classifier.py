"""It learns from runs, comes back from its file as it was, and says which runs it goes by."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from groundup.errors import DamagedError
from groundup.tasks.classification import Chooser
from groundup.tasks.examples import Labelled
from groundup.tasks.ngram_classifier import DESCRIPTION, WEIGHTS, fit_ngrams, load_pool, save_ngrams, strongest
from groundup.tasks.settings import NgramSettings

NAMES = ["bad", "fair", "good"]
SAYS = {"bad": "not good at all", "fair": "neither here nor there", "good": "truly good"}


def reviews(count: int, seed: int) -> list[Labelled]:
    chance = random.Random(seed)
    found = []
    for number in range(count):
        label = chance.choice(NAMES)
        words = chance.choices(["the", "film", "was", "long", "seen"], k=5)
        words.insert(chance.randint(0, 5), SAYS[label])
        found.append(Labelled(str(number), " ".join(words), label))
    return found


class Unsure(Chooser):
    """A network that knows nothing."""

    names = NAMES

    def probabilities(self, examples, progress=None):  # type: ignore[no-untyped-def]
        return np.full((len(examples), 3), 1 / 3)


@pytest.mark.parametrize("letters", [0, 4])
def test_it_learns_whatever_the_order_and_knows_itself_again(tmp_path: Path, letters: int) -> None:
    settings, train, unseen = NgramSettings(2, letters), reviews(200, 1), reviews(50, 2)
    classifier = fit_ngrams(settings, train, NAMES)
    found = classifier.probabilities(unseen)
    assert [NAMES[place] for place in found.argmax(1)] == [example.label for example in unseen]
    np.testing.assert_allclose(found.sum(1), 1)
    turned = fit_ngrams(settings, train[::-1], NAMES)
    assert turned.runs.tolist() == classifier.runs.tolist()
    np.testing.assert_allclose(turned.probabilities(unseen), found, atol=1e-3)

    save_ngrams(classifier, {"network": 0.25, "ngrams": 0.75}, tmp_path)
    pool = load_pool(tmp_path, Unsure())
    assert pool.weights.tolist() == [0.25, 0.75]
    assert pool.members["ngrams"].probabilities(unseen).tolist() == found.tolist()
    again = fit_ngrams(settings, train, NAMES)
    assert again.probabilities(unseen).tolist() == found.tolist()


def test_the_strongest_runs_are_those_that_tell_the_label() -> None:
    train = reviews(200, 1)
    found = strongest(fit_ngrams(NgramSettings(2), train, NAMES), train, 6)
    assert list(found) == NAMES
    assert "truly good" in found["good"]
    assert {"not good", "at all"} & set(found["bad"])
    for label, runs in found.items():
        assert 0 < len(runs) <= 6
        assert all(set(run.split()) & set(SAYS[label].split()) for run in runs)
    letters = strongest(fit_ngrams(NgramSettings(1, 4), train, NAMES), train, 12)["fair"]
    assert {"_her", "here"} & set(letters)


def test_where_no_run_is_known_labels_are_as_probable_as_they_come() -> None:
    train = [Labelled(str(number), f"word{number}", "good" if number % 4 else "bad") for number in range(20)]
    classifier = fit_ngrams(NgramSettings(2), train, ["bad", "good"])
    assert len(classifier.runs) == 0
    for text in ("", "word1"):
        (found,) = classifier.probabilities([Labelled("1", text, "")])
        assert found.tolist() == pytest.approx([0.25, 0.75], abs=1e-4)
    assert strongest(classifier, train, 3) == {"bad": [], "good": []}


def damaged(folder: Path, how: str) -> None:
    if how == "labels":
        described = json.loads((folder / DESCRIPTION).read_text())
        (folder / DESCRIPTION).write_text(json.dumps({**described, "labels": NAMES[:2]}))
    elif how == "cut":
        (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-8])
    elif how == "order":
        described = json.loads((folder / DESCRIPTION).read_text())
        (folder / DESCRIPTION).write_text(json.dumps({**described, "labels": NAMES[::-1]}))
    else:
        (folder / how).unlink()


@pytest.mark.parametrize("how", ["labels", "cut", "order", DESCRIPTION, WEIGHTS])
def test_a_damaged_file_is_named(tmp_path: Path, how: str) -> None:
    save_ngrams(fit_ngrams(NgramSettings(1), reviews(20, 1), NAMES), {"network": 1.0, "ngrams": 1.0}, tmp_path)
    damaged(tmp_path, how)
    with pytest.raises(DamagedError, match=tmp_path.name):
        load_pool(tmp_path, Unsure())
