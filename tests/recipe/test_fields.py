"""What is known of a settings class without making one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from groundup.recipe.fields import base_of, describe, docs_of, expected, keys_of, split_none
from groundup.training.duration import Duration
from groundup.training.settings import FinetuneSettings, TrainingSettings


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "a whole number, for example 128"),
        (float | None, "a number or none, for example 0.003"),
        (str, "text, for example a word or more"),
        (bool, "true or false, for example true"),
        (Literal["x", 2], "one of x, 2, for example x"),
        (tuple[str, ...], "a list of texts, for example [a word or more]"),
        (tuple[Duration, ...] | None, "a list of durations or none, for example [3 minutes]"),
        (Duration, "a duration, for example 3 minutes"),
    ],
)
def test_types_in_words(annotation, words):
    assert expected(annotation) == words
    assert describe(annotation) in words


def test_a_section_is_shown_by_its_first_key(house):
    assert expected(house.Model) == "a section of keys, for example {width: 128}"
    assert expected(tuple[house.Source, ...]) == "a list of sections, for example [{data: a word or more}]"


def test_optional_and_not():
    assert split_none(int | None) == (int, True)
    assert split_none(int) == (int, False)
    with pytest.raises(AssertionError, match="X or X"):
        split_none(int | str | None)


def test_a_section_starts_from_other_values_only_where_its_default_has_them(house):
    assert base_of(house.House, "model") is None
    assert base_of(house.House, "corpus") is None
    assert base_of(house.House, "extra") is None
    assert base_of(house.House, "seed") is None
    assert base_of(house.House, "small") == house.Model(width=32, norm="layer")
    assert base_of(house.House, "spare") == house.Model(width=16)


def test_keys_and_documentation(house):
    keys = {key.dotted: key for key in keys_of(house.House)}
    assert keys["corpus.sources.N.weight"].default == 1.0
    assert keys["corpus.sources.N.weight"].documentation == "How much of it."
    assert keys["small.width"].default == 32
    assert keys["corpus"].is_required
    assert not keys["model"].is_required
    assert docs_of(house.Source) == {
        "data": "Where it comes from.",
        "weight": "How much of it.",
        "tags": "Words about it.",
    }


@dataclass(frozen=True)
class Tools:
    count: int = 3
    """How many."""
    sharpness: float = 0.5
    """How sharp."""


@dataclass(frozen=True)
class KitchenTools(Tools):
    count: int = 9
    sharpness: float = 0.9
    """How well they cut onions."""
    pans: int = 2
    """Pans."""


def test_a_field_that_only_gets_another_default_keeps_its_documentation():
    assert docs_of(KitchenTools) == {"count": "How many.", "sharpness": "How well they cut onions.", "pans": "Pans."}
    assert [(key.dotted, key.default) for key in keys_of(KitchenTools)] == [
        ("count", 9),
        ("sharpness", 0.9),
        ("pans", 2),
    ]


def test_the_settings_of_fine_tuning_are_documented_like_those_they_come_from():
    tuned, trained = docs_of(FinetuneSettings), docs_of(TrainingSettings)
    assert all(tuned.values())
    assert {name for name in tuned if tuned[name] != trained.get(name)} == {"budget", "members", "dropout"}
