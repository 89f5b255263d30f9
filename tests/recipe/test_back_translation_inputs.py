"""What cannot be translated back is said before any work: by whom, of what, and in which language."""

from __future__ import annotations

import shutil

import pytest
from translated_back import recipe_in

from groundup.errors import GroundupError
from groundup.recipe.back_translation_inputs import back_translation_inputs
from groundup.recipe.stages import inputs_of


def refused(recipe, folder) -> str:
    with pytest.raises(GroundupError) as caught:
        inputs_of(recipe, folder / "run", folder)
    assert not (folder / "run").exists()
    return str(caught.value)


def test_without_the_section_there_is_nothing(task_run, tmp_path) -> None:
    recipe = recipe_in(tmp_path, task_run("translation").run, "--task.back_translation=null")
    assert back_translation_inputs(recipe.task, tmp_path / "run", tmp_path) is None


def test_paths_may_be_from_the_recipes_folder(task_run, tmp_path) -> None:
    (tmp_path / "other").symlink_to(task_run("translation").run)
    found = back_translation_inputs(recipe_in(tmp_path, "other").task, tmp_path / "run", tmp_path)
    assert found.run == tmp_path / "other"
    assert found.texts == tmp_path / "more.en"


def test_the_fingerprint_follows_texts_and_run_and_not_where_they_lie(task_run, tmp_path) -> None:
    run = task_run("translation").run

    def mark(folder, run=run) -> str:
        return back_translation_inputs(recipe_in(folder, run).task, None, folder).fingerprint

    one = mark(tmp_path / "one")
    assert mark(tmp_path / "two") == one
    shutil.copytree(run, tmp_path / "copy")
    assert mark(tmp_path / "two", tmp_path / "copy") == one
    (tmp_path / "two" / "more.en").write_text("a dog runs by the sea\n")
    assert mark(tmp_path / "two") != one
    # Beams of another number write other texts.
    written = (tmp_path / "copy" / "recipe.yaml").read_text()
    (tmp_path / "copy" / "recipe.yaml").write_text(written.replace("beams: 2", "beams: 3"))
    assert "beams: 3" in (tmp_path / "copy" / "recipe.yaml").read_text()
    assert mark(tmp_path / "one", tmp_path / "copy") != one


def test_a_run_must_be_there_be_finished_and_translate(task_run, tmp_path) -> None:
    said = refused(recipe_in(tmp_path, tmp_path / "none"), tmp_path)
    assert "task.back_translation.run" in said
    assert "no run" in said
    said = refused(recipe_in(tmp_path, task_run("classification").run), tmp_path)
    assert "learned a task of kind classification and does not translate" in said
    text = tmp_path / "text"
    text.mkdir()
    (text / "recipe.yaml").write_text("name: Text\ncorpus: {sources: [{data: texts}]}\n")
    assert "learned text alone and does not translate" in refused(recipe_in(tmp_path, text), tmp_path)
    shutil.copytree(task_run("translation").run, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "finetune")
    said = refused(recipe_in(tmp_path, tmp_path / "copy"), tmp_path)
    assert "not finished: it has no finetune yet" in said


def test_a_run_that_translates_the_same_way_is_refused(task_run, tmp_path) -> None:
    """As are texts in the wrong language, which look the same."""
    run = task_run("translation").run
    recipe_in(tmp_path, run)
    (tmp_path / "more.de").write_text("ein hund rennt zuhause\nzwei leute reden im park\n")
    said = refused(recipe_in(tmp_path, run, texts="more.de"), tmp_path)
    assert "the texts look like what it writes" in said
    assert "translates the other way" in said


def test_texts_must_be_there(task_run, tmp_path) -> None:
    run = task_run("translation").run
    assert "texts is 'none.en', and there is no such file" in refused(
        recipe_in(tmp_path, run, texts="none.en"), tmp_path
    )
    (tmp_path / "blank.en").write_text("\n \n")
    assert "nothing but blank lines" in refused(recipe_in(tmp_path, run, texts="blank.en"), tmp_path)
    (tmp_path / "a.jsonl").write_text('{"text": "a dog runs"}\n')
    said = refused(recipe_in(tmp_path, run, texts="a.jsonl", column="txt"), tmp_path)
    assert "no column 'txt'" in said
