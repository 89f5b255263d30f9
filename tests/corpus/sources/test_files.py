from __future__ import annotations

import gzip
import json
import re

import pyarrow
import pyarrow.parquet
import pytest

from groundup.corpus.sources.files import read_file
from groundup.errors import GroundupError


def write(path, data: bytes | str):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_text_and_markdown_are_one_document_each(tmp_path, input_file) -> None:
    for name in ("a.txt", "a.md", "README"):
        (reading,) = read_file(input_file(write(tmp_path / name, "# Words\n")))
        assert (reading.document.id, reading.document.text, reading.changes) == (f"source/{name}", "# Words\n", ())


def test_another_encoding_is_recorded(tmp_path, input_file) -> None:
    (reading,) = read_file(input_file(write(tmp_path / "a.txt", "caf\xe9 noir".encode("cp1252"))))
    (change,) = reading.changes
    assert reading.document.text == "café noir"
    assert (change.stage, change.rule, change.action, change.sample) == ("read", "encoding", "edit", "read as cp1252")


def test_a_picture_is_dropped_with_the_reason(tmp_path, input_file) -> None:
    (reading,) = read_file(input_file(write(tmp_path / "a.txt", b"\x89PNG\r\n\x1a\n" + bytes(500))))
    assert reading.is_dropped
    assert "binary" in reading.changes[0].sample


def test_a_file_of_a_kind_not_known_is_dropped_unless_it_is_named(tmp_path, input_file) -> None:
    path = write(tmp_path / "a.log", "words")
    (reading,) = read_file(input_file(path, is_chosen=False))
    assert reading.changes[0].rule == "kind of file"
    (reading,) = read_file(input_file(path, is_chosen=True))
    assert reading.document.text == "words"


def test_a_page_in_a_book_loses_its_tags_and_says_how_much(tmp_path, input_file) -> None:
    page = "<title>T</title><p>Words.</p>"
    path = write(tmp_path / "a.html.gz", gzip.compress(page.encode()))
    (reading,) = read_file(input_file(path, kind="books"))
    (change,) = reading.changes
    assert (reading.document.title, reading.document.text) == ("T", "Words.")
    assert (change.stage, change.action, change.before, change.after) == ("extract", "cut", len(page), 6)


def test_jsonl_rows_are_documents_named_by_their_line(tmp_path, input_file) -> None:
    rows = [{"text": "one", "title": "T", "url": "https://x.example", "n": 1}, {"text": "two"}]
    lines = "\ufeff" + "\n\n".join(map(json.dumps, rows))
    readings = list(read_file(input_file(write(tmp_path / "a.jsonl", lines))))
    assert [(r.document.id, r.document.text) for r in readings] == [
        ("source/a.jsonl#1", "one"),
        ("source/a.jsonl#3", "two"),
    ]
    assert (readings[0].document.title, readings[0].document.address) == ("T", "https://x.example")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ('{"text": ', "Line 2 of .*a.jsonl is not JSON"),
        ("[1]", "Line 2 .* no JSON object"),
        ('{"t": 1}', "no key 'text'"),
        ('{"text": 5}', "holds no text but a int"),
    ],
)
def test_a_bad_line_stops_with_its_number_or_is_dropped(tmp_path, input_file, bad: str, says: str) -> None:
    path = write(tmp_path / "a.jsonl", f'{{"text": "good"}}\n{bad}\n{{"text": "also"}}\n')
    with pytest.raises(GroundupError, match=says):
        list(read_file(input_file(path)))
    readings = list(read_file(input_file(path, damaged="drop")))
    assert [reading.is_dropped for reading in readings] == [False, True, False]
    assert str(tmp_path) not in readings[1].changes[0].sample


def test_a_null_text_is_dropped_and_a_lone_surrogate_replaced(tmp_path, input_file) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": null}\n{"text": "a\\ud800b"}\n{"text": "\\ud83d\\ude00"}\n')
    nothing, lone, pair = read_file(input_file(path))
    assert nothing.changes[0].rule == "no text"
    assert (lone.document.text, lone.changes[0].rule, lone.changes[0].value) == ("a\ufffdb", "surrogates", 1)
    assert (pair.document.text, pair.changes) == ("😀", ())


