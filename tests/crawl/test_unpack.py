from __future__ import annotations

import contextlib
import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.crawl.unpack import UnpackError, unpacked, unzipped


@settings(deadline=None)
@given(st.binary(max_size=500), st.binary(max_size=500))
def test_what_was_packed_comes_back(one, two) -> None:
    assert unpacked(one, "", 1000) == one
    assert unpacked(gzip.compress(one), "gzip", 1000) == one
    assert unpacked(gzip.compress(one) + gzip.compress(two) + bytes(5), "X-GZIP", 1000) == one + two
    assert unpacked(zlib.compress(one), "deflate", 1000) == one
    bare = zlib.compressobj(wbits=-15)
    assert unpacked(bare.compress(one) + bare.flush(), "deflate", 1000) == one
    assert unpacked(gzip.compress(zlib.compress(one)), "deflate, gzip", 1000) == one
    assert unzipped(gzip.compress(one), 1000) == one


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "br", "gzip, br", "zstd", "x"]))
def test_any_bytes_are_unpacked_or_refused(body, encoding) -> None:
    with contextlib.suppress(UnpackError):
        assert len(unpacked(body, encoding, 100_000)) <= 100_000


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    bomb = gzip.compress(gzip.compress(bytes(300_000_000)) * 40)
    tracemalloc.start()
    with pytest.raises(UnpackError, match="larger than"):
        unpacked(bomb, "gzip, gzip", 1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_half_a_reply_is_no_page() -> None:
    whole = gzip.compress(b"something of some length, said once")
    for cut in range(1, len(whole)):
        with pytest.raises(UnpackError):
            unpacked(whole[:cut], "gzip", 1000)
