from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundup.corpus.explain import explain, is_met
from groundup.corpus.settings import CorpusSettings, SourceSettings, ValidationSettings
from groundup.errors import GroundupError
from groundup.recipe.recipe import Recipe
from groundup.recipe.stages import build_corpus as build_stages

ROWS = [
    {"title": "Emma", "url": "http://a.example/emma", "text": "A long story of Emma, and so on.\r\n"},
    {"title": "Persuasion", "url": "http://a.example/anne/", "text": "A long story of Anne, and so on, for long."},
    {"title": "Emma", "url": "http://a.example/copy", "text": "A long story of Emma, and so on."},
    {"title": "Short", "url": "http://a.example/short", "text": "No."},
]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus that stands beside the documents it was made from."""
    (tmp_path / "tales").mkdir()
    (tmp_path / "tales" / "tales.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    settings = CorpusSettings((SourceSettings(str(tmp_path / "tales")),), minimum_characters=5)
    build_stages(Recipe("tales", settings), tmp_path / "run", base=tmp_path)
    return tmp_path / "run" / "corpus"


def test_a_kept_documents_story_has_its_changes_its_signals_and_what_went_for_it(corpus: Path) -> None:
    story = explain(corpus, "tales/tales.jsonl#1")
    assert (story["is_kept"], story["title"], story["address"]) == (True, "Emma", "http://a.example/emma")
    assert story["characters_read"] == len(ROWS[0]["text"])
    assert [row["rule"] for row in story["ledger"]] == ["line endings"]
    asked = [{"rule": "minimum characters", "at_least": 5, "is_met": True}]
    assert story["signals"] == [{"signal": "characters", "value": 33, "asked": asked}]
    assert [(one["id"], one["similarity"]) for one in story["duplicates"]] == [("tales/tales.jsonl#3", 1.0)]


def test_a_dropped_documents_story_ends_with_what_dropped_it(corpus: Path) -> None:
    story = explain(corpus, "http://a.example/short")
    assert not story["is_kept"]
    assert [row["rule"] for row in story["ledger"]] == ["minimum characters"]
    assert not story["signals"][0]["asked"][0]["is_met"]
    assert explain(corpus, "tales/tales.jsonl#3")["ledger"][-1]["cluster"] == "tales/tales.jsonl#1"


@pytest.mark.parametrize(
    "name", ["tales/tales.jsonl#2", "http://a.example/anne", "http://a.example/anne/", "Persuasion", "jsonl#2", "#2"]
)
def test_a_document_is_found_by_its_id_address_title_or_an_end(corpus: Path, name: str) -> None:
    assert explain(corpus, name)["id"] == "tales/tales.jsonl#2"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Emma", r"2 documents .* are meant by 'Emma': tales/tales.jsonl#1, tales/tales.jsonl#3"),
        ("tales/", r"4 documents"),
        ("Persuasoin", r"There is no document 'Persuasoin'.*Near it: tales/tales.jsonl#2 \(Persuasion\)"),
        ("http://a.example/emmma", r"Near it: tales/tales.jsonl#1 \(http://a.example/emma\)"),
    ],
)
def test_what_means_none_or_several_brings_the_nearest(corpus: Path, name: str, said: str) -> None:
    with pytest.raises(GroundupError, match=said):
        explain(corpus, name)


def test_what_takes_long_on_a_large_corpus_says_where_it_is(corpus: Path) -> None:
    said: list[tuple[Any, ...]] = []
    with pytest.raises(GroundupError):
        explain(corpus, "Persuasoin", lambda *state: said.append(state))
    whole = {what: done for what, done, total in said if done == total}
    assert list(whole) == ["checking corpus", "looking for Persuasoin", "looking for what is near Persuasoin"]
    # Two that stay, and in the ledger one row of line endings and two of what went.
    assert whole["looking for Persuasoin"] == 5


def test_a_corpus_alone_has_stories_without_signals(corpus: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    corpus.rename(moved)
    story = explain(moved, "Persuasion")
    assert story["is_kept"]
    assert story["signals"] == []


def test_documents_of_another_corpus_are_not_taken_for_its_own(
    corpus: Path, tmp_path: Path, place: Callable[..., Any], build_corpus: Callable[..., Any]
) -> None:
    (tmp_path / "a.txt").write_text("Some words of another text.")
    other = tmp_path / "other" / "corpus"
    build_corpus(
        CorpusSettings((SourceSettings("x"),), validation=ValidationSettings(0)),
        [place(tmp_path / "a.txt", "a")],
        other,
    )
    (corpus.parent / "documents").rename(other.parent / "documents")
    assert explain(other, "a.txt")["signals"] == []


@pytest.mark.parametrize(
    ("bound", "values"),
    [
        ({"at_least": 2}, {1: False, 2: True, 3: True}),
        ({"at_most": 2}, {2: True, 3: False}),
        ({"above": 2}, {2: False, 3: True}),
        ({"below": 2}, {1: True, 2: False}),
        ({"at_least": 1, "at_most": 2}, {0: False, 1: True, 3: False}),
        ({"one_of": ["en", "de"]}, {"en": True, "fr": False}),
    ],
)
def test_bounds_are_met_as_rules_mean_them(bound: dict[str, Any], values: dict[Any, bool]) -> None:
    assert {value: is_met(value, {"rule": "r", **bound}) for value in values} == values
