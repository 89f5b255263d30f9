from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.catalogue.hub_reference import HubReference
from groundup.errors import GroundupError

NAMES = st.from_regex(r"[A-Za-z0-9_]([A-Za-z0-9_]|[-.](?=[A-Za-z0-9])){0,20}", fullmatch=True)
WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@settings(deadline=None)
@given(NAMES, NAMES, st.sampled_from(["main", "v1.0", "refs/convert/parquet", "a" * 40]), WORDS, WORDS, st.lists(WORDS))
def test_what_is_written_is_read_again(owner, name, revision, config, split, files) -> None:
    reference = HubReference(f"{owner}/{name}", revision, config, split, tuple(files))
    assert HubReference.parse(str(reference)) == reference
    assert reference.is_pinned == (revision == "a" * 40)


def test_the_forms_of_a_name() -> None:
    assert HubReference.parse("hf://a/b") == HubReference("a/b")
    assert HubReference.parse("hf://datasets/a/b@v1?split=test&files=x/*.gz&files=y") == HubReference(
        "a/b", "v1", "", "test", ("x/*.gz", "y")
    )
    assert str(HubReference("a/b", config="en", files=("x/*.gz",))) == "hf://a/b?config=en&files=x/*.gz"


@pytest.mark.parametrize(
    "text",
    ["hf://", "hf://a", "hf://a/b/c", "hf://a/..", "hf://../b", "hf://a/b@", "hf://a/b@../../x", "hf://a/b?spilt=train",
     "hf://a/b?split=", "hf://a/b?split=a&split=b", "hf://a/b c", "hf://a/b@x y", "hf://a--b/c", "hf://a/b?config=a%0Ab"],
)  # fmt: skip
def test_what_is_no_name_is_said_so(text: str) -> None:
    with pytest.raises(GroundupError, match="names no data set on the Hugging Face hub"):
        HubReference.parse(text)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(GroundupError):
        assert isinstance(HubReference.parse("hf://" + text), HubReference)
