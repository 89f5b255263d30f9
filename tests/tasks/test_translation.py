"""Short words are learned to be copied, long pairs are counted, and questions are pairs too."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from groundup.decoding.settings import BeamSettings
from groundup.errors import GroundupError
from groundup.model.model import Model
from groundup.tasks.examples import Answer, Pair, Question
from groundup.tasks.materials.pairs import Coders, PairMaterial
from groundup.tasks.parts import Parts
from groundup.tasks.preparation import Ingredients
from groundup.tasks.settings import Exchangeable, TaskSettings
from groundup.tasks.translation import Translator, engine_of, pair_of, prepare
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.train import train_tokenizer

LETTERS = "abcdef"
TRANSFORMER = {"encoder": ("attention", "glu"), "decoder": ("attention", "cross", "glu")}
RECURRENT = {"encoder": ("gru",), "decoder": ("gru", "luong")}
TOKENIZER = TokenizerSettings(kind="character", vocabulary=40)
CODER = train_tokenizer([LETTERS + LETTERS.upper()] * 2, TOKENIZER)
JOINT = Coders(CODER, CODER)
APART = Coders(train_tokenizer([LETTERS] * 2, TOKENIZER), train_tokenizer([LETTERS.upper()] * 2, TOKENIZER))


def copies(count: int, seed: int) -> list[Pair]:
    """Words of three letters, and the same in capitals."""
    draws = random.Random(seed)
    words = ["".join(draws.choices(LETTERS, k=3)) for _ in range(count)]
    return [Pair(f"{number}", word, word.upper()) for number, word in enumerate(words)]


def ingredients_of(train: list[Any], coders: Coders = JOINT, context: int = 8, **task: Any) -> Ingredients:
    values = {"kind": "translation", "train": "train", "search": BeamSettings(beams=2, n_best=2), **task}
    return Ingredients(TaskSettings(**values), Parts(train, train[:10], ()), coders, context, False, 1, "f")


@pytest.mark.parametrize(("stack", "coders", "steps"), [(TRANSFORMER, JOINT, 150), (RECURRENT, APART, 150)])
def test_words_are_learned_to_be_copied(
    learn: Callable[..., Model], stack: dict[str, Any], coders: Coders, steps: int
) -> None:
    ingredients = ingredients_of(copies(600, 1), coders)
    prepared = prepare(ingredients)
    model = learn(prepared, "sequence", stack, steps=steps, batch=16)
    translator = Translator(engine_of(model), coders, ingredients.task)
    unseen = copies(30, 2)
    found = translator.predict(unseen)
    assert sum(each.text == pair.target for each, pair in zip(found, unseen, strict=True)) >= 27
    for each in found:
        (other,) = each.more["others"]
        assert other["score"] <= each.score
        assert other["text"] != each.text
    (alone,) = translator.write([unseen[7].source])
    assert alone.text == found[7].text
    assert alone.score == pytest.approx(found[7].score, abs=1e-4)


def test_pairs_too_long_are_left_out_and_counted() -> None:
    pairs = [Pair("1", "a" * 8, "A"), *copies(20, 1), Pair("2", "a", "A" * 8), Pair("3", "a" * 7, "A" * 7)]
    prepared = prepare(ingredients_of(pairs))
    assert prepared.facts["too_long"] == {"train": 2, "validation": 1}
    assert prepared.facts["context"] == 8
    assert prepared.notes == (
        "2 of 23 train pairs have more than 8 tokens on a side and are left out",
        "1 of 10 validation pairs have more than 8 tokens on a side and are left out",
    )
    assert prepared.material.train.pairs == 21
    # The first that is read is what the model is looked at by.
    assert prepared.sample == pairs[1].source


def test_no_pair_that_fits_is_told_with_the_part() -> None:
    with pytest.raises(GroundupError, match=r"None of the 3 train pairs has at most 8 tokens"):
        prepare(ingredients_of([Pair("1", "a" * 9, "A")] * 3))


def test_words_that_could_be_others_must_be_known() -> None:
    questions = [Question(str(n), "Mary went to the garden.", "Where?", (Answer("garden"),)) for n in range(3)]
    text = "Mary went to the garden.\n Where? Mary"
    words, pieces = (train_tokenizer([text], TokenizerSettings(kind=kind)) for kind in ("word", "bpe"))
    lists = {"kind": "questions", "answers": "texts", "exchangeable": (Exchangeable(("Mary", "Jhon")),)}
    with pytest.raises(GroundupError, match="exchangeable has Jhon, which the examples do not have"):
        prepare(ingredients_of(questions, Coders(words, words), 99, **lists))
    material = prepare(ingredients_of(questions, Coders(pieces, pieces), 99, **lists)).material
    assert isinstance(material, PairMaterial)
    assert material.exchange is not None


def test_a_question_is_a_pair() -> None:
    question = Question("7", "The cat sat.", "Who?", (Answer("cat", 4), Answer("the cat")))
    assert pair_of(question) == Pair("7", " The cat sat.\n Who?", " cat")
    assert pair_of(Question("8", "The cat sat.", "Why?", (), is_impossible=True)).target == ""
    pair = Pair("1", "a", "b")
    assert pair_of(pair) is pair
    prepared = prepare(ingredients_of([Question("1", "a", "b", (Answer("A"),))] * 3, kind="questions", answers="texts"))
    assert prepared.sample == " a\n b"


@pytest.mark.parametrize("stack", [TRANSFORMER, RECURRENT], ids=["attention", "gru"])
def test_what_a_word_was_made_from_is_found(learn: Callable[..., Model], stack: dict[str, Any]) -> None:
    """One that learned to write words in capitals looks at the word that it writes."""
    draws = random.Random(3)
    texts = [" ".join("".join(draws.choices(LETTERS, k=2)) for _ in range(2)) for _ in range(600)]
    pairs = [Pair(str(number), text, text.upper()) for number, text in enumerate(texts)]
    coder = train_tokenizer([LETTERS + " " + LETTERS.upper()] * 2, TOKENIZER)
    ingredients = ingredients_of(pairs, Coders(coder, coder))
    model = learn(prepare(ingredients), "sequence", {**stack, "positions": "none"}, steps=150, batch=16)
    found = Translator(engine_of(model), ingredients.coders, ingredients.task).align("ab fe", "AB FE")
    assert (found.source, found.target) == (["ab", "fe", "<end>"], ["AB", "FE", "<end>"])
    assert found.weights[:2].argmax(1).tolist() == [0, 1]


def test_of_a_text_too_long_the_beginning_is_aligned(random_model: Callable[..., Model]) -> None:
    model = random_model(CODER.vocabulary, **TRANSFORMER, positions="learned", context=8)
    translator = Translator(engine_of(model), JOINT, ingredients_of([]).task)
    found = translator.align("abcdef" * 3, "ABCDEF" * 3)
    assert ("".join(found.source), "".join(found.target)) == ("abcdefa<end>", "ABCDEFA<end>")


def test_a_model_that_looks_at_no_source_says_so(random_model: Callable[..., Model]) -> None:
    translator = Translator(engine_of(random_model(CODER.vocabulary)), JOINT, ingredients_of([]).task)
    with pytest.raises(GroundupError, match=r"does not look at a source.*cross, additive or luong"):
        translator.align("abc", "ABC")


def test_of_nothing_nothing_is_written_and_of_a_long_text_its_beginning(learn: Callable[..., Model]) -> None:
    """A model with a table of positions ends where that does."""
    ingredients = ingredients_of(copies(20, 1), search=BeamSettings(beams=2, tokens=50))
    model = learn(prepare(ingredients), "sequence", {**TRANSFORMER, "positions": "learned"}, steps=1, batch=4)
    translator = Translator(engine_of(model), JOINT, ingredients.task)
    blank, long, beginning = translator.write(["  ", "abcdef" * 5, "abcdefa"])
    assert (blank.text, blank.score) == ("", None)
    assert long == beginning
    assert len(long.text) <= 8
