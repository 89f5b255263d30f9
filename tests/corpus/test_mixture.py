"""What a weight does follows from a document's id: it samples evenly, repeats evenly, and more only adds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from groundup.corpus.mixture import left_out, times, weights_of
from groundup.corpus.settings import SourceSettings, ValidationSettings
from groundup.corpus.split import Kept, split
from groundup.errors import GroundupError

IDS = [f"books/{number}.txt" for number in range(2000)]


@given(some.floats(0.001, 20))
def test_a_weight_is_how_often_documents_are_seen_on_the_whole(weight: float) -> None:
    seen = [times(one, weight) for one in IDS]
    assert set(seen) <= {int(weight), int(weight) + 1}
    assert abs(sum(seen) / len(seen) - weight) < 0.05


@given(some.text(), some.floats(0.001, 20), some.floats(0.001, 20))
def test_more_weight_only_adds(one: str, weight: float, other: float) -> None:
    less, more = sorted((weight, other))
    assert times(one, less) <= times(one, more)
    assert times(one, 1.0) == 1


def test_a_sample_is_no_choice_of_what_is_held_out() -> None:
    """Of a tenth that is sampled a tenth is held out, not all and not nothing."""
    kept = [Kept(one, "", 1) for one in IDS if times(one, 0.1)]
    held = sum(length == 0 for length in split(kept, ValidationSettings(0.1)))
    assert 0 < held < len(kept) / 4


def test_what_is_left_out_has_a_row_with_its_weight() -> None:
    dropped = next(one for one in IDS if not times(one, 0.5))
    row = {"id": dropped, "source": "books", "text": " A tale.", "characters": 8}
    change = left_out(row, {"books": 0.5})
    assert change is not None
    assert (change.stage, change.rule, change.action, change.before, change.after) == (
        "mixture",
        "weight",
        "drop",
        8,
        0,
    )
    assert (change.value or 0) >= 0.5 == change.threshold
    assert change.sample == "A tale."
    assert left_out(row, {}) is None
    assert left_out(row, {"books": 3.0}) is None


def test_one_place_has_one_weight() -> None:
    twice, once = SourceSettings("a", weight=2), SourceSettings("a")
    assert weights_of([twice, once], ["a", "b"]) == {"a": 2}
    with pytest.raises(GroundupError, match="with the weights 2 and 1"):
        weights_of([twice, once], ["a", "a"])
