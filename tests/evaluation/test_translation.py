from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from groundup.evaluation.translation import ngrams, paired, signature


@given(st.text("abc", max_size=9), st.integers(1, 5))
def test_every_run_is_counted(text: str, order: int) -> None:
    found = ngrams(text, order)
    assert found == Counter(tuple(text[start : start + order]) for start in range(len(text) - order + 1))
    assert found == ngrams(list(text), order)


def test_one_reference_or_several() -> None:
    assert paired(["x", "y"], ["a", ["b", "c"]]) == [("x", ("a",)), ("y", ("b", "c"))]


def test_a_signature_says_how_many_references_there_were() -> None:
    assert signature(["a", ["b"]], case="mixed").startswith("nrefs:1|case:mixed|version:groundup-")
    assert signature([["a", "b"]], case="mixed").startswith("nrefs:2|")
    assert signature(["a", ["b", "c"]]).startswith("nrefs:var|")
