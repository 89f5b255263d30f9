from __future__ import annotations

from itertools import islice

import pytest

from groundup.errors import GroundupError
from groundup.tasks.reading.babi import read_babi
from groundup.tasks.stories import Line, Tale, as_babi, majority_share, tale_splits, tales, write_babi
from groundup.tasks.story_kinds import KINDS

# The most that the commonest answer may be right: an even share where answers are few, else well below half.
SHARES = {"yes-no": 0.52, "negation": 0.52, "size": 0.52, "counting": 0.42, "lists": 0.25}


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_settles_every_story(kind):
    first = list(islice(tales(kind, seed=7), 20))
    assert first == list(islice(tales(kind, seed=7), 20))
    assert first != list(islice(tales(kind, seed=8), 20))
    assert first != list(islice(tales(kind, seed=7, split="test"), 20))


def test_the_stories_of_a_seed_stay_what_they_are():
    text = list(as_babi(islice(tales("where-person", seed=0), 1)))[:3]
    assert text == ["1 Greta set off for the library.", "2 Farid went to the harbour.", "3 Where is Farid?\tharbour\t2"]


@pytest.mark.parametrize("kind", KINDS)
def test_no_story_stands_twice(kind):
    made = tale_splits(kind, {"train": 300, "validation": 100, "test": 100}, seed=1)
    every = [tale.lines for told in made.values() for tale in told]
    assert len(every) == len(set(every))
    for split, wanted in {"train": 300, "validation": 100, "test": 100}.items():
        assert wanted <= sum(len(tale.questions) for tale in made[split]) < wanted + 6


@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_is_a_safe_guess(kind):
    assert majority_share(tale_splits(kind, {"train": 600}, seed=2)["train"]) <= SHARES.get(kind, 0.2)


def test_the_majority_of_nothing_is_nothing():
    assert majority_share([]) == 0
    tale = Tale("size", (Line("a."), Line("b?", "yes", (1,)), Line("c?", "yes", (1,)), Line("d?", "no", (1,))))
    assert majority_share([tale]) == pytest.approx(2 / 3)


def test_lines_are_those_of_babi():
    tale = Tale("yes-no", (Line("It rained."), Line("Ada ran."), Line("Did it rain?", "yes", (1, 2))))
    assert list(as_babi([tale, tale]))[:3] == ["1 It rained.", "2 Ada ran.", "3 Did it rain?\tyes\t1 2"]
    assert next(islice(as_babi([tale, tale]), 3, None)) == "1 It rained."


def test_the_reader_of_babi_reads_them_back(tmp_path):
    paths = write_babi(tmp_path, {"train": 30, "test": 10}, seed=4)
    assert len(paths) == 2 * len(KINDS)
    assert paths[0].name == "qa1_where-person_train.txt"
    for path in paths:
        kind, split = path.stem.split("_")[1:]
        told = tale_splits(kind, {"train": 30, "test": 10}, seed=4)[split]
        questions = [line for tale in told for line in tale.questions]
        got = list(read_babi(path))
        assert [(one.question, one.answer, one.supporting) for one in got] == [
            (line.text, line.answer, line.supporting) for line in questions
        ]


def test_an_unknown_kind_is_answered_with_the_nearest():
    with pytest.raises(GroundupError, match="counting"):
        next(tales("countin", seed=0))
