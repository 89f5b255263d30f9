from __future__ import annotations

from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.quality.words import words_of


@effort(deadline=None)
@given(st.text(max_size=300) | st.lists(st.sampled_from(["a", "bb", "c.", "dé"]), max_size=50).map(" ".join))
def test_words_are_those_of_the_text(text: str) -> None:
    words, found = words_of(text), text.split()
    assert [words.distinct[number] for number in words.numbers] == found
    assert len(words) == len(found)
    assert words.counts.tolist() == [found.count(word) for word in words.distinct]
    assert words.lengths.tolist() == list(map(len, found))
    assert words.characters == sum(map(len, found))


@effort(deadline=None)
@given(st.lists(st.sampled_from(["a", "bb", "c.", "d!"]), max_size=50))
def test_words_that_satisfy_a_condition_are_counted_as_often_as_they_come(found: list[str]) -> None:
    words = words_of(" ".join(found))
    marked = [place for place, word in enumerate(words.distinct) if word[-1] in ".!"]
    assert words.count(lambda word: word.endswith("!"), marked) == found.count("d!")
