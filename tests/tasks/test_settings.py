"""Columns are named by what they hold, in a recipe and on a command line."""

from __future__ import annotations

from dataclasses import fields

import pytest

from groundup.errors import GroundupError
from groundup.settings import SettingError, field_docs
from groundup.tasks.settings import Columns, columns_from


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
