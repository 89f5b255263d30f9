from __future__ import annotations


def test_a_plan_predicts_the_parameters_that_come(tiny, groundup) -> None:
    outcome = groundup("plan", tiny.recipe, "--tokenizer.vocabulary", 40, "--json")
    assert outcome.code == 0, outcome.err
    found = outcome.json
    assert found["parameters"] >= tiny.built.json["parameters"]
    assert found["steps"] == 12
    assert found["text_bytes"] == tiny.text.stat().st_size
    for name in ("memory", "disk", "flops", "seconds"):
        assert found[name] > 0


def test_people_are_told_every_figure_and_nothing_is_written(tiny, groundup, tmp_path) -> None:
    out = groundup("plan", tiny.recipe, "--out", tmp_path / "run").out
    for word in ("parameters", "memory", "disk", "operations", "time", "budget"):
        assert word in out
    assert not (tmp_path / "run").exists()


def test_a_mistake_in_the_recipe_is_told_before_anything(tiny, groundup) -> None:
    outcome = groundup("plan", tiny.recipe, "--pretrain.budget", "3 minuets")
    assert outcome.code == 2
    assert "'minutes'" in outcome.error


def test_a_data_set_that_is_never_downloaded_is_said_at_once(tiny, groundup, monkeypatch) -> None:
    monkeypatch.delenv("GROUNDUP_MIRROR", raising=False)
    outcome = groundup("plan", tiny.recipe, "--corpus.sources", "[{data: novels}]")
    assert outcome.code == 0
    for part in ("must be put in place", "GROUNDUP_MIRROR", "--corpus.sources '[{data: my-books}]'"):
        assert part in outcome.err
    assert "Note" not in groundup("plan", tiny.recipe).err
    for words in (
        ("--corpus.contamination", "{sets: [{data: novels}]}"),
        ("--corpus.quality", f"{{linear: {{good: [{{data: novels}}], ordinary: [{{data: {tiny.text}}}]}}}}"),
    ):
        assert "must be put in place" in groundup("plan", tiny.recipe, *words).err


def test_sources_count_as_often_as_they_weigh(tiny, groundup) -> None:
    for weight in (0.25, 3):
        sources = f"[{{data: {tiny.text}, weight: {weight}}}]"
        found = groundup("plan", tiny.recipe, "--corpus.sources", sources, "--json").json
        assert found["text_bytes"] == round(tiny.text.stat().st_size * weight)


def test_a_task_is_planned_with_and_without_a_corpus(task_run, groundup) -> None:
    made = task_run("classification")
    found = groundup("plan", made.recipe, "--json").json
    assert found["steps"] == 8
    assert found["text_bytes"] == (made.folder / "reviews.csv").stat().st_size
    assert "examples" in groundup("plan", made.recipe).out
    both = task_run("pretrained")
    found = groundup("plan", both.recipe, "--json").json
    assert (found["steps"], found["finetune"]["steps"]) == (10, 2)
    shown = groundup("plan", both.recipe).out
    assert shown.index("pretrain:") < shown.index("finetune:")
    pairs = task_run("translation")
    size = sum((pairs.folder / f"train.{ending}").stat().st_size for ending in ("en", "de"))
    assert groundup("plan", pairs.recipe, "--json").json["text_bytes"] == size


def test_texts_that_are_translated_back_are_planned(task_run, groundup, tmp_path) -> None:
    from translated_back import TEXTS, recipe_in

    recipe_in(tmp_path, task_run("translation").run, limit=3)
    own = sum((tmp_path / f"train.{ending}").stat().st_size for ending in ("en", "de"))
    outcome = groundup("plan", tmp_path / "recipe.yaml", "--json")
    assert outcome.json["text_bytes"] == own + 2 * sum(map(len, TEXTS[:3]))
    assert "translates 3 texts back" in outcome.err
    recipe_in(tmp_path, tmp_path / "none")
    assert "there is no run in" in groundup("plan", tmp_path / "recipe.yaml").error
