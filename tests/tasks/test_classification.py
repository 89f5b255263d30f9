"""Rows are cut as was said, unknown labels are refused, and a planted word is learned within a few dozen steps."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.model.model import Model
from groundup.tasks.classification import HEAD, Chooser, Classifier, Committee, Layout, prepare
from groundup.tasks.examples import Labelled
from groundup.tasks.materials.pairs import Coders
from groundup.tasks.parts import Parts
from groundup.tasks.preparation import Ingredients
from groundup.tasks.settings import TaskSettings
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

TASK = TaskSettings(kind="classification", train="reviews.csv")
WORDS = ["the", "film", "was", "long", "and", "old", "seen", "twice", "good", "bad"]
STACKS: dict[str, dict[str, Any]] = {
    "transformer": {"encoder": ("attention", "glu"), "decoder": (), "segments": 2},
    "lstm": {"encoder": ("lstm",), "decoder": ()},
    "causal": {"decoder": ("attention", "glu")},
}


@cache
def coder_of(kind: str = "word") -> Tokenizer:
    # At the beginning of a text a word is a token of its own.
    texts = [*WORDS, " ".join(["", *WORDS])] if kind == "word" else ["abcdefghijklmnopqrstuvwxyz"]
    return train_tokenizer(texts * 3, TokenizerSettings(kind=kind, vocabulary=60))  # type: ignore[arg-type]


letters = st.text("abcdefghijklmnopqrstuvwxyz", max_size=15)
contexts = st.integers(4, 24)
ways = st.sampled_from(["beginning", "end", "both"])
quick = settings(max_examples=100, deadline=None)


@quick
@given(st.lists(letters, max_size=5), contexts, ways)
def test_a_text_too_long_keeps_what_was_said(texts, context, keep):
    coder = coder_of("character")
    examples = [Labelled("", text, "a") for text in texts]
    rows, cut = Layout(coder, context, keep, False).rows(examples, ["b", "a"])
    room = context - 2
    assert cut == sum(len(text) > room for text in texts)
    assert rows.second is None
    assert rows.labels[HEAD].tolist() == [1] * len(texts)
    for text, row in zip(texts, rows.ids, strict=True):
        kept = text
        if len(text) > room:
            head = {"beginning": room, "end": 0, "both": room // 4}[keep]
            kept = text[:head] + text[len(text) - room + head :]
            assert len(row) == context
        assert list(row) == [coder.end, *coder.encode(kept), coder.end]


@quick
@given(st.lists(st.tuples(letters, letters), max_size=5), contexts, ways)
def test_of_two_texts_the_longer_gives_way_first_and_no_room_is_left(texts, context, keep):
    coder = coder_of("character")
    examples = [Labelled("", one, "a", other) for one, other in texts]
    rows, cut = Layout(coder, context, keep, True).rows(examples)
    room = context - 3
    assert cut == sum(len(one) + len(other) > room for one, other in texts)
    assert rows.labels == {}
    for (one, other), row, second in zip(texts, rows.ids, rows.second, strict=True):
        assert (row[0], row[second - 1], row[-1]) == (coder.end, coder.separator, coder.separator)
        left, right = second - 2, len(row) - second - 1
        assert left + right == min(room, len(one) + len(other))
        # Cut is only what has at least as much left as the other, give or take the odd token.
        assert left == len(one) or left + 1 >= right
        assert right == len(other) or right >= left
        if left == len(one) and right == len(other):
            assert coder.decode(list(row[1 : second - 1])) == one
            assert coder.decode(list(row[second:-1])) == other


def reviews(count: int, seed: int, is_pair: bool = False) -> list[Labelled]:
    """Texts of any words, of which one tells the label; in pairs it stands in either text."""
    draws, found = random.Random(seed), []
    for number in range(count):
        label = draws.choice(["good", "bad"])
        words = draws.choices(WORDS[:-2], k=draws.randint(3, 8))
        words.insert(draws.randint(0, len(words)), label)
        half = len(words) // 2 if is_pair else len(words)
        found.append(Labelled(f"{number}", " ".join(words[:half]), f"very {label}", " ".join(words[half:])))
    return found


def ingredients_of(
    train: list[Labelled], is_causal: bool = False, test: list[Labelled] | None = None, **task: Any
) -> Ingredients:
    values = {"kind": "classification", "train": "reviews.csv", **task}
    parts = Parts(train, train[:10], train[:4] if test is None else test)
    return Ingredients(TaskSettings(**values), parts, Coders(coder_of(), coder_of()), 16, is_causal, 1, "f")


@pytest.mark.parametrize(
    ("stack", "pool", "is_pair"),
    [
        ("transformer", "first", False),
        ("transformer", "mean", True),
        ("lstm", "all", False),
        ("causal", "last", False),
        ("causal", "mean", True),
    ],
)
def test_a_planted_word_is_learned(learn: Callable[..., Model], stack: str, pool: str, is_pair: bool) -> None:
    ingredients = ingredients_of(reviews(300, 1, is_pair), stack == "causal", pool=pool)
    prepared = prepare(ingredients)
    model = learn(prepared, "labels", STACKS[stack], steps=60, batch=16)
    classifier = Classifier(model, coder_of(), ingredients.task, prepared.facts)
    unseen = reviews(100, 2, is_pair)
    found = classifier.predict(unseen)
    right = sum(each.text == example.label for each, example in zip(found, unseen, strict=True))
    assert right >= 97
    for each in found:
        shares = each.more["probabilities"]
        assert sorted(shares) == ["very bad", "very good"]
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert each.score == max(shares.values()) == shares[each.text]
    # In whatever company and order: what is asked alone has the same answer.
    alone = [classifier.probabilities([example])[0] for example in unseen[:5]]
    np.testing.assert_allclose(classifier.probabilities(unseen)[:5], alone, atol=1e-5)
    assert classifier.predict([]) == []


def test_facts_are_those_that_answering_needs() -> None:
    examples = [*reviews(20, 1), Labelled("long", " ".join(WORDS * 2), "very bad")]
    prepared = prepare(ingredients_of(examples))
    assert prepared.facts["labels"] == ["very bad", "very good"]
    assert prepared.facts["counts"] == {
        label: sum(example.label == label for example in examples) for label in prepared.facts["counts"]
    }
    assert prepared.facts["cut"] == 1
    assert any("1 of 21 texts (5%) are longer than 16 tokens" in note for note in prepared.notes)
    assert (prepared.facts["is_pair"], prepared.facts["is_causal"], prepared.facts["context"]) == (False, False, 16)
    (settings_of_head,) = prepared.material.heads.values()
    assert (settings_of_head.kind, settings_of_head.labels) == ("sequence", 2)


@pytest.mark.parametrize(("is_causal", "kind"), [(False, "pair"), (True, "sequence")])
def test_two_texts_have_the_head_of_pairs_where_they_are_read_whole(is_causal: bool, kind: str) -> None:
    (head,) = prepare(ingredients_of(reviews(20, 1, is_pair=True), is_causal)).material.heads.values()
    assert head.kind == kind


def test_an_unknown_label_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(GroundupError, match=r"test examples have the label 'very godo' \(first at 7\)") as error:
        prepare(ingredients_of(reviews(20, 1), test=[Labelled("7", "the film", "very godo")]))
    assert "very good" in error.value.message
    assert "'very bad', 'very good'" in error.value.remedy


def test_one_label_is_nothing_to_learn() -> None:
    with pytest.raises(GroundupError, match="nothing to tell apart"):
        prepare(ingredients_of([Labelled(str(number), "a film", "good") for number in range(20)]))


class Said(Chooser):
    """Says what it was told to."""

    def __init__(self, **shares: list[float]) -> None:
        self.names = list(shares)
        self.shares = np.array(list(shares.values())).T

    def probabilities(self, examples: Any, progress: Any = None) -> Any:
        return self.shares


def test_a_committee_finds_labels_as_probable_as_its_members_do_in_the_mean() -> None:
    first, second = Said(bad=[0.9, 0.2], good=[0.1, 0.8]), Said(good=[0.6, 1.0], bad=[0.4, 0.0])
    examples = [Labelled(name, "a film", "") for name in "ab"]
    both = Committee({"runs/a": first, "runs/b": second})
    np.testing.assert_allclose(both.probabilities(examples), [[0.65, 0.35], [0.1, 0.9]])
    assert [said.text for said in both.predict(examples)] == ["bad", "good"]
    with pytest.raises(GroundupError, match=r"runs/c knows the labels 'good', 'poor', and runs/a knows 'bad', 'good'"):
        Committee({"runs/a": first, "runs/c": Said(good=[1.0], poor=[0.0])})
