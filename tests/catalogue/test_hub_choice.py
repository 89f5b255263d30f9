"""The card, or else the names, say which files a configuration and a split are; what is not clear is asked for."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.catalogue.hub_choice import choose, is_match, is_readable
from groundup.catalogue.hub_listing import HubFile, HubListing
from groundup.catalogue.hub_reference import HubReference
from groundup.errors import GroundupError


def chosen(names, query: str = "", configs=()) -> list[str]:
    listing = HubListing("a/b", "0" * 40, "", tuple(HubFile(name, 1, "", "") for name in names), tuple(configs))
    return [file.name for file in choose(listing, HubReference.parse(f"hf://a/b{query}"))]


def test_the_card_says_which_files_a_split_is() -> None:
    configs = [
        {
            "config_name": "en",
            "default": True,
            "data_files": [{"split": "train", "path": ["e/a-*.parquet"]}, {"split": "test", "path": "e/t.parquet"}],
        },
        {"config_name": "fr", "data_dir": "f", "data_files": "**/*.parquet"},
    ]
    names = ["e/a-1.parquet", "e/a-0.parquet", "e/t.parquet", "f/x/y.parquet", "f/z.parquet", "README.md"]
    assert chosen(names, "", configs) == ["e/a-0.parquet", "e/a-1.parquet"]
    assert chosen(names, "?split=test", configs) == ["e/t.parquet"]
    assert chosen(names, "?split=all", configs) == ["e/a-0.parquet", "e/a-1.parquet", "e/t.parquet"]
    assert chosen(names, "?config=fr", configs) == ["f/x/y.parquet", "f/z.parquet"]
    assert chosen(names, "?config=fr&files=f/z.*", configs) == ["f/z.parquet"]
    with pytest.raises(GroundupError, match=r"no configuration 'rf'.*'fr'"):
        chosen(names, "?config=rf", configs)
    with pytest.raises(GroundupError, match=r"no split 'tset'.*Did you mean 'test'"):
        chosen(names, "?split=tset", configs)
    del configs[0]["default"]
    with pytest.raises(GroundupError, match=r"2 configurations and no default: en, fr.*config=en"):
        chosen(names, "", configs)


def test_without_a_card_the_names_say_it() -> None:
    names = ["data/train-00000-of-00002.parquet", "data/test-00000-of-00001.parquet", "dataset_infos.json"]
    assert chosen(names) == names[:1]
    assert chosen(["my_valid_set.csv", "training.csv"]) == ["training.csv"]
    assert chosen(["dev/a.jsonl.gz", "train/test-house.jsonl.gz"], "?split=validation") == ["dev/a.jsonl.gz"]
    assert chosen(["a.txt", "b/c.txt", "image.png"]) == ["a.txt", "b/c.txt"], "where no name tells, all train"
    assert chosen(["data/extra-00000-of-00001.parquet", "data/train-00000-of-00001.parquet"], "?split=extra") == [
        "data/extra-00000-of-00001.parquet"
    ]
    assert chosen(["en/train.csv", "fr/train.csv"], "?config=fr") == ["fr/train.csv"]
    with pytest.raises(GroundupError, match="several splits and none called train"):
        chosen(["test.csv", "dev.csv"])


def test_what_no_corpus_reads_is_said_with_what_there_is() -> None:
    with pytest.raises(GroundupError, match=r"no file that a corpus reads.*a\.png, b\.py.*refs/convert/parquet"):
        chosen(["a.png", "b.py"])
    assert chosen(["a.epub", "b.png"], "?files=*.epub") == ["a.epub"], "what the user picks is taken"
    with pytest.raises(GroundupError, match="fits files=x"):
        chosen(["a.txt"], "?files=x")


@pytest.mark.parametrize(
    "configs", [[{}], [{"data_files": 5}], [{"data_files": [5, {"path": {}}]}], [{"data_dir": []}]]
)
def test_an_odd_card_is_a_choice_or_an_error(configs) -> None:
    assert chosen(["train.txt"], "", configs) == ["train.txt"]


def test_readable_names() -> None:
    assert all(map(is_readable, ["a.parquet", "b/c.jsonl.zst", "d.TXT", "e.json.gz"]))
    assert not any(map(is_readable, ["a.parquet.gz", "README.md", "b.png", "dataset_info.json", "x/LICENSE.txt", "gz"]))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "ab", "*", "**", "a*", "?"]), max_size=4),
    st.lists(st.sampled_from("ab"), max_size=4),
)
def test_patterns_fit_as_a_regular_expression_would(wanted, parts) -> None:
    if not wanted or not parts or "*" not in "/".join(wanted):
        return
    form = "/".join(wanted)
    words = [{"**": "(?:[^/]+/)*", "*": "[^/]+/", "?": "[^/]/", "a*": "a[^/]*/"}.get(one, f"{one}/") for one in wanted]
    assert is_match(form, "/".join(parts)) == bool(re.fullmatch("".join(words), "/".join(parts) + "/"))


@pytest.mark.parametrize("pattern", ["*a" * 500, "**/" * 500, "**/*a*/" * 100, "[" * 1000, "a?*" * 300])
def test_no_pattern_hangs(pattern: str) -> None:
    began = time.monotonic()
    is_match(pattern, "/".join(["a" * 30] * 30))
    assert time.monotonic() - began < 1
