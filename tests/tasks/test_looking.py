from __future__ import annotations

import json

import torch

from groundup.decoding.maps import Alignment
from groundup.tasks.examples import Answer, Pair, Question
from groundup.tasks.looking import CHARACTERS, MOST, as_plain, looking
from groundup.tasks.prediction import Prediction


class Even:
    """Looks at all words alike."""

    def align(self, source: str, target: str) -> Alignment:
        columns, rows = source.split(), target.split()
        return Alignment(columns, rows, torch.full((len(rows), len(columns)), 1 / len(columns)))


def test_the_first_short_pairs_are_shown() -> None:
    sources = ["a b c", "", "long " * CHARACTERS, "x y", "z"]
    examples = [Pair(str(place), source, "") for place, source in enumerate(sources)]
    said = [Prediction(" "), Prediction("n"), Prediction("n"), Prediction("one two"), Prediction("three")]
    found = looking(Even(), examples, said)  # type: ignore[arg-type]
    assert [each["source"] for each in found] == [["x", "y"], ["z"]]
    assert found[0]["weights"] == [[0.5, 0.5], [0.5, 0.5]]
    assert len(looking(Even(), examples[3:4] * 9, said[3:4] * 9)) == MOST  # type: ignore[arg-type]


def test_of_a_question_what_it_read_is_shown() -> None:
    asked = Question("1", "Mary sat.", "Who?", (Answer("Mary"),))
    (found,) = looking(Even(), [asked], [Prediction("Mary")])  # type: ignore[arg-type]
    assert found["source"] == ["Mary", "sat.", "Who?"]


def test_it_is_ready_for_json() -> None:
    plain = as_plain(Even().align("a b c", "x"))
    assert (
        json.loads(json.dumps(plain))
        == plain
        == {"source": ["a", "b", "c"], "target": ["x"], "weights": [[0.3333] * 3]}
    )
