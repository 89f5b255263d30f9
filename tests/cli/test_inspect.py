from __future__ import annotations

import re
import shutil
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest


def test_the_parts_of_a_model_add_up(tiny, groundup) -> None:
    found = groundup("inspect", "model", tiny.run, "--json").json
    assert sum(part["parameters"] for part in found["parts"]) == found["parameters"] == tiny.built.json["parameters"]
    assert f"{found['parameters']:,}" in groundup("inspect", "model", tiny.run).out


def test_a_recipe_is_shown_before_it_is_trained(tiny, groundup, tmp_path) -> None:
    picture = tmp_path / "t5.svg"
    words = ("--model.preset", "t5", "--model.width=32", "--svg", picture)
    outcome = groundup("inspect", "model", tiny.recipe, *words)
    assert outcome.code == 0, outcome.err
    assert all(len(line) <= 80 for line in outcome.out.splitlines())
    assert "cross, 1 head of 32" in outcome.out
    assert "Not trained yet" in outcome.err
    assert picture.read_text().startswith("<svg")
    found = groundup("inspect", "model", tiny.recipe, *words[:3], "--json").json
    assert [stack["name"] for stack in found["stacks"]] == ["encoder", "decoder"]
    assert found["name"] == "Tiny"


def test_heads_of_an_objective_are_shown_with_its_recipe(tiny, groundup) -> None:
    kinds = ("--model.preset", "bert", "--pretrain.objective.kind", "masked")
    out = groundup("inspect", "model", tiny.recipe, *kinds, "--pretrain.objective.pairs", "next_sentence").out
    assert "head next_sentence" in out


def test_presets_are_listed_with_their_stacks(groundup) -> None:
    from groundup.model.presets import PRESETS

    outcome = groundup("inspect", "model", "--presets")
    assert all(len(line) <= 80 for line in outcome.out.splitlines())
    assert all(name in outcome.out for name in PRESETS)
    found = groundup("inspect", "model", "--presets", "--json").json
    assert found["gpt2"]["decoder"] == ["attention", "gelu_tanh"]


def test_mistakes_say_what_was_meant(tiny, groundup, tmp_path) -> None:
    for words, part in (
        (("modle", tiny.run), "Did you mean 'model'?"),
        (("model",), "a run folder or a recipe file"),
        (("batch",), "inspect batch wants a run folder"),
        (("run", tiny.run, "--model.width", "32"), "--model.width is for inspect model"),
        (("run", tiny.run, "--presets"), "--presets is for inspect model"),
        (("model", tiny.run, "--step", "3"), "--step is for inspect batch"),
        (("run", tiny.run, "--html", "x.html"), "--html is for inspect batch"),
        (("model", tiny.run, "--model.width", "32"), "Give a recipe file"),
        (("model", tmp_path / "none.yaml"), "There is no recipe"),
        (("model", tmp_path / "none"), "There is no run folder"),
        (("model", tiny.run, "--svg", tmp_path / "none" / "x.svg"), "cannot be written"),
        (("model", tiny.recipe, "--model.wdith", "32"), "width"),
        (("batch", tiny.run, "--html", tmp_path / "none" / "x.html"), "cannot be written"),
    ):
        outcome = groundup("inspect", *words)
        assert outcome.code == 2
        assert part in outcome.error


def test_a_batch_is_shown_as_the_model_meets_it(tiny, groundup, tmp_path) -> None:
    found = groundup("inspect", "batch", tiny.run, "--rows", 3, "--json").json
    lines = [line for row in found["shown"] for line in row]
    assert len(lines) == 3
    text = tiny.text.read_text()
    for line in lines:
        assert len(line["tokens"]) == len(line["targets"]) == 16
        # Predicting what comes next: each target is the token behind.
        assert line["targets"][:-1] == line["tokens"][1:]
        assert line["sees"] == [[[0, place + 1]] for place in range(16)]
    assert any("".join(line["tokens"]) in text for line in lines)
    assert groundup("inspect", "batch", tiny.run, "--step", 1, "--rows", 3, "--json").json["shown"] != found["shown"]
    out = groundup("inspect", "batch", tiny.run, "--html", tmp_path / "b.html").out
    assert f"row 1 of {found['rows']}, inputs: 16 tokens of 16, 16 scored" in out
    assert "\u2580" in out or "\u2584" in out
    assert (tmp_path / "b.html").read_text().count("<figure>") == 2


def test_a_batch_of_a_run_that_is_not_finished_can_be_seen(copy, groundup) -> None:
    """It is what one is told to do when a bad number stops a run."""
    for stage in ("pretrain", "samples", "report"):
        shutil.rmtree(copy.run / stage)
    assert groundup("inspect", "batch", copy.run, "--json").code == 0


def test_a_batch_is_as_far_along_as_its_run_was_by_then(tmp_path) -> None:
    """So that the share of hidden tokens is the one that the run had: also of a run on the clock, whose end moved."""
    from groundup.cli.inspect_batch import _stage
    from groundup.training.horizon import Horizon, write_horizon
    from groundup.training.settings import TrainingSettings

    training: Any = SimpleNamespace(draft=tmp_path, section="pretrain")
    settings = TrainingSettings(cooldown=0.9)
    assert _stage(training, settings, 75) == 0
    (tmp_path / ".draft-pretrain-1").mkdir()
    write_horizon(tmp_path / ".draft-pretrain-1" / "horizon.json", Horizon(100, "1 minute", False, cooldown=0.5))
    assert [_stage(training, settings, step) for step in (0, 50, 75, 100, 1000)] == [0, 0, 0.5, 1, 1]


