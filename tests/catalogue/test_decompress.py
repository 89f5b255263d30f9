"""Compressed files come out as they went in, whatever the pieces; damage is said."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.catalogue.decompress import Unpacked
from groundup.catalogue.limits import Broken, Limits, Refused

COMPRESS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def read_all(data: bytes, limits: Limits | None = None) -> bytes:
    stream = Unpacked(io.BytesIO(data), limits or Limits())
    parts = []
    while part := stream.read(10_000):
        parts.append(part)
    return b"".join(parts)


@given(kind=st.sampled_from(sorted(COMPRESS)), parts=st.lists(st.binary(max_size=300), min_size=1, max_size=4))
def test_streams_one_after_another_come_out_whole(kind: str, parts: list[bytes]) -> None:
    data = b"".join(COMPRESS[kind](part) for part in parts)
    assert read_all(data) == b"".join(parts)
    assert read_all(data + bytes(512)) == b"".join(parts)


@pytest.mark.parametrize("kind", sorted(COMPRESS))
@pytest.mark.parametrize("size", [65535, 65536, 65537, 10**6])
def test_sizes_around_a_piece_come_out_whole(kind: str, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert read_all(COMPRESS[kind](data[:size])) == data[:size]


@pytest.mark.parametrize("kind", sorted(COMPRESS))
def test_a_cut_or_a_flipped_bit_is_noticed(kind: str) -> None:
    whole = COMPRESS[kind](b"".join(b"%d\n" % number for number in range(5000)))
    with pytest.raises(Broken):
        read_all(whole[: len(whole) // 2])
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 16
    with pytest.raises(Broken):
        read_all(bytes(flipped))


@pytest.mark.parametrize("kind", sorted(COMPRESS))
def test_the_limit_stops_the_stream(kind: str) -> None:
    with pytest.raises(Refused, match="more than 1 MiB"):
        read_all(COMPRESS[kind](bytes(2**21)), Limits(total_bytes=2**20))
