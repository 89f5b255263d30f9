from __future__ import annotations

import gzip
import io

import pytest
import zstandard
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.catalogue.limits import Broken, Refused
from groundup.corpus.sources.warc_bytes import ArchiveBytes, Place

MEMBERS = {"": bytes, ".gz": lambda data: gzip.compress(data, mtime=0), ".zst": zstandard.compress}


class Watched(io.BytesIO):
    """Counts the bytes that are read."""

    given = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.given += len(data)
        return data


@given(
    st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=8),
    st.sampled_from(list(MEMBERS)),
    st.lists(st.tuples(st.sampled_from(["read", "line", "skip"]), st.integers(1, 300)), max_size=30),
)
@effort(deadline=None)
def test_whatever_way_it_is_read_it_gives_the_bytes_in_order(parts, ending, steps) -> None:
    parts = [b"WARC/1.0\n", *parts]
    whole = b"".join(parts)
    data = ArchiveBytes(io.BytesIO(b"".join(MEMBERS[ending](part) for part in parts)), "a.warc" + ending)
    done = 0
    for verb, size in steps:
        if verb == "skip":
            done += data.skip(size)
        elif verb == "line":
            line = data.line(size)
            assert whole.startswith(line, done)
            assert b"\n" not in line[:-1]
            assert line.endswith(b"\n") or len(line) == size or done + len(line) == len(whole)
            done += len(line)
        else:
            taken = data.read(size)
            assert whole.startswith(taken, done)
            done += len(taken)
    while taken := data.read(100):
        assert whole.startswith(taken, done)
        done += len(taken)
    assert done == len(whole)


@pytest.mark.parametrize("ending", MEMBERS)
def test_members_end_where_they_end_and_places_lead_back(ending: str) -> None:
    parts = [b"WARC/1.0 one\n", b"WARC/1.0 two\n" * 3, b"WARC/1.0 three\n"]
    file = io.BytesIO(b"".join(MEMBERS[ending](part) for part in parts))
    data = ArchiveBytes(file, "a" + ending)
    places = {}
    for part in parts:
        for line in part.splitlines(keepends=True):
            assert data.has_more()
            places[data.place] = line
            assert data.line(100) == line
        assert ending == "" or data.has_ended_member()
    assert data.has_ended_member()
    assert not data.has_more()
    for place, line in places.items():
        again = ArchiveBytes(file, "a" + ending, place.offset)
        again.skip(place.inside)
        assert again.line(100) == line


def test_a_long_way_in_a_plain_archive_is_not_read() -> None:
    file = Watched(b"WARC/1.0\n" + bytes(10_000_000) + b"end")
    data = ArchiveBytes(file, "a.warc")
    data.line(100)
    assert data.skip(10_000_000) == 10_000_000
    assert data.read(10) == b"end"
    assert file.given < 200_000


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_bombs_are_refused_while_they_go_off(ending: str) -> None:
    packed = MEMBERS[ending](b"WARC/1.0\n" + bytes(40_000_000))
    data = ArchiveBytes(io.BytesIO(packed), "a" + ending)
    with pytest.raises(Refused, match="as bombs do"):
        data.skip(40_000_000)
    assert 5_000_000 < data.place.inside < 20_000_000


def test_frames_with_too_much_dictionary_are_refused() -> None:
    with pytest.raises(Broken, match="claims"):
        ArchiveBytes(io.BytesIO(b"\x5d\x2a\x4d\x18\xff\xff\xff\xff"), "a.warc.zst")


def test_an_archive_that_claims_itself_over_and_over_is_gone_over_a_few_times_only() -> None:
    """Each record says that it goes on to the end of the file, or nearly; honest reading would be quadratic."""
    from groundup.corpus.sources.warc_records import read_records

    one = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999\r\n\r\n"
    for file in (Watched(one * 20_000), Watched(gzip.compress(one * 20_000))):
        found = list(read_records(ArchiveBytes(file, "a"), 10**6))
        assert found
        size = len(file.getvalue())
        assert file.given < 12 * max(size, 2**24)


def test_places_are_short() -> None:
    assert [str(Place(12)), str(Place(12, 5))] == ["12", "12+5"]
    assert Place(2) < Place(2, 1) < Place(3)


@given(st.integers(70_000, 200_000), st.integers(1, 100), st.sampled_from([".gz", ".zst"]))
@effort(deadline=None, max_examples=30)
def test_a_member_that_unpacks_to_many_times_its_size_ends_where_the_next_begins(length, distinct, ending) -> None:
    """One bite of the file then holds the end of a member, of which more than a piece is still inside, and the next."""
    parts = [b"WARC/1.0\n" + bytes(range(33, 33 + distinct)) * (length // distinct), b"WARC/1.0\nnext"]
    data = ArchiveBytes(io.BytesIO(b"".join(map(MEMBERS[ending], parts))), "a.warc" + ending)
    first = b""
    while len(first) < len(parts[0]):
        first += data.read(len(parts[0]) - len(first))
    assert first == parts[0]
    assert data.has_ended_member()
    assert data.read(100) == parts[1]
