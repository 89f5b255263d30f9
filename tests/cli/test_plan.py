"""What `groundup plan` says; that its updates are real ones is shown in training/test_trial.py."""

from __future__ import annotations

import pytest
from task_runs import prepare


@pytest.fixture(autouse=True)
def _nothing_is_tried(monkeypatch) -> None:
    monkeypatch.setattr("groundup.training.plan.seconds_of_update", lambda *given: 0.5)


def test_a_plan_predicts_the_parameters_that_come(tiny, groundup) -> None:
    outcome = groundup("plan", tiny.recipe, "--tokenizer.vocabulary", 40, "--json")
    assert outcome.code == 0, outcome.err
    found = outcome.json
    assert found["parameters"] >= tiny.built.json["parameters"]
    assert found["steps"] == 12
    assert found["text_bytes"] == tiny.text.stat().st_size
    assert found["seconds"] == 6
    for name in ("memory", "disk", "flops"):
        assert found[name] > 0


def test_people_are_told_every_figure_and_nothing_is_written(recipe_of, groundup, tmp_path) -> None:
    out = groundup("plan", recipe_of(), "--out", tmp_path / "run").out
    for word in ("parameters", "memory", "disk", "operations", "time", "budget"):
        assert word in out
    assert not (tmp_path / "run").exists()


def test_a_mistake_in_the_recipe_is_told_before_anything(recipe_of, groundup) -> None:
    outcome = groundup("plan", recipe_of(), "--pretrain.budget", "3 minuets")
    assert outcome.code == 2
    assert "'minutes'" in outcome.error


def test_a_data_set_that_is_never_downloaded_is_said_at_once(recipe_of, groundup, monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("GROUNDUP_MIRROR", raising=False)
    recipe, text = recipe_of(), tmp_path / "text.txt"
    outcome = groundup("plan", recipe, "--corpus.sources", "[{data: novels}]")
    assert outcome.code == 0
    for part in ("must be put in place", "GROUNDUP_MIRROR", "--corpus.sources '[{data: my-books}]'"):
        assert part in outcome.err
    assert "Note" not in groundup("plan", recipe).err
    for words in (
        ("--corpus.contamination", "{sets: [{data: novels}]}"),
        ("--corpus.quality", f"{{linear: {{good: [{{data: novels}}], ordinary: [{{data: {text}}}]}}}}"),
    ):
        assert "must be put in place" in groundup("plan", recipe, *words).err


def test_sources_count_as_often_as_they_weigh(recipe_of, groundup, tmp_path) -> None:
    recipe, text = recipe_of(), tmp_path / "text.txt"
    for weight in (0.25, 3):
        sources = f"[{{data: {text}, weight: {weight}}}]"
        found = groundup("plan", recipe, "--corpus.sources", sources, "--json").json
        assert found["text_bytes"] == round(text.stat().st_size * weight)


def test_a_task_is_planned_with_and_without_a_corpus(groundup, tmp_path) -> None:
    recipe = prepare("classification", tmp_path / "alone")
    found = groundup("plan", recipe, "--json").json
    assert found["steps"] == 8
    assert found["text_bytes"] == (recipe.parent / "reviews.csv").stat().st_size
    assert "examples" in groundup("plan", recipe).out
    both = prepare("pretrained", tmp_path / "both")
    found = groundup("plan", both, "--json").json
    assert (found["steps"], found["finetune"]["steps"]) == (10, 2)
    shown = groundup("plan", both).out
    assert shown.index("pretrain:") < shown.index("finetune:")


def test_members_are_counted(groundup, tmp_path, monkeypatch) -> None:
    recipe = prepare("classification", tmp_path)
    used: list[int] = []
    monkeypatch.setattr("torch.get_num_threads", lambda: 2)
    monkeypatch.setattr("torch.set_num_threads", used.append)
    one, two, six = (groundup("plan", recipe, "--json", "--finetune.members", count).json for count in (1, 2, 6))
    assert used == [2, 2, 1, 2, 1, 2]
    assert (two["memory"], six["memory"]) == (2 * one["memory"], 6 * one["memory"])
    assert six["disk"] - one["disk"] == 5 * (two["disk"] - one["disk"]) > 0
    assert two["seconds"] == one["seconds"] == six["seconds"] / 3
    assert [each["steps"] for each in (one, two, six)] == [8, 8, 8]
    assert "members" not in groundup("plan", recipe).out
    assert "2 models side by side, each on 1 thread of 2" in groundup("plan", recipe, "--finetune.members", 2).out
    crowd = groundup("plan", recipe, "--finetune.members", 6).out
    assert "6 models side by side, taking turns on 2 cores, so that each is slower" in crowd


def test_a_row_of_a_translation_stands_for_what_is_read_and_written(groundup, tmp_path) -> None:
    pairs = prepare("translation", tmp_path)
    size = sum((tmp_path / f"train.{ending}").stat().st_size for ending in ("en", "de"))
    found = groundup("plan", pairs, "--json", "--finetune.budget", "3 epochs").json
    assert found["text_bytes"] == size
    assert found["tokens_per_step"] == 2 * 4 * 48
    assert found["steps"] == -(-3 * found["text_tokens"] // found["tokens_per_step"])
    assert "back_translation" not in found


def test_texts_that_are_translated_back_are_planned(task_run, groundup, tmp_path, monkeypatch) -> None:
    from translated_back import TEXTS, recipe_in

    recipe_in(tmp_path, task_run("translation").run, limit=3)
    own = sum((tmp_path / f"train.{ending}").stat().st_size for ending in ("en", "de"))
    found = groundup("plan", tmp_path / "recipe.yaml", "--json").json
    assert found["text_bytes"] == own + 2 * sum(map(len, TEXTS[:3]))
    assert found["back_translation"]["texts"] == 3
    assert 0 < found["back_translation"]["seconds"] < 600
    monkeypatch.setattr("groundup.recipe.back_translation_stage.seconds_to_write", lambda *given: 125.0)
    assert "back-translation 2 min 5 s for 3 texts, before training" in groundup("plan", tmp_path / "recipe.yaml").out
    recipe_in(tmp_path, tmp_path / "none")
    assert "there is no run in" in groundup("plan", tmp_path / "recipe.yaml").error


def test_runs_of_words_are_tried(groundup, tmp_path) -> None:
    recipe = prepare("pooled", tmp_path)
    found = groundup("plan", recipe, "--json").json["ngrams"]
    assert found["examples"] == 48
    assert found["seconds"] > 0
    assert "for 48 examples, after training" in groundup("plan", recipe).out
    assert "ngrams" not in groundup("plan", recipe, "--task.ngrams", "null", "--json").json
    assert "ngrams" not in groundup("plan", recipe, "--task.train", "later.csv", "--json").json


def test_columns_in_doubt_are_told_before_a_plan_is_made(groundup, tmp_path) -> None:
    recipe = prepare("classification", tmp_path)
    outcome = groundup("plan", recipe, "--task.train", "odd.csv")
    assert outcome.code == 2
    assert "--task.columns.text 'Column A' --task.columns.label 'Column B'" in outcome.err
