"""Settings that cannot be are refused; columns are named by what they hold, in a recipe and on a command line."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from groundup.errors import GroundupError
from groundup.settings import SettingError, field_docs
from groundup.tasks.settings import BackTranslationSettings, Columns, NgramSettings, TaskSettings, columns_from


def test_every_column_is_documented() -> None:
    docs = field_docs(Columns)
    assert all(docs[field.name] for field in fields(Columns))


def test_a_column_has_one_use() -> None:
    with pytest.raises(SettingError, match="'a' is already taken for text") as caught:
        Columns(text="a", label="a")
    assert caught.value.field == "label"


def test_words_of_a_command_line() -> None:
    assert columns_from(["text=Review = Body", "label=Stars"]) == Columns(text="Review = Body", label="Stars")


@pytest.mark.parametrize(
    ("word", "said"),
    [("lable=x", "Did you mean 'label'?"), ("text", "does not say which"), ("text=", "has no name")],
)
def test_a_wrong_word_is_explained(word: str, said: str) -> None:
    with pytest.raises(GroundupError) as caught:
        columns_from([word])
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"train": " "}, "train must name"),
        ({"validation_share": 0.0}, "examples to measure on"),
        ({"validation_share": 1.0}, "0 to 0.9"),
        ({"test_share": -0.1}, "0 to 0.9"),
        ({"test_share": 0.85}, "more than 0.9"),
        ({"limit": 1}, "2 or more"),
        ({"stride": -1}, "0 or more"),
        ({"longest_question": 0}, "1 or more"),
        ({"longest_answer": 0}, "1 or more"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TaskSettings(**{"kind": "questions", "train": "squad.json"} | values)


def test_no_share_is_held_out_where_files_say_what_is_measured_on() -> None:
    TaskSettings(kind="questions", train="a", validation="b", validation_share=0.0)


@pytest.mark.parametrize(
    ("kind", "answers", "writes"),
    [
        ("translation", "spans", True),
        ("classification", "texts", False),
        ("questions", "spans", False),
        ("questions", "texts", True),
    ],
)
def test_who_writes(kind: Any, answers: Any, writes: bool) -> None:
    assert TaskSettings(kind=kind, train="a", answers=answers).writes is writes


@pytest.mark.parametrize(
    ("values", "field"),
    [({"run": " "}, "run"), ({"texts": ""}, "texts"), ({"limit": 0}, "limit")],
)
def test_back_translation_wants_a_run_and_texts(values: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingError) as caught:
        BackTranslationSettings(**({"run": "runs/de-en", "texts": "more.de"} | values))
    assert caught.value.field == field


def test_only_translations_are_translated_back() -> None:
    back = BackTranslationSettings("runs/de-en", "more.de")
    assert TaskSettings("translation", "pairs", back_translation=back).back_translation == back
    with pytest.raises(SettingError, match="kind is questions"):
        TaskSettings("questions", "squad.json", back_translation=back)


@pytest.mark.parametrize("values", [{"words": 0}, {"words": 9}, {"letters": -1}, {"letters": 1}, {"letters": 17}])
def test_runs_have_a_length(values: dict[str, Any]) -> None:
    with pytest.raises(SettingError) as caught:
        NgramSettings(**values)
    assert [caught.value.field] == list(values)


def test_only_labels_are_chosen_by_runs_of_words() -> None:
    assert TaskSettings("classification", "a.csv", ngrams=NgramSettings()).ngrams == NgramSettings(words=2, letters=0)
    with pytest.raises(SettingError, match="kind is translation"):
        TaskSettings("translation", "pairs", ngrams=NgramSettings())


def test_only_questions_have_kinds() -> None:
    assert TaskSettings("questions", "qa*.txt", kinds=("qa1",)).kinds == ("qa1",)
    with pytest.raises(SettingError, match="leave kinds out"):
        TaskSettings("translation", "pairs", kinds=("qa1",))
