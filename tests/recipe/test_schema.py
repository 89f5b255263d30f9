"""The schema and the key table say what the reader does."""

from __future__ import annotations

import dataclasses
import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from groundup.errors import GroundupError
from groundup.recipe.dump import dump, plain
from groundup.recipe.fields import docs_of, fields_of, is_settings, item_of, split_none
from groundup.recipe.loader import load
from groundup.recipe.schema import json_schema, key_table
from groundup.training.duration import Duration
from groundup.training.settings import FinetuneSettings, TrainingSettings

THREE_MINUTES = Duration(3, "minutes")


@dataclasses.dataclass(frozen=True)
class Training:
    budget: Duration = THREE_MINUTES
    """How long."""


def settings_classes(root):
    """Every settings class that a root reaches, itself first."""
    waiting, seen = [root], []
    while waiting:
        one = waiting.pop(0)
        if one in seen:
            continue
        seen.append(one)
        for field in fields_of(one).values():
            inner, _ = split_none(field.annotation)
            waiting += [kind for kind in (inner, item_of(inner)) if is_settings(kind)]
    return seen


def test_every_key_is_listed_with_type_default_and_documentation(house):
    rows = {row.key: (row.type, row.default, row.documentation) for row in key_table(house.House)}
    assert rows["corpus.sources"] == ("list of sections", "required", "What is read.")
    assert rows["corpus.sources.N.data"] == ("text", "required", "Where it comes from.")
    assert rows["corpus.languages"] == ("list of texts", '[en, "no"]', "Languages kept.")
    assert rows["model.norm"] == ("one of rms, layer, none", "rms", "The norm.")
    assert rows["model.width"][1] == "64"
    assert rows["small.width"][1] == "32"
    assert rows["title"] == ("text or none", "null", "Its title.")
    assert rows["size"] == ("size", '"10"', "A size.")
    assert rows["spare"] == ("section of keys or none", "the keys below", "A model by default, or none.")
    assert rows["garden.preset"] == ("one of kitchen, meadow or none", "null", "What it starts from.")
    assert "model" not in rows


def test_keys_that_lists_share_are_listed_once():
    from groundup.recipe.recipe import Recipe

    rows = {row.key: row.documentation for row in key_table(Recipe, "corpus")}
    assert "corpus.sources.N.data" in rows
    for name in ("good", "ordinary"):
        assert rows[f"corpus.quality.linear.{name}"].endswith("Its keys are those of corpus.sources.")
        assert not any(key.startswith(f"corpus.quality.linear.{name}.") for key in rows)
    assert "corpus.contamination.sets.N.fields" in rows, "these have keys of their own"
    alone = [row.key for row in key_table(Recipe, "corpus.quality.linear.ordinary")]
    assert "corpus.quality.linear.ordinary.N.data" in alone


def test_one_section_of_the_table(house):
    assert {row.key.split(".")[0] for row in key_table(house.House, "small")} == {"small"}
    assert [row.key for row in key_table(house.House, "corpus.sources.0.data")] == ["corpus.sources.N.data"]
    with pytest.raises(GroundupError, match=r"no key 'modle'. Did you mean 'model'\?"):
        key_table(house.House, "modle")
    with pytest.raises(GroundupError, match="At the top there are: corpus, name"):
        key_table(house.House, "zzzzzz")


def test_the_schema_is_a_schema_with_descriptions_and_defaults(house):
    schema = json_schema(house.House)
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["required"] == ["corpus"]
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    assert properties["small"]["properties"]["width"]["default"] == 32
    assert properties["model"]["properties"]["norm"]["enum"] == ["rms", "layer", "none"]
    assert properties["seed"]["description"] == "The seed."
    assert properties["size"]["type"] == ["string", "number"]
    assert json_schema(house.House, "small")["properties"] == properties["small"]["properties"]


def test_value_classes_give_their_pattern():
    validator = Draft202012Validator(json_schema(Training))
    assert validator.is_valid({"budget": "3 minutes"})
    assert not validator.is_valid({"budget": "3 parsecs"})
    assert not validator.is_valid({"budget": 3})


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_dumped_recipe_conforms(house, data):
    written = data.draw(house.any)
    validator = _validator(house.House)
    assert validator.is_valid(plain(written))
    assert validator.is_valid(yaml.safe_load(dump(written)))


def _validator(kind, made={}):  # noqa: B006
    return made.setdefault(kind, Draft202012Validator(json_schema(kind)))


@pytest.mark.parametrize(
    "line",
    [
        "seed: x",
        "nme: x",
        "rate: [1]",
        "model: {norm: x}",
        "model: {is_tied: 3}",
        "size: 3 parsecs",
        "name: [x]",
        "garden: {preset: medow, area: 3}",
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(house, line):
    text = house.minimal + line
    with pytest.raises(GroundupError):
        load(text, house.House)
    assert not _validator(house.House).is_valid(yaml.safe_load(text))
    assert _validator(house.House).is_valid(yaml.safe_load(house.minimal + "rate: 1e-3\nseed: 10_000"))


def test_every_field_of_the_recipe_is_documented():
    from groundup.recipe.recipe import Recipe

    classes = settings_classes(Recipe)
    assert len(classes) > 3
    missing = [f"{kind.__name__}.{name}" for kind in classes for name in fields_of(kind) if not docs_of(kind).get(name)]
    assert missing == []


def test_the_recipe_has_a_schema_and_a_table():
    from groundup.recipe.recipe import Recipe

    Draft202012Validator.check_schema(json_schema(Recipe))
    assert all(row.type and row.default and row.documentation for row in key_table(Recipe))


def test_the_real_recipe_round_trips_and_conforms():
    from groundup.recipe.recipe import Recipe

    recipe = load("name: small\ncorpus: {sources: [{data: books}]}\npretrain: {budget: 40 seconds}", Recipe)
    assert load(dump(recipe), Recipe) == recipe
    assert recipe.pretrain.budget == Duration(40, "seconds")
    assert _validator(Recipe).is_valid(yaml.safe_load(dump(recipe)))
    with pytest.raises(GroundupError, match=r"Did you mean '--pretrain.budget'"):
        load(dump(recipe), Recipe, [("budget", "3 minutes")])


@dataclasses.dataclass(frozen=True)
class Tuned:
    finetune: FinetuneSettings = FinetuneSettings()
    """Going on from a trained model."""


def test_inherited_fields_have_their_documentation_and_the_defaults_of_their_class():
    schema = json_schema(Tuned)
    Draft202012Validator.check_schema(schema)
    properties = schema["properties"]["finetune"]["properties"]
    rows = {row.key: row for row in key_table(Tuned)}
    # Three have words of their own.
    docs = docs_of(TrainingSettings) | {
        name: docs_of(FinetuneSettings)[name] for name in ("budget", "members", "dropout")
    }
    for name, field in fields_of(FinetuneSettings).items():
        assert properties[name].get("description") == docs[name]
        if not is_settings(field.annotation):
            assert properties[name]["default"] == plain(getattr(FinetuneSettings(), name))
            assert rows[f"finetune.{name}"].documentation == docs[name]
    written = load("finetune: {budget: 40 seconds, warmup: 3}", Tuned)
    assert written.finetune == FinetuneSettings(budget=Duration(40, "seconds"), warmup=3)
    assert load(dump(written), Tuned) == written
