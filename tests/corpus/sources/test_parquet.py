from __future__ import annotations

import pyarrow
import pyarrow.parquet
import pytest

from groundup.corpus.sources.expand import UnreadableError
from groundup.corpus.sources.parquet import read_parquet_rows


def test_rows_have_the_columns_that_were_chosen(tmp_path) -> None:
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"a": list(range(200)), "b": ["x"] * 200}), path)
    assert list(read_parquet_rows(path, lambda names: [names[0]])) == [{"a": n} for n in range(200)]


def test_texts_that_repeat_into_a_bomb_are_refused(tmp_path) -> None:
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"text": ["x" * 100_000] * 400}), path, compression="zstd")
    with pytest.raises(UnreadableError, match=r"times as long as the file|claims"):
        for _ in read_parquet_rows(path, lambda names: list(names)):
            pass


@pytest.mark.parametrize("share", [0.0, 0.2, 0.9])
def test_half_a_file_is_unreadable(tmp_path, share: float) -> None:
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"text": [str(n) for n in range(10_000)]}), path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(UnreadableError, match="no whole Parquet file"):
        list(read_parquet_rows(path, lambda names: list(names)))


def test_columns_inside_others_come_as_they_are(tmp_path) -> None:
    path = tmp_path / "a.parquet"
    rows = [{"text": "a", "answers": {"text": ["b", "c"]}}, {"text": "d", "answers": None}]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    assert list(read_parquet_rows(path, lambda names: list(names))) == rows


def test_two_columns_of_one_name_are_no_choice(tmp_path) -> None:
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays([pyarrow.array(["a"])] * 2, ["text", "text"]), path)
    with pytest.raises(UnreadableError, match="several columns of the name 'text'"):
        list(read_parquet_rows(path, lambda names: ["text"]))


def test_a_time_in_a_zone_that_is_none_is_said(tmp_path) -> None:
    path = tmp_path / "a.parquet"
    times = pyarrow.array([0], pyarrow.timestamp("us", "Nowhere/At-all"))
    pyarrow.parquet.write_table(pyarrow.table({"text": ["a"], "date": times}), path)
    with pytest.raises(UnreadableError, match="Nowhere"):
        list(read_parquet_rows(path, lambda names: list(names)))
