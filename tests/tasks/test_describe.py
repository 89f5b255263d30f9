"""A look at a file tells what is in it, whatever it is, and what may be wrong with it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from groundup.errors import GroundupError
from groundup.tasks.describe import Lengths, describe
from groundup.tasks.settings import Columns

REVIEWS = "text;label;n\n" + "".join(
    f"{'good ' * (i % 4 + 1)};{'positive' if i % 2 else 'negative'};{i}\n" for i in range(40)
)


def test_a_table_is_described_down_to_its_slips(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(REVIEWS + "odd;postive;41\n;positive;42\nshort;row\n", "utf-16")
    found = describe(path)
    assert (found.format, found.encoding, found.delimiter, found.kind) == ("CSV", "utf-16-le", ";", "labelled")
    assert found.mapping == {"text": "text", "label": "label"}
    assert (found.rows, found.examples, found.skipped) == (43, 41, {"empty cell": 1, "number of cells": 1})
    assert found.labels == {"negative": 20, "positive": 20, "postive": 1}
    assert found.lengths == {"text": Lengths(3, 10, 20)}
    text, label, _ = found.columns
    assert (text.filled, text.empty, text.distinct, label.samples) == (41, 1, 5, ("negative", "positive", "postive"))
    assert "'postive' (1, first at a.csv#42) looks like a slip for 'positive'" in found.warnings[0]
    assert found.first_bad.startswith("Line 43 of a.csv, column 'text'")
    assert json.loads(json.dumps(asdict(found)))["rows"] == 43


def test_a_table_of_unknown_columns_is_described_with_a_guess(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(REVIEWS.replace("text;label", "a;b"))
    found = describe(path)
    assert (found.kind, found.rows, found.examples) == ("", 40, 0)
    assert found.mapping == {"text": "a", "label": "b"}
    assert describe(path, Columns(text="a", label="b")).examples == 40


def test_one_label_only_is_a_warning_here(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "label": 1}\n' * 3)
    assert "nothing to tell apart" in " ".join(describe(path).warnings)


def test_files_of_unequal_length_are_described_with_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "t.en").write_text("a\nb\n")
    (tmp_path / "t.de").write_text("a\n")
    found = describe(tmp_path / "t")
    assert (found.format, found.kind, found.examples) == ("parallel files", "pair", 0)
    assert "has 1 line but" in found.warnings[0]


@pytest.mark.parametrize(
    ("name", "format", "kind", "count"),
    [
        ("sst2/dev.txt", "label and text", "labelled", 872),
        ("multi30k/val", "parallel files", "pair", 1014),
        ("squad/dev.json", "SQuAD", "question", 1252),
        ("fairytaleqa/val.jsonl", "JSON lines", "question", 1025),
        ("babi/qa8_lists-sets_train.txt", "bAbI", "story", 1000),
        ("instructions/instruction-data.json", "JSON array", "pair", 325),
    ],
)
def test_real_files(shared_data: Path, name: str, format: str, kind: str, count: int) -> None:
    found = describe(shared_data / name)
    assert (found.format, found.kind, found.examples) == (format, kind, count)
    assert found.rows == found.examples + sum(found.skipped.values())


def test_what_cannot_be_read_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GroundupError, match="There is no file"):
        describe(tmp_path / "a.csv")
