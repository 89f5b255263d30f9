from __future__ import annotations

import json
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from groundup.reports.predictions import MOST, shown, spread

sys.path.insert(0, str(Path(__file__).parent))
from tasked import as_lines, labelled


@given(st.lists(st.booleans(), max_size=60))
def test_as_many_are_wrong_as_right_where_there_are_enough_and_none_is_shown_twice(rights: list[bool]) -> None:
    examples = as_lines([{"id": str(n), "text": f"{n}", "label": "a"} for n in range(len(rights))])
    said = as_lines([{"id": str(n), "text": "a" if it else "b"} for n, it in enumerate(rights)])
    found = shown("classification", examples, said)
    assert len(found) == min(MOST, len(rights))
    places = [int(one.given) for one in found]
    assert places == sorted(set(places))
    assert all(one.is_right == rights[place] for one, place in zip(found, places, strict=True))
    right, wrong = sum(rights), len(rights) - sum(rights)
    if min(right, wrong) >= MOST // 2:
        assert sum(bool(one.is_right) for one in found) == MOST // 2


def test_an_answer_is_right_where_it_is_one_of_those_people_gave() -> None:
    question = {"question": "Who?", "context": "A passage.", "answers": [{"text": "Ada"}, {"text": "Ada L."}]}
    impossible = {"id": "3", "question": "Who?", "context": "A passage.", "answers": []}
    examples = as_lines([{"id": "1", **question}, {"id": "2", **question}, impossible])
    said = as_lines([{"id": "1", "text": " ada  l."}, {"id": "2", "text": "Bob"}, {"id": "3", "text": ""}])
    assert [one.is_right for one in shown("questions", examples, said)] == [True, False, True]


def test_a_translation_is_neither_right_nor_wrong() -> None:
    (one,) = shown("translation", '{"id": "1", "source": "a", "target": "b"}\n', '{"id": "1", "text": "c"}\n')
    assert (one.given, one.right, one.said, one.is_right) == ("a", ("b",), "c", None)


def test_lines_of_another_shape_are_left_out() -> None:
    examples, said = labelled(3)
    assert len(shown("classification", examples, said.replace(said.split("\n")[1], "[1]"))) == 2
    assert shown("poetry", examples, said) == ()
    odd = json.dumps({"id": "1", "text": "a\u2028b", "label": "x"}, ensure_ascii=False)
    assert len(shown("classification", odd, '{"id": "1", "text": "x"}')) == 1


@given(st.lists(st.integers(), max_size=50), st.integers(0, 20))
def test_what_is_spread_keeps_both_ends_and_the_order(items: list[int], most: int) -> None:
    found = list(spread(list(enumerate(items)), most))
    assert len(found) == min(most, len(items))
    assert found == sorted(set(found))
    if most >= 2 and items:
        assert found[0][0] == 0
        assert found[-1][0] == len(items) - 1
