from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.excerpt import PIECES, excerpt


@effort(deadline=None)
@given(st.text(max_size=2000), st.integers(1, 2500))
def test_an_excerpt_is_bounded_and_the_same_each_time(text: str, characters: int) -> None:
    part = excerpt(text, characters)
    assert len(part) <= characters or part == text
    assert part == excerpt(text, characters)
    assert len(text) > characters or part == text


@effort(deadline=None)
@given(st.integers(1000, 20_000), st.integers(200, 900))
def test_an_excerpt_has_beginning_and_end_and_what_is_between(length: int, characters: int) -> None:
    # Every character says where it stands.
    text = "".join(chr(0x4E00 + place) for place in range(length))
    pieces = excerpt(text, characters).split("\n")
    assert len(pieces) == PIECES
    assert text.startswith(pieces[0])
    assert text.endswith(pieces[-1])
    assert all(piece in text for piece in pieces)
    gaps = [ord(after[0]) - ord(before[0]) for before, after in itertools.pairwise(pieces)]
    assert max(gaps) - min(gaps) <= 1
