"""An answer that is not where it is said to be is told with the place where it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.tasks.examples import Answer
from groundup.tasks.reading.squad import Misshapen, checked


@given(st.text("ab", min_size=1, max_size=20), st.text("ab", min_size=1, max_size=3), st.integers(-3, 25))
def test_the_nearest_place_of_an_answer_is_told(context: str, text: str, start: int) -> None:
    places = [place for place in range(len(context)) if context.startswith(text, place)]
    if start in places:
        assert checked(context, Answer(text, start)) == Answer(text, start)
        return
    with pytest.raises(Misshapen) as caught:
        checked(context, Answer(text, start))
    if not places:
        assert caught.value.detail.endswith("it stands nowhere in it")
        return
    told = int(caught.value.detail.rpartition(" ")[2])
    assert told in places
    assert abs(told - start) == min(abs(place - start) for place in places)
