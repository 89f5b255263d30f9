from __future__ import annotations

import errno
from pathlib import Path

import pytest

from groundup.corpus.whole import whole_or_absent
from groundup.errors import NoRoomError


def test_a_folder_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    with whole_or_absent(tmp_path / "found") as new:
        (new / "file").write_text("one")
        assert not (tmp_path / "found").exists()
    assert (tmp_path / "found" / "file").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["found"]


def test_who_comes_second_changes_nothing(tmp_path: Path) -> None:
    """Not for an instant: the first one's folder may be in use."""
    with whole_or_absent(tmp_path / "found") as late:
        (late / "file").write_text("two")
        late.rename(tmp_path / "late")
        with whole_or_absent(tmp_path / "found") as new:
            (new / "file").write_text("one")
        place = (tmp_path / "found").stat().st_ino
        (tmp_path / "late").rename(late)
    assert (tmp_path / "found" / "file").read_text() == "one"
    assert (tmp_path / "found").stat().st_ino == place
    assert [path.name for path in tmp_path.iterdir()] == ["found"]


@pytest.mark.parametrize(("error", "seen"), [(ValueError(), ValueError), (OSError(errno.ENOSPC, "full"), NoRoomError)])
def test_after_an_error_there_is_none(tmp_path: Path, error: Exception, seen: type[Exception]) -> None:
    def fail() -> None:
        with whole_or_absent(tmp_path / "found") as new:
            (new / "file").write_text("two")
            raise error

    with pytest.raises(seen):
        fail()
    assert not list(tmp_path.iterdir())


def test_what_kills_left_goes_only_where_nobody_else_writes(tmp_path: Path) -> None:
    left = tmp_path / ".found-1"
    left.mkdir()
    other = tmp_path / ".founder-1"
    other.mkdir()
    with whole_or_absent(tmp_path / "found"):
        assert left.exists()
    with whole_or_absent(tmp_path / "found", is_alone=True):
        assert not left.exists()
    assert other.exists()
