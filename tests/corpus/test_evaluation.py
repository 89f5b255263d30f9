"""Evaluation items are found in whatever files they come in."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as some

from groundup.corpus.contamination_settings import EvaluationSettings
from groundup.corpus.evaluation import _texts, evaluation_files, evaluation_texts
from groundup.errors import GroundupError

SQUAD = {
    "version": "1.1",
    "data": [
        {
            "title": "Gases",
            "paragraphs": [{"context": "Air is a mixture.", "qas": [{"question": "What is air?", "id": "7"}]}],
        }
    ],
}


@pytest.fixture
def items(tmp_path, place):
    """`items(name=content, fields=(...))`: the items of a set of these files."""

    def of(files: dict[str, bytes], **settings: Any) -> list[tuple[str, str]]:
        (tmp_path / "set").mkdir(exist_ok=True)
        for name, content in files.items():
            (tmp_path / "set" / name).write_bytes(content)
        sets = [EvaluationSettings("set", **settings)]
        return list(evaluation_texts(sets, evaluation_files(sets, [place(tmp_path / "set", "set")])))

    return of


def test_lines_of_text_are_items(items) -> None:
    found = items({"test.de": b"Ein Satz.\n\nNoch einer.\n", "test.en.gz": gzip.compress(b"A sentence.")})
    assert found == [
        ("set/test.de#1", "Ein Satz."),
        ("set/test.de#2", ""),
        ("set/test.de#3", "Noch einer."),
        ("set/test.en.gz#1", "A sentence."),
    ]


def test_tables_and_json_give_every_text_or_those_of_some_fields(items) -> None:
    rows = [{"text": "Good.", "label": 1}, {"text": "Bad.", "label": 0}]
    table = pyarrow.table({"text": ["Three."], "answers": [{"text": ["Four."]}], "picture": [b"x"]})
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink)
    files = {
        "a.jsonl": "\n".join(map(json.dumps, rows)).encode(),
        "b.csv": b'label,text\n1,"One, two."\n',
        "c.json": json.dumps(SQUAD, indent=1).encode(),
        "d.parquet": sink.getvalue().to_pybytes(),
        "e.json": json.dumps(rows).encode(),
    }
    assert dict(items(files, fields=("text", "question"))) == {
        "set/a.jsonl#1 text": "Good.",
        "set/a.jsonl#2 text": "Bad.",
        "set/b.csv#1 text": "One, two.",
        "set/c.json#1 question": "What is air?",
        "set/d.parquet#1 text": "Three.",
        "set/e.json#1 text": "Good.",
        "set/e.json#2 text": "Bad.",
    }
    found = [text for _, text in items(files)]
    assert {"Air is a mixture.", "What is air?", "Gases", "Four.", "One, two."} <= set(found)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("named", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("fields", [(), ("text",)])
def test_a_table_is_cut_at_the_delimiter_that_it_has(
    items, delimiter: str, named: str, fields: tuple[str, ...]
) -> None:
    texts = ["One; and more, of it.", "Two | three.", "Four", "Five,\nsix."]
    sink = io.StringIO(newline="")
    csv.writer(sink, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("id", "text"), *enumerate(texts)])
    found = items({named: sink.getvalue().encode()}, fields=fields)
    assert [text for name, text in found if name.endswith(" text")] == texts


def test_a_declared_delimiter_is_taken_and_a_quote_that_is_a_letter_opens_nothing(items) -> None:
    files = {"a.csv": b"sep=^\r\ntext^id\r\nOne, two.^1\r\n", "b.tsv": b'id\ttext\n1\t"Sofa 5\n2\tStool\n3\tChair\n'}
    found = [text for name, text in items(files) if name.endswith(" text")]
    assert found == ["One, two.", '"Sofa 5', "Stool", "Chair"]


def test_patterns_choose_files(items) -> None:
    found = items({"test.txt": b"One.", "train.txt": b"Two."}, include=("test*",))
    assert [text for _, text in found] == ["One."]


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(),
    lambda below: some.lists(below) | some.dictionaries(some.text(), below),
)


@given(JSON)
def test_no_text_is_lost_in_order(value: Any) -> None:
    def every(here: Any) -> list[str]:
        if isinstance(here, str):
            return [here]
        below = here.values() if isinstance(here, dict) else here if isinstance(here, list) else ()
        return [text for inner in below for text in every(inner)]

    assert [text for _, text in _texts(value, ())] == every(value)


@pytest.mark.parametrize(
    ("files", "settings", "said"),
    [
        ({"a.jsonl": b'{"text": "x"}'}, {"fields": ("question",)}, "holds no text under question"),
        ({"a.json": b"{"}, {}, r"a\.json cannot be read"),
        ({"a.json": b"[" * 100_000}, {}, r"a\.json cannot be read"),
        ({"a.png": b"\x89PNG\x00\x00" * 50}, {}, "it is binary"),
        ({"a.txt.gz": gzip.compress(b"words " * 99)[:-9]}, {}, "cut short"),
        ({"a.parquet": b"PAR1"}, {}, "no whole Parquet"),
    ],
)
def test_what_cannot_be_looked_for_is_said(items, files, settings, said) -> None:
    with pytest.raises(GroundupError, match=said):
        items(files, **settings)
