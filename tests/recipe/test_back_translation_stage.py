"""Another run writes sources for texts of the target language; the pairs are learned from, and measured on never."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from translated_back import TEXTS, recipe_in

from groundup.cli.inspect_batch import _training
from groundup.errors import GroundupError
from groundup.recipe import back_translation_stage
from groundup.recipe.back_translation_inputs import BackTranslationInputs
from groundup.recipe.back_translation_stage import MADE, TRAIN
from groundup.recipe.stages import build, inputs_of, stages_of
from groundup.recipe.task_stages import parts_of
from groundup.store.artefact import open_artefact
from groundup.store.runner import run_stages, stage_fingerprints
from groundup.store.tables import read_column
from groundup.tasks.settings import BackTranslationSettings


@pytest.fixture
def other(task_run) -> Path:
    """The run that translates the other way."""
    return task_run("translation").run


def make(recipe, folder: Path, name: str = "run", **options: Any) -> Any:
    """The artefact of the stage, without the training behind it."""
    recipe, inputs = inputs_of(recipe, folder / name, folder)
    return run_stages(stages_of(recipe, inputs)[:2], folder / name, seed=recipe.seed, **options)["back_translation"]


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def built(task_run, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("back")
    recipe = recipe_in(folder, task_run("translation").run, "--finetune.budget=2 steps")
    build(recipe, folder / "run", base=folder)
    return folder / "run"


def test_made_pairs_are_learned_from_and_nothing_is_measured_on_them(built) -> None:
    examples, made = (open_artefact(built / stage) for stage in ("examples", "back_translation"))
    own, all_of_them = parts_of(examples), parts_of(examples, made)
    assert [pair.target for pair in all_of_them.train[len(own.train) :]] == TEXTS
    assert (all_of_them.validation, all_of_them.test) == (own.validation, own.test)
    material = _training(built).material
    assert {pair.id for pair in material.texts} >= {f"back:more.en#{n}" for n in range(1, len(TEXTS) + 1)}
    for stage in ("tokenizer", "finetune"):
        assert open_artefact(built / stage).manifest.parents["back_translation"] == made.manifest.fingerprint
    report = (built / "report" / "report.md").read_text()
    assert f"wrote sources for {len(TEXTS)} texts of more.en" in report


def test_sources_are_tagged_behind_the_gate_or_not_at_all(other, tmp_path) -> None:
    made = make(recipe_in(tmp_path, other), tmp_path)
    written, learned = rows(made.file(MADE)), rows(made.file(TRAIN))
    assert [pair["source"] for pair in learned] == [f"<BT> {pair['source']}" for pair in written]
    plain = make(recipe_in(tmp_path, other, tag=False), tmp_path, "plain")
    assert rows(plain.file(TRAIN)) == written


def test_what_the_gate_drops_is_in_the_ledger_and_the_account(other, tmp_path) -> None:
    recipe = recipe_in(tmp_path, other, "--task.gate.most_characters=24")
    (tmp_path / "more.en").write_text(
        "a dog runs at home\n\ntwo men talk at home and talk and talk\na dog runs at home\n"
    )
    made = make(recipe, tmp_path)
    facts = made.manifest.facts
    assert facts["left_out"] == {"blank": 1, "seen before": 1}
    assert facts["made"] == len(rows(made.file(MADE))) == 2
    dropped = list(read_column(made.file("ledger/00000.parquet"), "id"))
    assert "back:more.en#2" in dropped
    assert facts["examples"]["train"] == len(rows(made.file(TRAIN))) == 2 - len(dropped)
    assert sum(rule["documents"] for rule in facts["gate"]["rules"].values()) == len(dropped)


def test_texts_that_are_measured_on_are_never_learned_from(other, tmp_path) -> None:
    recipe = recipe_in(tmp_path, other)
    held = open_artefact(make(recipe, tmp_path, "first").path.parent / "examples").file("validation.jsonl")
    targets = [pair["target"] for pair in rows(held)]
    (tmp_path / "more.en").write_text("".join(f"{text}\n" for text in [*targets, TEXTS[0]]))
    made = make(recipe, tmp_path)
    assert made.manifest.facts["left_out"] == {"held out": len(targets)}
    assert [pair["target"] for pair in rows(made.file(MADE))] == [TEXTS[0]]
    (tmp_path / "more.en").write_text(f"{targets[0]}\n")
    with pytest.raises(GroundupError, match=r"None of the texts of more\.en is fit .*held out: 1"):
        make(recipe, tmp_path, "none")


def test_texts_longer_than_the_other_run_has_read_are_left_out(other, tmp_path) -> None:
    recipe = recipe_in(tmp_path, other)
    (tmp_path / "more.en").write_text(f"{'a dog runs ' * 40}\n{TEXTS[0]}\n{TEXTS[1]}\n")
    assert make(recipe, tmp_path).manifest.facts["left_out"] == {"too long": 1}


def test_each_search_writes_its_own_and_the_same_again(other, tmp_path) -> None:
    def sources(name: str, *words: str, **more: Any) -> list[str]:
        return [
            pair["source"] for pair in rows(make(recipe_in(tmp_path, other, *words, **more), tmp_path, name).file(MADE))
        ]

    drawn = sources("one", search="sampling")
    assert sources("two", search="sampling") == drawn
    assert sources("three", "--seed=2", search="sampling") != drawn
    assert sources("four", search="greedy") != drawn
    assert len(sources("five", search="greedy", limit=3)) == 3


class Killed(BaseException):
    pass


@pytest.mark.parametrize("end", ['{"id": "back:more.en#5", "sou', '{"id": 3}\n', "\0\0\0\n"])
@pytest.mark.parametrize("search", ["beams", "sampling"])
def test_a_run_that_was_killed_goes_on_to_the_same_pairs(other, tmp_path, monkeypatch, end, search) -> None:
    monkeypatch.setattr(back_translation_stage, "PIECE", 2)
    recipe = recipe_in(tmp_path, other, search=search)
    whole = make(recipe, tmp_path, "whole")

    def kill(what: str, done: float = 0, total: float | None = None) -> None:
        if what.startswith("translating back") and done == 4:
            assert total == len(TEXTS)
            raise Killed

    with pytest.raises(Killed):
        make(recipe, tmp_path, progress=kill)
    (draft,) = (tmp_path / "run").glob(f".draft-back_translation-*/{MADE}")
    before = rows(draft)
    assert len(before) == 4
    with draft.open("a") as file:
        file.write(end)
    said: list[tuple[str, float]] = []
    made = make(recipe, tmp_path, progress=lambda what, done=0, total=None: said.append((what, done)))
    assert [done for what, done in said if what.startswith("translating back")] == [6, 8]
    assert any("behind 4 texts" in what for what, _ in said)
    for name in (MADE, TRAIN):
        assert made.file(name).read_bytes() == whole.file(name).read_bytes()


@pytest.mark.parametrize("count", [1, 64, 1000])
def test_a_few_texts_from_all_places_say_how_long_all_will_take(monkeypatch, count) -> None:
    clock, asked = [0.0], []

    def write(texts: list[str]) -> list[str]:
        asked.extend(texts)
        clock[0] += 2.0 * len(texts)
        return texts

    monkeypatch.setattr(back_translation_stage, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    monkeypatch.setattr(back_translation_stage, "_translator", lambda *given: None)
    monkeypatch.setattr(back_translation_stage, "_writer", lambda *given, seed: write)
    texts = [str(number) for number in range(count)]
    settings = BackTranslationSettings("runs/other", "more.en")
    assert back_translation_stage.seconds_to_write(settings, BackTranslationInputs("f"), texts) == 2 * count
    assert len(asked) <= 2 * back_translation_stage.TRIED
    assert int(asked[-1]) >= count - count // back_translation_stage.TRIED - 1


def test_a_change_makes_anew_what_it_touches_and_nothing_else(other, tmp_path) -> None:
    def fingerprints(*words: str, **more: Any) -> dict[str, str]:
        recipe, inputs = inputs_of(recipe_in(tmp_path, other, *words, **more), tmp_path / "run", tmp_path)
        return stage_fingerprints(stages_of(recipe, inputs), recipe.seed)

    def changed(after: dict[str, str]) -> set[str]:
        return {name for name in before if before[name] != after.get(name)}

    before = fingerprints()
    assert list(before) == ["examples", "back_translation", "tokenizer", "finetune", "test", "report"]
    assert changed(fingerprints(limit=3)) == set(before) - {"examples"}
    assert changed(fingerprints("--task.search.beams=3")) == {"test", "report"}
    assert changed(fingerprints("--task.gate.most_words=30")) == set(before)
    (tmp_path / "more.en").write_text("a dog runs\n")
    assert changed(fingerprints()) == set(before) - {"examples"}


def test_what_is_made_needs_neither_run_nor_texts(other, tmp_path) -> None:
    shutil.copytree(other, tmp_path / "other")
    recipe = recipe_in(tmp_path, tmp_path / "other")
    made = make(recipe, tmp_path)
    shutil.rmtree(tmp_path / "other")
    (tmp_path / "more.en").unlink()
    assert make(recipe, tmp_path).manifest.fingerprint == made.manifest.fingerprint
    with pytest.raises(GroundupError, match=r"task\.back_translation\.run .* there is no run"):
        make(recipe, tmp_path, "another")
