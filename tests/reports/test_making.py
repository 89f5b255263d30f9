from __future__ import annotations

from pathlib import Path

import pytest

from groundup.model.files import save_model
from groundup.model.model import build_model
from groundup.model.settings import ModelSettings
from groundup.reports import html, markdown
from groundup.reports.again import longer_budget
from groundup.reports.gather import Facts, StageFacts, gather
from groundup.reports.making import flat
from groundup.reports.story import tell


@pytest.mark.parametrize(
    ("budget", "longer"),
    [
        ("20 seconds", "80 seconds"),
        ("180 seconds", "12 minutes"),
        ("3 minutes", "12 minutes"),
        ("2000 steps", "8000 steps"),
        ("2.5 million tokens", "10 million tokens"),
        (None, "10 minutes"),
        ("long", "10 minutes"),
        (3, "10 minutes"),
    ],
)
def test_a_longer_budget_is_four_times_as_long(budget: object, longer: str):
    assert longer_budget(budget) == longer


def test_commands_name_the_run_and_are_quoted(run: Path):
    told = markdown.render(tell(gather(run), "my runs/it's"))
    assert "groundup generate 'my runs/it'\"'\"'s' " in told
    assert "--pretrain.budget '12 minutes'" in told
    told = markdown.render(tell(gather(run), "runs/demo"))
    assert "groundup build runs/demo/recipe.yaml --out runs/demo-again --pretrain.budget '" in told
    assert " steps' --pretrain.compile " in told


def test_the_model_is_drawn_where_it_is_known(tmp_path: Path):
    save_model(build_model(ModelSettings(width=16, heads=2, depth=3), 11, 1), tmp_path)
    described = (tmp_path / "model.json").read_text()
    trained = {"pretrain": StageFacts("pretrain", "0" * 64, 1, {}, {}, {}, 0)}
    told = tell(Facts("Plays", stages=trained, model=described), "runs/demo")
    assert '<svg class="model-picture"' in html.render(told)
    assert "Decoder: 3 layers of attention, relu squared" in markdown.render(told)
    # A run of another version is told without the picture.
    for other in ("", "{}", described.replace("embedding_skip", "unheard_of")):
        assert 'model-picture"' not in html.render(tell(Facts("Plays", stages=trained, model=other), "runs/demo"))


def test_what_it_took_is_all_there(run: Path):
    told = markdown.render(tell(gather(run), "runs/demo"))
    for part in ("An Example at 2.5 GHz", "8 GB", "707070707070", "torch", "180 seconds", "29 T", "embedding"):
        assert part in told
    assert "data: shakespeare" in told


def test_versions_that_differ_between_stages_are_both_shown():
    stages = {
        name: StageFacts(name, "f" * 64, 1, {}, {"torch": version}, {}, 0)
        for name, version in (("corpus", "2.12"), ("pretrain", "2.13"))
    }
    assert "2.12 and 2.13" in markdown.render(tell(Facts("x", stages=stages), "x"))


FACTS = """kind vocabulary bytes_per_token unknown_rate longest_tokens frequent_tokens train validation parameters
    flops budget precision shape rates model layers machine tokens_per_second compiled seconds steps tokens epochs"""


@pytest.mark.parametrize("value", [None, [], {}, "text", [1], {"a": 1}, float("inf"), -1, True, [None], {"a": [{}]}])
def test_facts_of_another_shape_do_no_harm(value: object):
    facts = dict.fromkeys(FACTS.split(), value)
    stages = {
        name: StageFacts(name, "f" * 64, 1, {"model": value}, {}, facts, 0)
        for name in ("corpus", "tokenizer", "shards", "pretrain")
    }
    assert markdown.render(tell(Facts("x", stages=stages, training="finished"), "x"))


def test_nested_settings_become_dotted_keys():
    assert dict(flat({"a": {"b": 1, "c": {"d": 2}}, "e": {}})) == {"a.b": 1, "a.c.d": 2, "e": {}}


def test_a_warm_start_says_what_was_taken_and_what_is_new():
    account = {
        "runs": {"encoder": "runs/bert", "decoder": "runs/gpt"},
        "taken": {"encoder.a": "encoder model: encoder.a", "embedding": "decoder model: embedding"},
        "new": ["decoder.cross"],
        "differences": ["norm: layer, was rms in the encoder model"],
    }
    for facts, is_told in (({"warm_start": account}, True), ({}, False)):
        trained = {"pretrain": StageFacts("pretrain", "0" * 64, 1, {}, {}, facts, 0)}
        told = markdown.render(tell(Facts("Plays", stages=trained), "runs/demo"))
        for words in ("encoder, from runs/bert | 1 |", "new | 1: decoder.cross", "norm: layer, was rms"):
            assert (words in told) is is_told, told


@pytest.mark.parametrize("steps", [20, 30])
def test_models_that_learned_side_by_side_are_told_apart(tmp_path, steps):
    from plays import as_lines, put
    from tasked import FINETUNE, LOG, build

    alone = build(tmp_path / "alone")
    both = build(tmp_path / "both")
    members = [
        {"seed": 1, "steps": 20, "epochs": 1.5, "validation_loss": 0.6, "seconds": 3.0},
        {"seed": 2891336453, "steps": steps, "epochs": 1.5, "validation_loss": 0.7, "seconds": 3.0},
    ]
    put(both, "finetune", {"metrics.jsonl": as_lines(LOG)}, {**FINETUNE, "members": members}, finetune={}, model={})
    told, single = (markdown.render(tell(gather(run), "runs/demo")) for run in (both, alone))
    said = ("2 | 2891336453 |", "of the first of 2 models", "tokens a second, each of 2 models")
    assert all(words in told and words not in single for words in said), told
    assert ("the others, which came to other numbers, will differ" in told) is (steps == 30)
