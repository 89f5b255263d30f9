from __future__ import annotations

import bz2
import gzip
import lzma
import random
from collections.abc import Callable

import pytest
import zstandard

from groundup.corpus.sources.expand import COMPRESSED, UnreadableError, read_lines, read_pieces, read_whole

PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
}
TEXT = "".join(random.Random(0).choices("etaoin shrdlu\n", k=300_000)).encode()


def test_every_compression_is_tried() -> None:
    assert set(PACK) == set(COMPRESSED)


@pytest.mark.parametrize("suffix", PACK)
def test_what_was_packed_comes_back(tmp_path, suffix: str) -> None:
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(PACK[suffix](TEXT))
    assert read_whole(path, 10**9) == TEXT


@pytest.mark.parametrize("suffix", PACK)
def test_files_packed_in_two_parts_are_read_to_the_end(tmp_path, suffix: str) -> None:
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(PACK[suffix](TEXT) + PACK[suffix](b"end"))
    assert read_whole(path, 10**9) == TEXT + b"end"


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9, 0.999])
def test_half_written_files_are_errors_that_say_how_far_they_go(tmp_path, suffix: str, share: float) -> None:
    path = tmp_path / f"a.txt{suffix}"
    packed = PACK[suffix](TEXT)
    path.write_bytes(packed[: int(share * len(packed))])
    with pytest.raises(UnreadableError, match=r"after [\d,]+ good bytes"):
        read_whole(path, 10**9)


@pytest.mark.parametrize("suffix", PACK)
def test_bombs_stop_early(tmp_path, suffix: str) -> None:
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(PACK[suffix](bytes(70_000_000)))
    done: list[int] = []
    with pytest.raises(UnreadableError, match="200 times its size"):
        done.extend(map(len, read_pieces(path)))
    assert sum(done) < 40_000_000


def test_a_file_larger_than_the_limit_is_refused_by_name_of_the_setting(tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(bytes(2000))
    with pytest.raises(UnreadableError, match="largest_document"):
        read_whole(path, 1999)
    assert len(read_whole(path, 2000)) == 2000


@pytest.mark.parametrize("text", [b"", b"one", b"one\n", b"one\n\ntwo", TEXT])
def test_lines_are_those_of_the_file(tmp_path, text: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(text)
    assert list(read_lines(path, 10**6)) == [line.rstrip(b"\n") for line in text.splitlines(keepends=True)]


def test_a_line_without_end_is_refused(tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 300_000)
    with pytest.raises(UnreadableError, match="a line of more than"):
        list(read_lines(path, 100_000))


def test_a_file_that_is_not_there_is_unreadable(tmp_path) -> None:
    with pytest.raises(UnreadableError, match="cannot be opened"):
        list(read_pieces(tmp_path / "none.txt"))
