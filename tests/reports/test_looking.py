from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from groundup.reports import html, markdown
from groundup.reports.document import Document, Paragraph
from groundup.reports.looking import looking_blocks, looks_in, looks_of

FOUND = {"source": ["a", "dog", "<end>"], "target": ["ein", "Hund"], "weights": [[0.7, 0.2, 0.1], [0.1, 0.9, 0]]}
anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(FOUND)), inner, max_size=3),
    max_leaves=12,
)


def test_the_picture_says_what_was_written_of_what() -> None:
    (one,) = looks_in(json.dumps([FOUND]))
    assert one.caption == "a dog \u2192 ein"
    assert one.weights == ((0.7, 0.2, 0.1), (0.1, 0.9, 0.0))
    (named,) = looks_of(FOUND, "mine")
    assert named.caption == "mine"


def test_the_page_draws_it_and_its_twin_says_it() -> None:
    page = Document("Looks", "", tuple(looking_blocks(looks_in(json.dumps([FOUND])))), ())
    rendered = html.render(page)
    assert rendered.count("<svg") == 1
    assert "Hund at dog: 90 %" in rendered
    assert "ein at a (70 %), Hund at dog (90 %)" in markdown.render(page)


def test_without_pictures_nothing_is_said() -> None:
    assert not list(looking_blocks(()))
    assert isinstance(next(iter(looking_blocks(looks_in(json.dumps([FOUND]))))), Paragraph)


@given(st.lists(st.fixed_dictionaries({name: anything | st.just(value) for name, value in FOUND.items()})) | anything)
def test_what_is_of_another_shape_is_left_out(found: object) -> None:
    for looks in looks_in(json.dumps(found)):
        assert len(looks.weights) == len(looks.targets) > 0
        assert all(len(row) == len(looks.sources) > 0 and min(row) >= 0 for row in looks.weights)


def test_what_is_no_json_is_left_out() -> None:
    assert looks_in("") == looks_in("{") == looks_in("[" * 100_000) == ()
