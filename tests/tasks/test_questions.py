"""A planted answer is found, in passages of one window and of several, and the places are the passage's own."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pytest

from groundup.errors import GroundupError
from groundup.model.model import Model
from groundup.tasks.examples import Answer, Question
from groundup.tasks.materials.pairs import Coders
from groundup.tasks.parts import Parts
from groundup.tasks.preparation import Ingredients
from groundup.tasks.questions import HEAD, N_BEST, Finder, prepare, rows_of
from groundup.tasks.settings import TaskSettings
from groundup.tasks.windows import cut
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.shared_words import KINDS, OTHER, SAME, TOLD
from groundup.tokens.train import train_tokenizer

PLAIN, PLANTED = ["the", "cat", "sat", "on", "a", "mat", "all", "day"], ["anna", "otto", "emma", "ida"]
WORDS = [*PLAIN, *PLANTED, "who"]
# At the beginning of a text a word is a token of its own.
CODER = train_tokenizer([*WORDS, " ".join(["", *WORDS])] * 3, TokenizerSettings(kind="word", vocabulary=60))
ENCODER = {"encoder": ("attention", "glu"), "decoder": (), "segments": 2}


def asked(count: int, seed: int, longest: int = 30) -> list[Question]:
    """Passages in which one name stands."""
    draws, found = random.Random(seed), []
    for number in range(count):
        words, name = draws.choices(PLAIN, k=draws.randint(4, longest)), draws.choice(PLANTED)
        place = draws.randint(0, len(words))
        words.insert(place, name)
        start = len(" ".join([*words[:place], ""]))
        found.append(Question(f"{number}", " ".join(words), "who", (Answer(name, start),)))
    return found


def ingredients_of(train: list[Question], is_causal: bool = False, **task: Any) -> Ingredients:
    values = {"kind": "questions", "train": "squad.json", "stride": 4, "longest_question": 3, **task}
    return Ingredients(
        TaskSettings(**values), Parts(train, train[:10], ()), Coders(CODER, CODER), 20, is_causal, 1, "f"
    )


@pytest.mark.parametrize("segments", [2, TOLD])
def test_a_planted_answer_is_found(learn: Callable[..., Model], segments: int) -> None:
    ingredients = replace(ingredients_of(asked(300, 1)), segments=segments)
    prepared = prepare(ingredients)
    assert prepared.facts["windows"] > 300
    assert prepared.facts["unanswered"] == 0
    model = learn(prepared, "labels", ENCODER | {"segments": segments}, steps=80, batch=16)
    finder = Finder([model], CODER, ingredients.task, prepared.facts)
    unseen = asked(60, 2)
    found = finder.predict(unseen)
    assert sum(each.text == question.answers[0].text for each, question in zip(found, unseen, strict=True)) >= 57
    for each, question in zip(found, unseen, strict=True):
        assert question.context[each.more["start"] : each.more["end"]] == each.text
        assert 0 <= each.score <= 1
        # No answer is listed among the others, beside the next best.
        assert "" in [other["text"] for other in each.more["others"]]
        assert len(each.more["others"]) <= N_BEST
    (alone,) = finder.predict([unseen[3]])
    assert (alone.text, alone.more["start"]) == (found[3].text, found[3].more["start"])
    assert alone.score == pytest.approx(found[3].score, abs=1e-5)
    assert finder.predict([]) == []
    # Where no answer always wins, none is given.
    never = Finder([model], CODER, ingredients_of([], null_threshold=1e9).task, prepared.facts)
    assert {each.text for each in never.predict(unseen[:5])} == {""}


def test_windows_are_rows_whose_second_text_is_the_passage() -> None:
    windows = list(chain.from_iterable(cut(asked(20, 1), CODER, context=20, stride=4, longest_question=3)))
    rows = rows_of(windows)
    assert len(rows.ids) == len(windows)
    for window, row, second, (first, last) in zip(windows, rows.ids, rows.second, rows.labels[HEAD], strict=True):
        assert row[second - 1] == CODER.separator
        assert list(row[second:-1]) == list(window.ids[window.first : -1])
        assert (first, last) == window.labels
        if first:
            assert CODER.decode(list(row[first : last + 1])).strip() in PLANTED


def test_words_of_the_question_are_told_in_the_passage_where_the_model_tells_so_many_segments() -> None:
    question = Question("1", "the cat sat on a mat", "the mat", (Answer("cat"),))
    for segments, kinds in ((2, [0] * 7), (TOLD, [SAME, OTHER, OTHER, OTHER, OTHER, SAME, OTHER])):
        prepared = prepare(replace(ingredients_of([question]), segments=segments))
        batch = prepared.material.train.batch(np.array([0]), CODER.padding, is_causal=False)
        told = batch.segments[0] if segments == 2 else batch.segments[0, :, 0]
        assert told[:4].tolist() == [0] * 4
        assert ((told[4:] - 1) % KINDS).tolist() == kinds


def test_questions_that_cannot_be_pointed_at_are_counted() -> None:
    train = [*asked(20, 1), Question("x", "the cat", "who", (Answer("nobody"),)), Question("y", "a cat", "who", ())]
    prepared = prepare(ingredients_of(train))
    assert prepared.facts["unanswered"] == 2
    assert prepared.notes == ("2 of 22 training questions have no answer in the passage that can be pointed at",)
    assert prepare(ingredients_of(asked(20, 1))).notes == ()


def test_where_no_answer_can_be_pointed_at_the_way_out_is_told() -> None:
    with pytest.raises(GroundupError, match=r"None of the 1 training questions") as error:
        prepare(ingredients_of([Question("x", "the cat", "who", (Answer("nobody"),))]))
    assert "task.answers to texts" in error.value.remedy
    with pytest.raises(GroundupError, match="left to right"):
        prepare(ingredients_of(asked(20, 1), is_causal=True))
