"""Names of documents are found again by number, and what is damaged is said."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from groundup.corpus.names import Names, write_names
from groundup.errors import DamagedError


@given(some.dictionaries(some.integers(0, 2**40), some.tuples(some.text(), some.text())))
def test_each_number_has_its_name(names: dict[int, tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_names(sorted(names.items()), Path(folder) / "names")
        found = Names(Path(folder) / "names")
        assert {number: found[number] for number in names} == names
        with pytest.raises(AssertionError, match="was not named"):
            found[2**41]


def test_damage_is_noticed(tmp_path: Path) -> None:
    write_names([(1, ("a", "b")), (5, ("c", "d"))], tmp_path / "names")
    file = tmp_path / "names" / "names.jsonl"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(DamagedError, match=r"names\.jsonl"):
        Names(tmp_path / "names")[5]
