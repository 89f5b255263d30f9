from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundup.progress import SILENT
from groundup.tasks.examples import Story
from groundup.tasks.made import small_stories
from groundup.tasks.made.small_stories import make_stories
from groundup.tasks.read import read_examples
from groundup.tasks.story_kinds import KINDS

FEW = {"train": 20, "validation": 5, "test": 10}


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(small_stories, "QUESTIONS", FEW)


def test_every_kind_is_in_every_part_and_the_account_counts_it(tmp_path: Path):
    made = make_stories({}, tmp_path, 1, SILENT)
    assert len(list(tmp_path.iterdir())) == 3 * len(KINDS)
    for part, wanted in FEW.items():
        stories = list(read_examples(tmp_path / getattr(made, part), Story))
        assert made.account["parts"][part]["questions"] == len(stories) >= wanted * len(KINDS)
        assert {story.task for story in stories} == set(range(1, len(KINDS) + 1))
    assert [*made.account["kinds"]] == [*KINDS]
    assert made.account["in_train_word_for_word"] == {"validation": 0, "test": 0}
    figures = made.account["kinds"]["yes-no"]
    assert figures["answers"] == 2
    assert 0.2 <= figures["commonest_answer_right"] <= 0.8
    assert json.loads(json.dumps(made.account)) == made.account


def test_a_seed_settles_every_byte(tmp_path: Path):
    def written(name: str, seed: int) -> list[bytes]:
        folder = tmp_path / name
        folder.mkdir()
        make_stories({}, folder, seed, SILENT)
        return [path.read_bytes() for path in sorted(folder.iterdir())]

    first = written("one", 1)
    assert first == written("two", 1)
    assert first != written("three", 2)
