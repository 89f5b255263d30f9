from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.evaluation.answers import Rules, answer_statistics, comparable, exact_match, f1, judge_answers

MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
PIECES = [
    "a",
    "an",
    "the",
    "The",
    "A",
    "cat",
    "Cat's",
    "sat",
    "é",
    "É",
    "a-b",
    "a–b",
    "1,000",
    "“the”",
    "theme",
    "_",
    ".",
]


def plain_words(text: str) -> list[str]:
    """The official rules restated without patterns: letters and digits make words, articles fall out of what is left.

    An article goes wherever no letter, digit or underscore touches it, which after the marks are gone means also
    beside a dash or a quotation mark that is not ASCII.
    """
    kept = "".join(character for character in text.lower() if character not in MARKS)
    out, place = "", 0
    while place < len(kept):
        end = place
        while end < len(kept) and kept[end].isalnum():
            end += 1
        word = kept[place:end] or kept[place]
        out += " " if word in ("a", "an", "the") else word
        place += len(word)
    return out.split()


def plain_f1(answer: list[str], gold: list[str]) -> float:
    left, shared = list(gold), 0
    for word in answer:
        if word in left:
            left.remove(word)
            shared += 1
    return 2 * shared / (len(answer) + len(gold)) if shared else 0.0


def plain_scores(answer: str, golds: list[str], rules: Rules) -> tuple[float, float]:
    words = plain_words(answer)
    wanted = [plain_words(gold) for gold in golds]
    if rules == "2.0":
        wanted = [gold for gold in wanted if gold] or [[]]
        # Nothing for nothing is right, nothing for something is wrong.
        overlaps = [plain_f1(words, gold) if words and gold else float(words == gold) for gold in wanted]
        return float(words in wanted), max(overlaps)
    return float(words in wanted), max(plain_f1(words, gold) for gold in wanted)


@pytest.mark.parametrize("rules", ["1.1", "2.0"])
def test_the_rules_restated_agree_on_1000_questions(rules: Rules) -> None:
    draws, answers, golds = random.Random(1), [], []
    for _ in range(1000):
        several = [" ".join(draws.choices(PIECES, k=draws.randint(0, 5))) for _ in range(draws.randint(1, 4))]
        golds.append([] if rules == "2.0" and draws.random() < 0.2 else several)
        near = draws.choice(several).upper() + draws.choice(["", ".", " cat", "\t"])
        answers.append(draws.choice([near, "", " ".join(draws.choices(PIECES, k=3))]))
    statistics = answer_statistics(answers, golds, rules)
    for found, answer, texts in zip(statistics, answers, golds, strict=True):
        assert found == pytest.approx(plain_scores(answer, texts, rules), abs=1e-12), (answer, texts)
    assert (statistics[:, 1] > statistics[:, 0]).sum() > 100
    assert 100 < statistics[:, 0].sum() < 900


@given(st.text(max_size=20) | st.lists(st.sampled_from([*PIECES, " ", "_"]), max_size=9).map("".join))
def test_texts_are_compared_by_the_rules(text: str) -> None:
    # An underscore is an ASCII mark, so it is gone before articles are looked for, and joins what was beside it. Marks
    # that join to a letter in Python's patterns but are no letters (combining ones) are left to the known examples.
    if all(character.isalnum() or character.isspace() or character in MARKS + "–“”" for character in text):
        assert comparable(text) == " ".join(plain_words(text))


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("The Denver Broncos", "denver broncos"),
        ("  an  apple, a day ", "apple day"),
        ("U.S.A.", "usa"),
        ("$1,000", "1000"),
        ("a", ""),
        ("Theatre of the absurd", "theatre of absurd"),
        ("the-end", "theend"),
        ("a–b", "–b"),
    ],
)
def test_known_texts(text: str, compared: str) -> None:
    assert comparable(text) == compared


def test_known_examples() -> None:
    golds = ["Denver Broncos", "Denver Broncos", "The Denver Broncos of Colorado"]
    assert exact_match("the denver broncos.", golds) == f1("the denver broncos.", golds) == 1
    assert exact_match("Broncos", golds) == 0
    # Precision 1, recall 1/2.
    assert f1("Broncos", golds) == pytest.approx(2 / 3)
    # "broncos" twice is shared once: precision 1/2, recall 1/2.
    assert f1("Broncos Broncos", golds) == pytest.approx(1 / 2)


def test_no_answer_by_either_rules() -> None:
    assert exact_match("", [], "2.0") == f1("", [], "2.0") == 1
    assert exact_match("Paris", [], "2.0") == f1("Paris", [], "2.0") == 0
    # An article alone is no answer either; 1.1 has the texts match, but no word that could.
    assert (exact_match("the", ["a"], "2.0"), f1("the", ["a"], "2.0")) == (1, 1)
    assert (exact_match("the", ["a"], "1.1"), f1("the", ["a"], "1.1")) == (1, 0)
    # A gold of which nothing is left is no way round a real one.
    assert exact_match("", ["Paris", "the"], "2.0") == 0


def test_a_set_is_judged_in_per_cent_and_in_parts() -> None:
    answers, golds = ["Paris", "", "red car", ""], [["Paris"], [], ["car"], ["x"]]
    found = judge_answers(answers, golds, "2.0")
    assert found == pytest.approx(
        {
            "exact": 50,
            "f1": (1 + 1 + 2 / 3 + 0) * 25,
            "questions": 4,
            "has_answer_exact": 100 / 3,
            "has_answer_f1": (1 + 2 / 3) * 100 / 3,
            "has_answer_questions": 3,
            "no_answer_exact": 100,
            "no_answer_f1": 100,
            "no_answer_questions": 1,
        }
    )
    assert set(judge_answers(["Paris"], [["Paris"]])) == {"exact", "f1", "questions"}


@pytest.mark.parametrize(
    ("answers", "golds", "says"),
    [
        ([], [], "no answer to judge"),
        (["a"], [["a"], ["b"]], "1 answers to 2 questions"),
        (["a", "b"], [["a"], []], "Question 2 has no gold"),
    ],
)
def test_what_cannot_be_judged_is_an_error(answers: list[str], golds: list[list[str]], says: str) -> None:
    with pytest.raises(GroundupError) as caught:
        judge_answers(answers, golds)
    assert says in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("unit", ["a ", "the", " ", "a–", "."])
def test_no_text_makes_it_slow(unit: str) -> None:
    began = time.process_time()
    comparable(unit * (100_000 // len(unit)))
    assert time.process_time() - began < 1
