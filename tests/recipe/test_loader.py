"""The reader takes what a person would read as right, and otherwise says all that is wrong, and where."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.recipe.dump import dump
from groundup.recipe.loader import LARGEST_FILE, load
from groundup.recipe.recipe import Recipe


def problems(text: str, house: SimpleNamespace) -> str:
    with pytest.raises(GroundupError) as caught:
        load(text, house.House)
    return str(caught.value)


def test_the_shortest_recipe_takes_every_default(house):
    got = load(house.minimal, house.House)
    assert got == house.House(house.Corpus((house.Source("books"),)))


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1e-3", 0.001),
        ("1_000", 1000.0),
        ("10_000.5", 10000.5),
        (".5", 0.5),
        ("1e6", 1e6),
        ("-3", -3.0),
        ("+1E2", 100.0),
    ],
)
def test_numbers_as_people_write_them(house, written, number):
    got = load(f"{house.minimal}rate: {written}", house.House).rate
    assert got == number
    assert isinstance(got, float)


@pytest.mark.parametrize(("written", "number"), [("1e6", 10**6), ("10_000", 10**4), ("007", 7), ("3.0", 3), ("-5", -5)])
def test_whole_numbers_as_people_write_them(house, written, number):
    got = load(f"{house.minimal}seed: {written}", house.House).seed
    assert got == number
    assert isinstance(got, int)


@pytest.mark.parametrize("word", ["no", "off", "1", "null", "1e-3", "true", "2001-01-01", "0x10", "~", "None"])
def test_a_plain_word_is_text_where_text_is_due(house, word):
    assert load(f"{house.minimal}name: {word}", house.House).name == word
    assert load("corpus:\n  sources: []\n  languages: [en, " + word + "]", house.House).corpus.languages[1] == word


@pytest.mark.parametrize("word", ["null", "none", "None", "~", ""])
def test_none_is_written_as_null_or_none_and_quoted_it_is_text(house, word):
    assert load(f"{house.minimal}title: {word}", house.House).title is None
    assert load(f'{house.minimal}title: "{word}"', house.House).title == word


@pytest.mark.parametrize(("word", "truth"), [("true", True), ("yes", True), ("False", False), ("no", False)])
def test_truths(house, word, truth):
    assert load(f"{house.minimal}model: {{is_tied: {word}}}", house.House).model.is_tied is truth


def test_choices_that_look_like_something_else(house):
    model = load(house.minimal + "model: {norm: none, layers: 4}", house.House).model
    assert (model.norm, model.layers) == ("none", 4)


def test_a_partly_written_section_keeps_the_defaults_of_its_place(house):
    got = load(house.minimal + "small: {heads: 8}\nmodel:\n  # width: 3\n", house.House)
    assert got.small == house.Model(width=32, heads=8, norm="layer")
    assert got.model == house.Model()
    assert load(house.minimal + "spare: {heads: 2}", house.House).spare == house.Model(width=16, heads=2)
    assert load(house.minimal + "spare: none", house.House).spare is None


def test_a_preset_is_what_a_section_starts_from(house):
    def garden(line, *overrides):
        return load(f"{house.minimal}garden: {line}", house.House, overrides).garden

    assert garden("{preset: meadow}") == house.Garden("meadow", 900, ("grass",), False)
    assert garden("{plants: [kale], preset: kitchen}") == house.Garden("kitchen", 40, ("kale",))
    assert garden("{area: 7, preset: none}") == house.Garden(area=7)
    assert garden("{preset: meadow}", ("garden.preset", "kitchen")).area == 40
    assert garden("{area: 70}", ("garden.preset", "meadow")) == house.Garden("meadow", 70, ("grass",), False)
    assert garden("{preset: kitchen}", ("garden.plants.1", "chard")).plants == ("beans", "chard", "leeks")


def test_the_presets_of_the_real_recipe():
    from groundup.model.settings import from_preset

    start = "name: small\ncorpus: {sources: [{data: books}]}\n"
    recipe = load(start + "model: {preset: llama, size: 6, norm: layer}", Recipe)
    assert recipe.model == from_preset("llama", size=6, norm="layer")
    assert load(dump(recipe), Recipe) == recipe
    assert load(start, Recipe, [("model.preset", "bert")]).model == from_preset("bert")
    with pytest.raises(GroundupError, match=r"line 4, model.preset: found 'lama', .* Did you mean 'llama'\?"):
        load(start + "model:\n  preset: lama\n", Recipe)
    with pytest.raises(GroundupError, match=r"--model.preset on the command line: .* Did you mean 'bert'\?"):
        load(start, Recipe, [("model.preset", "bret")])


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ("garden: {preset: medow}", "garden.preset", ["one of kitchen, meadow. Did you mean 'meadow'?"]),
        ("garden: {preset: kitchen, area: 2}", "garden.area", ["plants need room"]),
        ("seed: fast", "seed", ["'fast'", "a whole number", "128"]),
        ("seed: 1.5", "seed", ["'1.5'", "whole number"]),
        ('seed: "5"', "seed", ["in quotes"]),
        ("seed: 99999999999999999999", "seed", ["too large"]),
        ("seed: 1e400", "seed", ["too large"]),
        ("seed:", "seed", ["nothing is written"]),
        ("seed: [1]", "seed", ["a list", "whole number"]),
        ("seed: {a: 1}", "seed", ["keys", "whole number"]),
        ("rate: .inf", "rate", ["'.inf'"]),
        ("rate: 1:30", "rate", ["'1:30'", "a number"]),
        ("name:", "name", ["nothing is written"]),
        ("size: 3 kilo", "size", ["is no size"]),
        ("model: {norm: lyer}", "model.norm", ["Did you mean 'layer'?", "one of rms, layer, none"]),
        ("model: {is_tied: maybe}", "model.is_tied", ["true or false"]),
        ("model: {sizes: [3]}", "model.sizes.0", ["write [3]"]),
        ("model: 3", "model", ["section of keys"]),
        ("model: {width: -1}", "model.width", ["must be above zero"]),
        ("model: {width: 66}", "model", ["must divide"]),
    ],
)
def test_a_wrong_value_is_named_with_line_and_key(house, line, key, words):
    said = problems(house.minimal + line, house)
    assert f"1 problem in the recipe: line 4, {key}" in said
    for word in [*words, "groundup schema"]:
        assert word in said


def test_a_failed_check_has_the_line_of_its_field(house):
    said = problems(house.minimal + "model:\n  width: 64\n  heads: 5\n", house)
    assert "line 6, model.heads: the width, 64, must divide by the heads, 5." in said


@pytest.mark.parametrize(
    ("line", "suggestion"),
    [
        ("model: {widht: 3}", "'model.width'"),
        ("widht: 3", "'model.width'"),
        ("dropout: 3", "'model.dropout' or 'small.dropout'"),
        ("model: {is-tied: no}", "'model.is_tied'"),
        ("model.width: 3", "write 'width' below 'model'."),
        ("qqqqq: 3", "Known here: corpus,"),
    ],
)
def test_an_unknown_key_is_answered_with_the_right_one(house, line, suggestion):
    said = problems(house.minimal + line, house)
    assert "line 4" in said
    assert "there is no key" in said
    assert suggestion in said


def test_all_problems_are_told_at_once_in_the_order_of_the_file(house):
    said = problems("seed: x\nseed: 3\nmodle: {}\ncorpus:\n  languages: en\nmodel:\n  heads: 5\n", house)
    lines = said.splitlines()
    assert lines[0] == "6 problems in the recipe:"
    assert [line.split(":")[0].split(",")[0].strip() for line in lines[1:7]] == [
        "line 1", "line 2", "line 3", "line 5", "line 5", "line 7",
    ]  # fmt: skip
    assert "written a second time; the first is at line 1" in lines[2]
    assert "the key 'sources' is missing" in said


def test_very_many_problems_are_counted_and_the_first_shown(house):
    said = problems(house.minimal + "".join(f"k{i}: 1\n" for i in range(5000)), house)
    assert said.startswith("5,000 problems")
    assert "and 4,980 more" in said
    assert len(said) < 5000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("  \n\n", "is empty"),
        ("# only a thought\n", "nothing but comments"),
        ("hello", "a single text"),
        ("[1, 2]", "a list"),
        ("a: [1, 2", "line 1: this is not YAML (column 9"),
        ("a: b: c", "line 1: this is not YAML (column 5"),
        ("a:\n\tb: 1", "line 2: this is not YAML (column 1"),
        ("name: @me", "this is not YAML"),
        ("name: *star", "anchors (&) and aliases (*)"),
        ("name: &a b", "anchors (&) and aliases (*)"),
        ("name: !!python/object:os.system x", "recipes have no tags"),
        ("a: &" + "x" * 9000, "anchors (&)"),
        ("a: !" + "x" * 9000, "no tags"),
        ("%YAML 1." + "9" * 9000 + "\n---\na: 1", "not YAML"),
        ("a: 1\n---\nb: 1", "line 2: a second YAML document"),
        ("[a]: 1", "where a key belongs"),
        ("a: \x07", "does not belong in YAML"),
        ('a: "\\ud800"', "half of a character"),
        ('a: "\\UFFFFFFFF"', "not YAML"),
        ("a: " + "[" * 5000, "nested more than"),
        ("a: " + "{a: " * 5000, "nested more than"),
        ("- " * 5000, "nested more than"),
    ],
)
def test_what_is_no_recipe_is_one_clear_paragraph(house, text, words):
    said = problems(text, house)
    assert words in said
    assert "\n" not in said
    assert len(said) < 500


def test_a_billion_laughs_end_fast(house):
    lines = ['a0: &a0 ["lol"]'] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    start = time.perf_counter()
    assert "anchors" in problems("\n".join(lines), house)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"name: caf\xe9\n", "line 1: the byte 0xe9 is not UTF-8"),
        ("name: x".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04\x00\x00", "binary file"),
        (b"# " + b"x" * LARGEST_FILE, "larger than 256 KiB"),
        (b"", "is empty"),
    ],
)
def test_a_file_that_is_no_recipe(house, tmp_path: Path, data, words):
    path = tmp_path / "recipe.yaml"
    path.write_bytes(data)
    with pytest.raises(GroundupError, match=words) as caught:
        load(path, house.House)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 2


def test_files_are_read_with_their_name_in_errors(house, tmp_path: Path):
    path = tmp_path / "demo.yaml"
    path.write_text("\ufeff" + house.minimal, encoding="utf-8")
    assert load(path, house.House).name == "house"
    path.write_text("sed: 1\n", encoding="utf-8")
    with pytest.raises(GroundupError, match=f"2 problems in {path}:"):
        load(path, house.House)
    with pytest.raises(GroundupError, match=r"There is no recipe .* Did you mean .*demo.yaml"):
        load(tmp_path / "dmeo.yaml", house.House)
    with pytest.raises(GroundupError, match="cannot be read"):
        load(tmp_path, house.House)
    with pytest.raises(GroundupError, match="cannot be read"):
        load(Path("a\0b"), house.House)


EXAMPLES = settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def ends_well(text: str, house: SimpleNamespace) -> None:
    try:
        got = load(text, house.House)
    except GroundupError as error:
        said = str(error)
    else:
        said = dump(got)
        assert load(said, house.House) == got
    assert len(said.encode()) < 50_000


@EXAMPLES
@given(
    text=st.one_of(
        st.text(),
        st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,? \n\t\\01.e~<"),
        st.lists(
            st.sampled_from(
                [
                    "corpus:",
                    "sources: ",
                    "model: ",
                    "seed: ",
                    "\n",
                    "  ",
                    "- ",
                    "[",
                    "]",
                    "{",
                    "}",
                    "1e3",
                    "no",
                    ": ",
                ]
            )
        ).map("".join),
    )
)
def test_any_text_ends_in_settings_or_our_error(house, text):
    ends_well(text, house)


@EXAMPLES
@given(data=st.data())
def test_a_mutated_recipe_ends_in_settings_or_our_error(house, data):
    text = dump(data.draw(house.any))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 12))
        text = (
            text[:start]
            + data.draw(st.text(max_size=6) | st.sampled_from([":", "\n", " ", "- ", "-", "1e9", '"']))
            + text[start + length :]
        )
    ends_well(text, house)


@settings(EXAMPLES, max_examples=300)
@given(data=st.binary(max_size=200))
def test_any_bytes_end_in_our_error(house, tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(data)
    with pytest.raises(GroundupError):
        load(path, house.House)


def test_a_run_where_runs_by_stack_are_due_is_answered_with_both() -> None:
    text = "name: x\ncorpus: {sources: [{data: x}]}\npretrain: {warm_start: runs/causal}\n"
    with pytest.raises(GroundupError, match=r"for example \{encoder: runs/masked, decoder: runs/causal\}"):
        load(text, Recipe)
