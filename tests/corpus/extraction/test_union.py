"""Two texts of one page become one: nothing lost, nothing twice, in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundup.corpus.extraction.union import union

WORDS = ["red", "green", "blue", "black", "white", "brown", "grey", "pink", "gold", "silver"]


@st.composite
def pages(draw) -> tuple[list[str], set[int], set[int]]:
    """The lines of a page, all different, and which of them each of two extractors found."""
    count = draw(st.integers(0, 12))
    lines = [
        f"line{number} " + " ".join(draw(st.lists(st.sampled_from(WORDS), min_size=0, max_size=9)))
        for number in range(count)
    ]
    # Each word belongs to its line alone, so that no run of words occurs in two.
    lines = [" ".join(f"{word}{number}" for word in line.split()) for number, line in enumerate(lines)]
    subsets = st.sets(st.integers(0, max(0, count - 1)), max_size=count) if count else st.just(set())
    return lines, draw(subsets), draw(subsets)


@given(pages())
def test_the_union_of_lines_is_what_either_found_each_once(page) -> None:
    lines, one, other = page
    first, second = ("\n".join(lines[number] for number in sorted(found)) for found in (one, other))
    together = union(first, second).split("\n") if one | other else [union(first, second)]
    assert sorted(together) == sorted(lines[number] for number in one | other) or not (one | other)
    # Each extractor's lines stand in the order in which it found them.
    for found in (one, other):
        assert [line for line in together if line in {lines[number] for number in found}] == [
            lines[number] for number in sorted(found)
        ]


@given(st.text(), st.text())
def test_the_first_text_is_left_whole(first: str, second: str) -> None:
    together = union(first, second).split("\n")
    place = -1
    for line in first.strip("\n").split("\n"):
        if line:
            place = together.index(line, place + 1)


@given(st.text(st.sampled_from("abc \n")))
def test_a_text_with_itself_is_itself(text: str) -> None:
    assert union(text, text) == text.strip("\n")


def test_a_line_that_says_the_same_in_another_way_is_not_said_again() -> None:
    first = "Intro to the whole of it.\nThe quick brown fox jumps over the lazy dog, again and again."
    second = "The quick brown fox jumps over the lazy dog, again and again. More\n\n• A new point of some words"
    assert union(first, second) == first + "\n• A new point of some words"


def test_a_line_comes_after_the_one_it_stood_behind() -> None:
    assert union("one\nthree", "zero\none\ntwo\nthree\nfour").split("\n") == ["zero", "one", "two", "three", "four"]
