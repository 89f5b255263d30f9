"""The suggestion is a key that is really there, and the one that was meant."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.recipe.fields import keys_of
from groundup.recipe.suggest import suggest_key


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_key_with_one_letter_lost_is_found_in_its_section(house, data):
    name = data.draw(st.sampled_from(["width", "heads", "dropout", "layers", "is_tied"]))
    cut = data.draw(st.integers(0, len(name) - 1))
    said = suggest_key(name[:cut] + name[cut + 1 :], "small", house.Model, house.House)
    assert said == f"Did you mean 'small.{name}'?"


def test_a_key_of_another_section_is_found_by_its_last_word(house):
    for key in keys_of(house.Corpus, "corpus."):
        last = key.dotted.rsplit(".", 1)[-1]
        assert key.dotted in suggest_key(last, "model", house.Model, house.House)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("wdth", "Did you mean '--model.width'?"),
        ("x.y.width", "Did you mean '--model.width' or '--small.width' or '--extra.width'?"),
        ("zzz", "Known here: corpus, extra, garden, model, name, rate, seed, size, small, spare, title."),
    ],
)
def test_at_the_top(house, name, said):
    assert suggest_key(name, "", house.House, house.House, "--") == said
