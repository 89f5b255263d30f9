from __future__ import annotations

import tempfile
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.duplicates import stored
from groundup.corpus.duplicates.stored import Stored, StoredWriter
from groundup.errors import DamagedError


@effort(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=5), st.sets(st.integers(0, 149)), st.integers(1, 40))
def test_any_rows_of_any_files_are_those_of_one_table(lengths: list[int], wanted: set[int], at_once: int) -> None:
    table = numpy.arange(3 * sum(lengths), dtype=numpy.uint32).reshape(-1, 3)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "AT_ONCE", at_once)
        files = []
        for number, some in enumerate(numpy.split(table, numpy.cumsum(lengths)[:-1])):
            files.append(Path(folder) / f"{number}.npy")
            numpy.save(files[-1], some)
        rows = Stored(files, 3, numpy.uint32)
        assert len(rows) == len(table)
        pieces = list(rows.pieces())
        assert [start + number for start, piece in pieces for number in range(len(piece))] == list(range(len(table)))
        assert [row for _, piece in pieces for row in piece.tolist()] == table.tolist()
        numbers = numpy.array(sorted(number for number in wanted if number < len(table)), numpy.int64)
        assert rows.rows(numbers).tolist() == table[numbers].tolist()


@pytest.mark.parametrize(
    "content", [numpy.zeros((3, 3), numpy.uint64), numpy.zeros(9, numpy.uint32), numpy.zeros((3, 4), numpy.uint32)]
)
def test_what_is_no_such_table_is_named(tmp_path: Path, content: numpy.ndarray) -> None:
    numpy.save(tmp_path / "rows.npy", content)
    with pytest.raises(DamagedError, match=r"rows\.npy"):
        Stored([tmp_path / "rows.npy"], 3, numpy.uint32)
    (tmp_path / "rows.npy").write_bytes(b"no such file")
    with pytest.raises(DamagedError, match=r"rows\.npy"):
        Stored([tmp_path / "rows.npy"], 3, numpy.uint32)


@pytest.mark.parametrize("rows", [0, 1, 12_345])
def test_what_is_written_by_and_by_is_what_is_saved_at_once(tmp_path: Path, rows: int) -> None:
    table = numpy.arange(2 * rows, dtype=numpy.uint64).reshape(-1, 2)
    with StoredWriter(tmp_path / "by and by.npy", 2, numpy.uint64) as writer:
        for some in numpy.split(table, 3 if rows % 3 == 0 else 1):
            writer.write(some)
    numpy.save(tmp_path / "at once.npy", table)
    assert (tmp_path / "by and by.npy").read_bytes() == (tmp_path / "at once.npy").read_bytes()
