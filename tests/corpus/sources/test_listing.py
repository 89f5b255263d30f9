from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.corpus.settings import SourceSettings
from groundup.corpus.sources import listing
from groundup.corpus.sources.listing import InputFile, list_files, share_out
from groundup.errors import GroundupError


def fill(folder, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def test_files_come_in_the_order_of_sources_then_names(tmp_path, place) -> None:
    fill(tmp_path / "one", "b.txt", "a/z.txt", "a.txt")
    fill(tmp_path / "two", "a.txt")
    files = list_files(
        [SourceSettings("two"), SourceSettings("one")], [place(tmp_path / "two", "two"), place(tmp_path / "one", "one")]
    )
    assert [file.id for file in files] == ["two/a.txt", "one/a.txt", "one/a/z.txt", "one/b.txt"]


def test_patterns_choose_by_name_and_by_path(tmp_path, place) -> None:
    fill(tmp_path, "a.txt", "a.md", "deep/b.txt", ".hidden/c.txt", ".d.txt")
    chosen = list_files([SourceSettings("x", include=("*.txt",), exclude=("deep/*",))], [place(tmp_path, "x")])
    assert [file.name for file in chosen] == ["a.txt"]


def test_one_folder_may_be_two_sources_with_other_files(tmp_path, place) -> None:
    fill(tmp_path, "a_new.txt", "a_old.txt")
    here = place(tmp_path, "x")
    settings = [SourceSettings("x", include=("*_new.txt",)), SourceSettings("x", include=("*_old.txt",))]
    assert [file.id for file in list_files(settings, [here, here])] == ["x/a_new.txt", "x/a_old.txt"]
    with pytest.raises(GroundupError, match="belongs to two sources"):
        list_files([SourceSettings("x"), settings[1]], [here, here])


def test_two_places_of_the_same_name_are_told_apart(tmp_path, place) -> None:
    fill(tmp_path, "one/texts/a.txt", "two/texts/a.txt")
    places = [place(tmp_path / "one/texts", "texts"), place(tmp_path / "two/texts", "texts")]
    files = list_files([SourceSettings("x"), SourceSettings("y")], places)
    assert [file.id for file in files] == ["texts/a.txt", "texts-2/a.txt"]


def test_missing_empty_and_unmatched_are_said(tmp_path, place) -> None:
    with pytest.raises(GroundupError, match="no file or folder"):
        list_files([SourceSettings("x")], [place(tmp_path / "none", "x")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(GroundupError, match="is empty"):
        list_files([SourceSettings("x")], [place(tmp_path / "empty", "x")])
    fill(tmp_path, "a.txt")
    with pytest.raises(GroundupError, match=r"None of the 1 files.*a.txt"):
        list_files([SourceSettings("x", include=("*.md",))], [place(tmp_path, "x")])


def test_a_name_that_is_no_text_is_written_with_its_bytes(tmp_path, place) -> None:
    (tmp_path / "caf\udce9.txt").write_text("words")
    (file,) = list_files([SourceSettings("x")], [place(tmp_path, "x")])
    assert file.id.encode() == b"x/caf\\udce9.txt"


@given(st.lists(st.integers(0, 200), max_size=60))
def test_shards_hold_every_file_once_in_order_and_are_not_overfull(sizes: list[int]) -> None:
    from pathlib import Path

    files = [
        InputFile("s", str(number), Path(f"{number}.txt"), Path(), size, "", SourceSettings("x"), True)
        for number, size in enumerate(sizes)
    ]
    before = listing.SHARD_BYTES
    listing.SHARD_BYTES = 300
    try:
        shards = share_out(files)
    finally:
        listing.SHARD_BYTES = before
    assert [file for shard in shards for file in shard] == files
    assert all(sum(file.bytes for file in shard) <= 300 or len(shard) == 1 for shard in shards)
