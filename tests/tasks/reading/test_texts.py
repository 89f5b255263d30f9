"""Texts of one language come from lines, packed or not, and from the column of a table that holds them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from groundup.errors import GroundupError
from groundup.tasks.reading.rows import Account
from groundup.tasks.reading.texts import read_texts

LINES = "Ein Hund, der rennt.\n\ngut Zwei Männer\n"
TEXTS = ["Ein Hund, der rennt.", "", "gut Zwei Männer"]


@pytest.mark.parametrize("name", ["more.de", "more.txt", "more", "more.de.gz"])
def test_lines_are_texts_whatever_they_look_like(tmp_path, name: str) -> None:
    """A sister in another language beside it, commas, and first words like labels change nothing."""
    (tmp_path / "more.en").write_text("A dog\n")
    data = LINES.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    account = Account()
    assert list(read_texts(tmp_path / name, account=account)) == TEXTS
    assert account.facts()["read"] == 3


def jsonl(folder: Path, *names: str) -> Path:
    rows = [{name: f"{name} {number}" for name in names} for number in range(2)]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "a.jsonl"


@pytest.mark.parametrize(
    ("names", "column", "likely", "found"),
    [
        (("id", "text"), None, None, "text"),
        (("satz",), None, None, "satz"),
        (("text", "de"), None, "de", "de"),
        (("text", "de"), "text", "de", "text"),
        (("source", "target"), None, None, "target"),
    ],
)
def test_the_column_is_the_one_named_or_the_one_that_is_sure(tmp_path, names, column, likely, found) -> None:
    assert list(read_texts(jsonl(tmp_path, *names), column, likely=likely)) == [f"{found} 0", f"{found} 1"]


def test_a_column_that_is_missing_or_in_doubt_is_said(tmp_path) -> None:
    with pytest.raises(GroundupError, match=r"no column 'txt'.*'id', 'text'.*'text'"):
        read_texts(jsonl(tmp_path, "id", "text"), "txt")
    with pytest.raises(GroundupError, match="no column that surely holds the texts"):
        read_texts(jsonl(tmp_path, "one", "other"))


def test_rows_that_are_no_texts_stop_or_are_counted(tmp_path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "ja"}\n{"text": ["a", "b"]}\n{"text": "nein"}\n')
    with pytest.raises(GroundupError, match=r"Line 2 of .*a\.jsonl, column 'text': it holds no text but a list"):
        list(read_texts(tmp_path / "a.jsonl"))
    account = Account()
    assert list(read_texts(tmp_path / "a.jsonl", on_bad_row="skip", account=account)) == ["ja", "nein"]
    assert account.skipped == {"no text": 1}


def test_a_file_without_lines_is_refused(tmp_path) -> None:
    (tmp_path / "more.de").write_text("")
    with pytest.raises(GroundupError, match="holds no examples"):
        list(read_texts(tmp_path / "more.de"))
