"""Files that part are told with the place and, on lines of their own, what stands there."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundup.errors import GroundupError
from groundup.tasks.reading.parallel import names_in, read_parallel
from groundup.tasks.settings import Columns


def test_the_lines_at_which_two_files_part_stand_last_and_alone(tmp_path: Path) -> None:
    lines = ["word " * (1 + number * 7 % 13) for number in range(40)]
    (tmp_path / "a.en").write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "a.fr").write_text("".join(f"{line}\n" for line in (*lines[:20], *lines[21:])))
    with pytest.raises(GroundupError) as caught:
        read_parallel(tmp_path / "a", Columns(source="en", target="fr"))
    said = str(caught.value).splitlines()
    assert "40 lines" in said[0]
    assert "39 lines" in said[0]
    assert "about line 21" in said[0]
    assert said[0].endswith("Line 21 reads:")
    assert [line.partition(":")[0] for line in said[1:]] == ["  a.en", "  a.fr"]


def test_parallel_files_are_called_by_their_common_name_too(tmp_path: Path) -> None:
    for name in ("a.en", "a.fr.gz", "b.en", "c.txt"):
        (tmp_path / name).touch()
    assert sorted(names_in(tmp_path)) == ["a", "a.en", "a.fr.gz", "b.en", "c.txt"]
    assert names_in(tmp_path / "none") == []
