"""What the command line says comes over what the file says, and is read as strictly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.recipe.loader import load
from groundup.recipe.overrides import parse_overrides


def build(house, *words, text=None):
    return load(house.minimal if text is None else text, house.House, parse_overrides(words))


def refused(house, *words):
    with pytest.raises(GroundupError) as caught:
        build(house, *words)
    return str(caught.value)


def test_both_spellings_in_order():
    assert parse_overrides(["--a.b", "3 minutes", "--c=1", "--d=", "--e", "-3", "--f=--x"]) == [
        ("a.b", "3 minutes"), ("c", "1"), ("d", ""), ("e", "-3"), ("f", "--x"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["stray"], "'stray' on the command line is no key"),
        (["-x", "3"], "'-x' on the command line is no key"),
        (["--"], "'--' on the command line is no key"),
        (["--a..b", "1"], "is no key"),
        (["--a.b"], "--a.b on the command line has no value (write --a.b true"),
        (["--a.b", "--c", "3"], "--a.b on the command line has no value (write --a.b=--c"),
        (["--a", "\udc80"], "not UTF-8"),
    ],
)
def test_words_that_are_no_overrides(words, said):
    with pytest.raises(GroundupError) as caught:
        parse_overrides(words)
    assert said in str(caught.value)
    assert "--pretrain.budget" in str(caught.value)


def test_they_go_over_the_file_and_later_ones_over_earlier(house):
    text = house.minimal + "model:\n  width: 8\n  dropout: .5\n"
    got = build(house, "--model.width", "12", "--model.width=16", "--model.dropout=none", "--seed=1e3", text=text)
    assert got.model == house.Model(width=16, dropout=None)
    assert got.seed == 1000


def test_sections_that_the_file_leaves_out(house):
    assert build(house, "--small.heads", "2").small == house.Model(width=32, heads=2, norm="layer")
    assert build(house, "--extra.heads", "2").extra == house.Model(heads=2)
    assert build(house, "--extra", "{heads: 2}").extra == house.Model(heads=2)
    assert build(house, "--corpus.sources", "[{data: x}]", text="{}").corpus.sources == (house.Source("x"),)
    assert build(house, "--corpus.sources.0.data", "x", text="{}").corpus.sources == (house.Source("x"),)


def test_paths_into_lists(house):
    got = build(house, "--corpus.sources.0.weight", "2", "--corpus.sources.1.data", "more")
    assert got.corpus.sources == (house.Source("books", 2.0), house.Source("more"))
    assert build(house, "--corpus.sources.0", "{data: other}").corpus.sources == (house.Source("other"),)


def test_a_position_in_a_list_left_out_counts_in_the_default(house):
    assert build(house, "--corpus.languages.1", "fr").corpus.languages == ("en", "fr")
    assert build(house, "--corpus.languages.2", "fr").corpus.languages == ("en", "no", "fr")


@pytest.mark.parametrize("text", ["", "[x", "{a", "a: b", "# x", "*.txt", "'q'", "null", " pad ", "a\nb"])
def test_a_text_stands_for_itself(house, text):
    assert build(house, "--name", text).name == text
    assert build(house, f"--corpus.languages.0={text}").corpus.languages[0] == text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--width", "3"], "1 problem in the recipe: --width on the command line: there is no key 'width'. "
         "Did you mean '--model.width' or '--small.width' or '--extra.width'?"),
        (["--model.widht", "3"], "--model.widht on the command line: there is no key 'widht' in model. "
         "Did you mean '--model.width'?"),
        (["--modle.width", "3"], "Did you mean '--model'?"),
        (["--seed", "x"], "--seed on the command line: found 'x', expected a whole number"),
        (["--seed", "[1"], "The value, --seed on the command line: this is not YAML"),
        (["--model.width", "7"], "--model.width on the command line: the width, 7, must divide"),
        (["--model.heads", "7"], "--model.heads on the command line: the width, 64, must divide"),
        (["--seed.x", "3"], "found keys, expected a whole number"),
        (["--corpus.languages", "en"], "write [en]"),
        (["--corpus.sources.data", "x"], "'data' is no position in this list; positions are 0 to 0, or 1"),
        (["--corpus.sources.7.data", "x"], "'7' is no position"),
        (["--corpus.sources.-1.data", "x"], "'-1' is no position"),
        (["--model", "{a: 1, a: 2}"], "written a second time"),
    ],
)  # fmt: skip
def test_slips_are_told_as_in_the_file_with_the_option_as_their_place(house, words, said):
    assert said in refused(house, *words)


@settings(max_examples=500, deadline=None)
@given(
    key=st.lists(
        st.sampled_from(["corpus", "sources", "0", "1", "x", "model", "width", "sizes", "name", "-", "N"]),
        min_size=1,
        max_size=5,
    ),
    text=st.text(max_size=12) | st.sampled_from(["[", "[[1]]", "{width: 3}", "[{data: x}]", "1e9", "none"]),
)
def test_any_override_ends_in_settings_or_our_error(house, key, text):
    try:
        build(house, f"--{'.'.join(key)}={text}")
    except GroundupError as error:
        str(error).encode()