def test_csv_and_tsv_take_their_column(tmp_path, input_file) -> None:
    csv = write(tmp_path / "a.csv", 'title,body\nT,"one, ""two""\nthree"\n')
    (reading,) = read_file(input_file(csv, text_field="body"))
    assert (reading.document.text, reading.document.title) == ('one, "two"\nthree', "T")
    tsv = write(tmp_path / "a.tsv", "\ufefftext\tn\none, two\t1\n")
    assert [r.document.text for r in read_file(input_file(tsv))] == ["one, two"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
@pytest.mark.parametrize("declared", [False, True])
def test_a_csv_is_cut_at_the_delimiter_it_has(delimiter: str, declared: bool, tmp_path, input_file) -> None:
    rows = (f'id{delimiter}text\n1{delimiter}"one, two; three"\n\n2{delimiter}four\n').replace("\n", "\r\n")
    path = write(tmp_path / "a.csv", f"sep={delimiter}\r\n{rows}" if declared else rows)
    readings = list(read_file(input_file(path)))
    assert [one.document.text for one in readings] == ["one, two; three", "four"]
    assert [one.document.id for one in readings] == [f"source/a.csv#{line + declared}" for line in (2, 4)]
    with pytest.raises(GroundupError, match=rf"columns, cut at {re.escape(repr(delimiter))}, are: id, text"):
        list(read_file(input_file(path, text_field="body")))


def test_a_csv_whose_column_is_found_is_cut_as_its_name_says(tmp_path, input_file) -> None:
    path = write(tmp_path / "a.csv", "text\n" + "one; two\n" * 20)
    assert {one.document.text for one in read_file(input_file(path))} == {"one; two"}


def test_a_csv_without_the_column_says_which_there_are(tmp_path, input_file) -> None:
    path = write(tmp_path / "a.csv", "id,review\n1,good\n")
    with pytest.raises(GroundupError, match=r"no column 'text'.*columns, cut at ',', are: id, review.*text_field"):
        list(read_file(input_file(path)))
    with pytest.raises(GroundupError, match="Did you mean 'review'"):
        list(read_file(input_file(path, text_field="reviw")))


def test_a_csv_row_of_another_width_is_damage(tmp_path, input_file) -> None:
    path = write(tmp_path / "a.csv", "id,text\n1,good\n2\n3,also\n")
    with pytest.raises(GroundupError, match=r"line 3 .* has 1 cells, the header 2"):
        list(read_file(input_file(path)))
    assert [r.is_dropped for r in read_file(input_file(path, damaged="drop"))] == [False, True, False]


def test_parquet_takes_its_column(tmp_path, input_file) -> None:
    table = pyarrow.table({"text": ["one", "two", None], "title": ["A", "B", "C"], "n": [1, 2, 3]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    readings = list(read_file(input_file(tmp_path / "a.parquet")))
    assert [(r.document.text, r.document.title, r.is_dropped) for r in readings] == [
        ("one", "A", False),
        ("two", "B", False),
        ("", "", True),
    ]


def test_a_half_written_file_stops_with_its_name_or_is_dropped(tmp_path, input_file) -> None:
    path = write(tmp_path / "a.txt.gz", gzip.compress(b"words " * 5000)[:-20])
    with pytest.raises(GroundupError, match=r"a\.txt\.gz cannot be read: .*cut short, after [\d,]+ good bytes"):
        list(read_file(input_file(path)))
    (reading,) = read_file(input_file(path, damaged="drop"))
    assert (reading.changes[0].rule, reading.characters) == ("damaged", 0)


def test_a_long_field_is_read_whole(tmp_path, input_file) -> None:
    path = write(tmp_path / "a.csv", "text\n" + "x" * 300_000 + "\n")
    (reading,) = read_file(input_file(path))
    assert len(reading.document.text) == 300_000


def test_json_is_lines_or_a_list(tmp_path, input_file) -> None:
    lines = write(tmp_path / "a.json.gz", gzip.compress(b'\xef\xbb\xbf{"text": "one"}\n\n{"text": "two"}\n'))
    assert [r.document.text for r in read_file(input_file(lines, is_chosen=False))] == ["one", "two"]
    listed = write(tmp_path / "b.json", '[\n {"text": "one"},\n {"text": "two"}\n]')
    readings = list(read_file(input_file(listed, is_chosen=False)))
    assert [(r.document.id, r.document.text) for r in readings] == [
        ("source/b.json#1", "one"),
        ("source/b.json#2", "two"),
    ]
    with pytest.raises(GroundupError, match=r"no JSON object in item 1 of .*c\.json, but a int"):
        list(read_file(input_file(write(tmp_path / "c.json", "[1]"))))
    with pytest.raises(GroundupError, match=r"d\.json is no whole JSON"):
        list(read_file(input_file(write(tmp_path / "d.json", '[{"text": "a"'))))


@pytest.mark.parametrize("other", ['{"data": []}', '{\n "version": 1\n}', "5", ""])
def test_json_that_is_no_table_is_dropped_as_other_files_are(tmp_path, input_file, other: str) -> None:
    (reading,) = read_file(input_file(write(tmp_path / "a.json", other), is_chosen=False))
    assert reading.changes[0].rule == "kind of file"
