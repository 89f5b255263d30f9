"""Where examples lie: beside the recipe or where one stands, as files or by their common name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from groundup.errors import GroundupError
from groundup.recipe.task_inputs import files_at, path_of, task_inputs
from groundup.tasks.settings import Columns, TaskSettings

CLASSES = TaskSettings("classification", "a.csv")
PAIRS = TaskSettings("translation", "a")
STORIES = TaskSettings("questions", "qa1_x.txt")


def write(folder: Path, name: str, text: str = "text,label\na,x\nb,y\n") -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_paths_are_from_the_current_folder_or_else_from_the_recipes(tmp_path, monkeypatch) -> None:
    here, base = tmp_path / "here", tmp_path / "base"
    here.mkdir()
    base.mkdir()
    monkeypatch.chdir(here)
    write(base, "a.csv")
    assert path_of("a.csv", base) == base / "a.csv"
    write(here, "a.csv")
    assert path_of("a.csv", base) == Path("a.csv")
    write(base, "b.en")
    write(base, "b.de")
    assert path_of("b", base) == base / "b"
    write(base, "qa1_x.txt")
    assert path_of("qa*_x.txt", base) == base / "qa*_x.txt"
    assert path_of("none", base) == path_of("none", None) == Path("none")


def test_a_name_stands_for_all_its_files(tmp_path) -> None:
    english, german, table = (write(tmp_path, name) for name in ("a.en", "a.de", "qa1_x.txt"))
    task = replace(PAIRS, columns=Columns(source="en"))
    assert files_at(tmp_path / "a", task) == files_at(english, PAIRS) == [english, german]
    assert files_at(tmp_path / "a", replace(PAIRS, columns=Columns(target="en"))) == [german, english]
    assert files_at(table, CLASSES) == [table]
    assert files_at(tmp_path / "qa*_x.txt", STORIES) == [table]
    assert files_at(tmp_path, STORIES) == [table]
    assert files_at(tmp_path / "none", PAIRS) == []


@pytest.mark.parametrize("reference", ["a", "folder"])
def test_only_files_that_are_read_count(tmp_path, reference) -> None:
    """A third language beside two, a file beside those of bAbI, whatever else lies in a folder."""
    folder = tmp_path if reference == "a" else tmp_path / reference
    folder.mkdir(exist_ok=True)
    for language in ("en", "de"):
        write(folder, f"a.{language}", "one\n")
    write(folder, "qa1_x.txt", "1 Mary sat.\n2 Who sat?\tMary\t1\n")
    tasks = [
        replace(PAIRS, columns=Columns(source="en", target="de")),
        replace(STORIES, train="qa*_x.txt"),
        replace(STORIES, train=str(folder)),
    ]
    if reference == "folder":
        tasks = [replace(task, data=str(folder)) for task in tasks]
    before = [task_inputs(task, 1, tmp_path).fingerprint for task in tasks]
    write(folder, "a.fr", "un\n")
    write(folder, "notes.md", "Mine.\n")
    assert [task_inputs(task, 1, tmp_path).fingerprint for task in tasks] == before
    write(folder, "a.de", "eins\n")
    write(folder, "qa1_x.txt", "1 Mary sat.\n2 Who sat?\tShe\t1\n")
    now = [task_inputs(task, 1, tmp_path).fingerprint for task in tasks]
    assert all(one != other for one, other in zip(before, now, strict=True))


def test_who_does_not_say_the_languages_is_asked_before_any_work(tmp_path) -> None:
    for language in ("en", "de", "fr"):
        write(tmp_path, f"a.{language}", "one\n")
    with pytest.raises(GroundupError, match=r"^task\.train: .*nothing says which is translated"):
        task_inputs(PAIRS, 1, tmp_path)


def test_the_fingerprint_follows_what_the_files_hold_and_not_where_they_lie(tmp_path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        write(folder, "a.csv")
    before = task_inputs(CLASSES, 1, one).fingerprint
    assert task_inputs(CLASSES, 1, other).fingerprint == before
    write(other, "a.csv", "text,label\na,x\nb,z\n")
    assert task_inputs(CLASSES, 1, other).fingerprint != before


def test_both_parallel_files_count(tmp_path) -> None:
    for language in ("en", "de"):
        write(tmp_path, f"a.{language}", "one\n")
    task = replace(PAIRS, columns=Columns(target="de"))
    before = task_inputs(task, 1, tmp_path).fingerprint
    write(tmp_path, "a.de", "eins\n")
    assert task_inputs(task, 1, tmp_path).fingerprint != before


def test_a_folder_holds_the_parts(tmp_path) -> None:
    write(tmp_path, "a.csv")
    found = task_inputs(replace(CLASSES, data=str(tmp_path)), 1, None).place(tmp_path)
    assert found.places == {"train": tmp_path / "a.csv", "validation": None, "test": None}
    assert found.account["data"] == tmp_path.name


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_a_missing_file_is_named_by_its_key(tmp_path, part) -> None:
    write(tmp_path, "a.csv")
    with pytest.raises(GroundupError, match=rf"^task\.{part}: .*none\.csv"):
        task_inputs(replace(CLASSES, **{part: "none.csv"}), 1, tmp_path)


def test_data_made_for_another_kind_of_task_are_refused() -> None:
    from groundup.tasks.made import MADE

    name, made = next(iter(MADE.items()))
    other = "translation" if made.kind != "translation" else "classification"
    with pytest.raises(GroundupError, match=rf"Set task\.kind to {made.kind}"):
        task_inputs(TaskSettings(other, "train", data=name), 1, None)  # type: ignore[arg-type]


def test_columns_in_doubt_are_asked_for_before_any_work(tmp_path) -> None:
    write(tmp_path, "a.csv", "What,Verdict\n" + "".join(f"day {n} was fine,{n % 2}\n" for n in range(8)))
    with pytest.raises(GroundupError, match=r"^task\.train: .*no column that is surely the text") as caught:
        task_inputs(CLASSES, 1, tmp_path)
    assert "--task.columns.text What" in caught.value.remedy


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_part_with_other_columns_is_told_to_be_called_alike(tmp_path, part) -> None:
    """A mapping for it alone would be none for the file to learn from."""
    write(tmp_path, "a.csv", "What,Verdict\na,x\nb,y\n")
    write(tmp_path, "b.csv", "Said,Verdict\na,x\nb,y\n")
    columns = Columns(text="What", label="Verdict")
    task_inputs(replace(CLASSES, columns=columns, **{part: "a.csv"}), 1, tmp_path)
    with pytest.raises(GroundupError, match=rf"^task\.{part}: .*no column 'What' for the text") as caught:
        task_inputs(replace(CLASSES, columns=columns, **{part: "b.csv"}), 1, tmp_path)
    assert "names that they have in task.train" in caught.value.remedy
    assert "--task.columns" not in caught.value.remedy
