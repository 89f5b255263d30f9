"""Tables: what is written is read again, in order and in pieces; damage is named."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import DamagedError, GroundupError
from groundup.store import tables
from groundup.store.tables import TableWriter, count_rows, find_rows, read_column, read_rows, write_table

SCHEMA = {"id": str, "characters": int, "score": float, "kept": bool}
ROW = st.fixed_dictionaries(
    {
        "id": st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        "characters": st.none() | st.integers(-(2**63), 2**63 - 1),
        "score": st.none() | st.floats(allow_nan=False),
        "kept": st.none() | st.booleans(),
    }
)


@given(rows=st.lists(ROW, max_size=30), group=st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_rows_are_read_as_written(tmp_path_factory, rows, group):
    path = tmp_path_factory.mktemp("table") / "rows.parquet"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "ROWS_A_GROUP", group)
        with TableWriter(path, SCHEMA) as writer:
            for row in rows:
                writer.write(row)
    assert writer.rows == count_rows(path) == len(rows)
    assert list(read_rows(path)) == rows
    assert list(read_column(path, "id")) == [row["id"] for row in rows]


@given(rows=st.lists(st.tuples(st.sampled_from("abc") | st.none(), st.integers(0, 9)), max_size=30))
@settings(max_examples=30, deadline=None)
def test_rows_are_found_by_a_value_in_order(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("table")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "ROWS_A_GROUP", 4)
        for half, part in enumerate((rows[:15], rows[15:])):
            with TableWriter(folder / f"{half}.parquet", {"name": str, "number": int}) as writer:
                for name, number in part:
                    writer.write({"name": name, "number": number})
    expected = [{"name": name, "number": number} for name, number in rows if name == "b"]
    assert list(find_rows(folder, "name", "b")) == expected
    assert list(find_rows(folder, "name", "b", ["number"])) == [{"number": row["number"]} for row in expected]


def test_the_same_rows_are_the_same_bytes(tmp_path):
    words = random.Random(1).choices(["from", "the", "ground", "up", "we", "build"], k=20_000)
    for name in ("a", "b"):
        write_table(tmp_path / name, {"word": words, "number": range(len(words))})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_long_documents_end_a_row_group(tmp_path, monkeypatch):
    from pyarrow import parquet

    monkeypatch.setattr(tables, "CHARACTERS_A_GROUP", 100)
    write_table(tmp_path / "a.parquet", {"text": ["x" * 60] * 4})
    assert parquet.ParquetFile(tmp_path / "a.parquet").num_row_groups == 2


def test_the_tables_of_a_folder_follow_each_other_by_name(tmp_path):
    for number in (2, 0, 1):
        write_table(tmp_path / f"{number:05}.parquet", {"number": [number * 2, number * 2 + 1]})
    (tmp_path / "notes.txt").write_text("no table")
    assert list(read_column(tmp_path, "number")) == [0, 1, 2, 3, 4, 5]
    assert count_rows(tmp_path) == 6


def test_only_the_columns_asked_for_are_read(tmp_path):
    write_table(tmp_path / "a.parquet", {"id": ["x"], "text": ["long"]})
    assert list(read_rows(tmp_path / "a.parquet", ["id"])) == [{"id": "x"}]


def test_a_missing_column_is_named_with_its_neighbours(tmp_path):
    write_table(tmp_path / "a.parquet", {"text": ["long"]})
    with pytest.raises(GroundupError, match=r"'txet'.*'text'"):
        list(read_column(tmp_path / "a.parquet", "txet"))


@pytest.mark.parametrize("name", ["", "nowhere.parquet"])
def test_a_missing_table_is_the_users_mistake(tmp_path, name):
    with pytest.raises(GroundupError, match="no Parquet file") as caught:
        list(read_rows(tmp_path / name))
    assert caught.value.exit_code == 2


def test_an_exception_leaves_no_half_table(tmp_path):
    def write_half():
        with TableWriter(tmp_path / "a.parquet", {"text": str}) as writer:
            writer.write({"text": "half"})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert not list(tmp_path.iterdir())


def test_a_row_of_another_shape_leaves_no_half_table(tmp_path):
    with pytest.raises(KeyError), TableWriter(tmp_path / "a.parquet", {"text": str}) as writer:
        writer.write({"words": "none"})
    assert not list(tmp_path.iterdir())


def test_a_damaged_table_is_an_error_that_names_it(tmp_path):
    """Page checksums guard the values. A flip in the footer may pass: for that there are manifests."""
    chance = random.Random(5)
    rows = [{"text": f"{chance.random()} of the ground", "number": number} for number in range(300)]
    path = tmp_path / "a.parquet"
    write_table(path, {"text": [row["text"] for row in rows], "number": [row["number"] for row in rows]})
    whole = path.read_bytes()
    noticed = 0
    for _ in range(300):
        broken = bytearray(whole)
        broken[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(broken)
        try:
            list(read_rows(path))
        except GroundupError as error:
            noticed += str(path) in str(error)
    assert noticed > 200
    for length in (0, 3, 8, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedError, match=r"a\.parquet"):
            list(read_rows(path))
