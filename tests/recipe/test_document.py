"""The tree holds what YAML says, each value with the line it stands on."""

from __future__ import annotations

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.recipe.document import Listing, Scalar, Section, compose

TREES = st.recursive(
    st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def texts(node):
    """The tree without its places."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Listing):
        return [texts(item) for item in node.items]
    return {name: texts(item) for name, item in node.entries.items()}


@settings(max_examples=300, deadline=None)
@given(tree=TREES)
def test_it_reads_what_another_writer_wrote(tree):
    node, problems = compose(yaml.safe_dump(tree, default_style='"', allow_unicode=True), "it")
    assert (texts(node), problems) == (tree, [])


def test_every_value_knows_its_line():
    node, _ = compose("# first\na: 1\n\nb:\n  - x\n  - {c: 'y'}\n", "it")
    assert isinstance(node, Section)
    assert [place.line for place in node.places.values()] == [2, 4]
    items = node.entries["b"].items
    assert [items[0].place.line, items[1].entries["c"].place.line] == [5, 6]
    assert (items[0].is_plain, items[1].entries["c"].is_plain) == (True, False)


def test_a_key_written_twice_keeps_the_first_and_is_a_problem():
    node, problems = compose("a: 1\nb: 2\na: 3\n", "it")
    assert texts(node) == {"a": "1", "b": "2"}
    assert [str(problem) for problem in problems] == [
        "line 3: the key 'a' is written a second time; the first is at line 1. Keep one of them."
    ]


@settings(max_examples=1000, deadline=None)
@given(st.text() | st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,? \n\t\\01.ux~<"))
def test_any_text_is_a_tree_or_our_error(text):
    try:
        node, _ = compose(text, "it")
    except GroundupError as error:
        said = str(error)
        assert said.startswith("it, line ")
        assert "\n" not in said
        assert len(said) < 500
    else:
        assert node is None or texts(node) is not None
