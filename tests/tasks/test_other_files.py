"""What a recipe says of its own files holds for others as far as they are of that kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from groundup.tasks.examples import Labelled, Pair
from groundup.tasks.made.spelling import MODERN, OLD
from groundup.tasks.other_files import for_file
from groundup.tasks.parts import read_task, write_examples
from groundup.tasks.settings import Columns, TaskSettings

REVIEWS = TaskSettings("classification", "a.csv", columns=Columns(text="Body", label="Stars"))
PAIRS = TaskSettings("translation", "train", columns=Columns(source="en", target="de"))
MADE = TaskSettings("translation", "train", data="shakespeare-spelling")


def test_a_file_with_its_columns_is_read_by_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Body,Stars,label\nfine,5,x\nbad,1,y\n")
    found = for_file(REVIEWS, tmp_path / "a.csv")
    assert found == REVIEWS
    assert [example.label for example in read_task(tmp_path / "a.csv", found)] == ["5", "1"]


@pytest.mark.parametrize("task", [PAIRS, MADE])
def test_what_a_run_has_written_down_is_read_again(tmp_path: Path, task: TaskSettings) -> None:
    pairs = [Pair("1", "loue", "love"), Pair("2", "haue", "have")]
    write_examples(tmp_path / "test.jsonl", pairs)
    assert list(read_task(tmp_path / "test.jsonl", for_file(task, tmp_path / "test.jsonl"))) == pairs
    labelled = [Labelled("1", "fine", "a"), Labelled("2", "bad", "b")]
    write_examples(tmp_path / "labelled.jsonl", labelled)
    assert list(read_task(tmp_path / "labelled.jsonl", for_file(REVIEWS, tmp_path / "labelled.jsonl"))) == labelled


def test_data_that_were_made_are_known_by_their_own_columns(tmp_path: Path) -> None:
    (tmp_path / f"test.{OLD}").write_text("loue\n")
    (tmp_path / f"test.{MODERN}").write_text("love\n")
    (pair,) = read_task(tmp_path / "test", for_file(MADE, tmp_path / "test"))
    assert (pair.source, pair.target) == ("loue", "love")
    other = replace(MADE, columns=Columns(source=MODERN, target=OLD))
    (turned,) = read_task(tmp_path / "test", for_file(other, tmp_path / "test"))
    assert (turned.source, turned.target) == ("love", "loue")