def test_a_run_is_shown_by_what_each_stage_wrote(tiny, groundup) -> None:
    found = groundup("inspect", "run", tiny.run, "--json").json
    assert set(found) == {"documents", "corpus", "tokenizer", "shards", "pretrain", "samples", "report"}
    assert found["corpus"]["parents"]["documents"] == found["documents"]["fingerprint"]
    assert found["shards"]["parents"]["corpus"] == found["corpus"]["fingerprint"]
    assert "SHA-256 were checked" in groundup("inspect", "run", tiny.run).out


@pytest.mark.parametrize("words", [("--step", "-1"), ("--rows", "0")])
def test_batches_count_from_zero_and_rows_from_one(words, tiny, groundup) -> None:
    assert groundup("inspect", "batch", tiny.run, *words).code == 2


@pytest.mark.parametrize("what", ["batch", "run"])
def test_a_recipe_where_a_run_is_wanted_says_how_to_make_one(what, tiny, groundup) -> None:
    outcome = groundup("inspect", what, tiny.recipe)
    assert outcome.code == 2
    assert f'groundup build {tiny.recipe} --out runs/look --pretrain.budget "1 step"' in outcome.error
    assert f"groundup inspect {what} runs/look" in outcome.error


def test_a_model_that_its_objective_cannot_train_has_a_note(tiny, groundup) -> None:
    outcome = groundup("inspect", "model", tiny.recipe, "--model.preset", "t5", "--model.width", 32)
    assert outcome.code == 0
    assert "Note: " in outcome.err
    assert "what these stacks can learn: spans or sequence" in outcome.err
    assert "Note: " not in groundup("inspect", "model", tiny.recipe).err


def test_a_preset_hides_nothing(groundup) -> None:
    from groundup.model.presets import PRESETS

    out = groundup("inspect", "model", "--presets").out
    blocks = dict(block.split(None, 1) for block in re.split(r"\n(?=\w)", out.strip()) if block.split()[0] in PRESETS)
    said_in_words = {"encoder", "decoder", "positions", "norm", "norm_place", "biases", "tied", "residual"}
    for name, values in PRESETS.items():
        told = " ".join(blocks[name].split())
        assert [key for key in values if key not in said_in_words and f"{key} " not in told] == [], name
    assert "weight_drop 0.5" in " ".join(blocks["awd_lstm"].split())


def test_a_picture_of_another_kind_is_refused_before_any_work(tiny, groundup, tmp_path) -> None:
    outcome = groundup("inspect", "model", tiny.recipe, "--svg", tmp_path / "a.png")
    assert outcome.code == 2
    assert "a.svg" in outcome.error
    assert not (tmp_path / "a.png").exists()


def test_without_colours_signs_say_what_is_hidden_scored_and_padding() -> None:
    from groundup.cli.inspect_batch import _signs
    from groundup.reports.batch import Line, Spot

    padding = (Spot("<pad>", is_padding=True),) * 58
    hidden = (Spot("The"), Spot("<mask>", "sea", is_changed=True), Spot("ran", "ran", document=1), *padding)
    assert _signs(Line("x", hidden)).plain == "The|*<mask>\u2192sea\u2016ran\u2192ran|<pad> \u00d7 58"
    begun = (Spot("a"), Spot("b", "c"), Spot("c", "d"))
    assert _signs(Line("x", begun)).plain == "a|b|c\nscored, each on the token behind it: positions 1 to 2"


@pytest.mark.parametrize("name", ["classification", "pretrained", "translation", "separate", "spans", "stories"])
def test_the_run_of_a_task_can_be_looked_at(task_run, groundup, name) -> None:
    made = task_run(name)
    batch = groundup("inspect", "batch", made.run, "--rows", 1, "--json")
    assert batch.code == 0, batch.err
    assert len(batch.json["shown"]) == 1
    if name in ("translation", "separate"):
        source, written = batch.json["shown"][0]
        text = "".join(source["tokens"])
        assert any(each in text for each in ("a dog runs", "two men talk", "the girl sings")), (text, written)
    model = groundup("inspect", "model", made.run, "--json")
    assert model.code == 0, model.err
    parts = {part["name"] for part in model.json["parts"]}
    heads = {"classification": "label", "pretrained": "label", "spans": "span"}
    assert name not in heads or any(heads[name] in part for part in parts), parts
    assert groundup("inspect", "model", made.recipe).code == 0
    stages = groundup("inspect", "run", made.run, "--json").json
    assert {"examples", "finetune", "test"} <= set(stages)


def test_a_recipe_of_a_task_is_not_held_to_the_objective_of_a_pretraining_that_it_has_not(task_run, groundup) -> None:
    outcome = groundup("inspect", "model", task_run("spans").recipe)
    assert "not trained like this" not in outcome.err


def test_one_preset_is_shown_alone(groundup) -> None:
    out = groundup("inspect", "model", "--presets", "bert").out
    assert out.startswith("bert")
    assert "gpt2" not in out
    assert list(groundup("inspect", "model", "--presets", "bert", "--json").json) == ["bert"]
    wrong = groundup("inspect", "model", "--presets", "bret")
    assert (wrong.code, wrong.out) == (2, "")
    assert "Did you mean 'bert'?" in wrong.error


def test_what_settings_show_to_be_wrong_needs_no_torch(tiny) -> None:
    script = """
import sys
from groundup.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as left:
    print(left.code, "torch" in sys.modules)
"""
    words = ["inspect", "model", str(tiny.recipe), "--model.preset", "bret"]
    told = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=120)
    assert told.stdout == "2 False\n", told.stderr


def test_a_window_wider_than_a_context_is_said_to_cut_nothing(groundup) -> None:
    assert "window 1024 (nothing is cut" in " ".join(groundup("inspect", "model", "--presets", "griffin").out.split())
