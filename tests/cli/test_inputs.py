from __future__ import annotations

import io
from pathlib import Path

import pytest

from groundup.cli.inputs import read_text, texts_of
from groundup.errors import GroundupError


def test_texts_come_from_one_place(tmp_path, monkeypatch) -> None:
    (tmp_path / "a.txt").write_text("\ufeffone\n\ntwo\n")
    assert texts_of(["a", "b"], None) == ["a", "b"]
    assert texts_of([], tmp_path / "a.txt") == ["one", "", "two"]
    monkeypatch.setattr("sys.stdin", io.StringIO("piped\n"))
    assert texts_of([], None) == ["piped"]
    assert texts_of([], None) == [""]
    monkeypatch.setattr("sys.stdin", io.StringIO("piped\n"))
    assert texts_of([], Path("-")) == ["piped"]
    with pytest.raises(GroundupError, match="Give one of the two"):
        texts_of(["a"], tmp_path / "a.txt")


@pytest.mark.parametrize(("content", "part"), [(b"caf\xe9", "byte 3"), (None, "No such file")])
def test_what_cannot_be_read_is_named(content, part, tmp_path) -> None:
    file = tmp_path / "b.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(GroundupError, match=part) as error:
        read_text(file)
    assert "b.txt" in str(error.value)


def test_line_feeds_alone_end_lines(tmp_path, monkeypatch) -> None:
    text = "one\u2028still one\x85\x0c\r\ntwo\n\n"
    (tmp_path / "a.txt").write_bytes(text.encode())
    lines = ["one\u2028still one\x85\x0c", "two", ""]
    assert texts_of([], tmp_path / "a.txt") == lines
    monkeypatch.setattr("sys.stdin", io.StringIO(text.replace("\r\n", "\n")))
    assert texts_of([], None) == lines
    (tmp_path / "a.txt").write_bytes(b"a\rb\n")
    assert texts_of([], tmp_path / "a.txt") == ["a\rb"]


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl", "texts.txt", "pairs.tsv"])
def test_lines_of_a_table_are_told_to_be_taken_as_they_are(tmp_path, capsys, name) -> None:
    (tmp_path / name).write_text("text,label\na,b\n")
    assert texts_of([], tmp_path / name) == ["text,label", "a,b"]
    is_table = name in ("rows.csv", "rows.jsonl")
    assert ("is a table by its name" in capsys.readouterr().err) == is_table
